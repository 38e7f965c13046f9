/** What happens to asynchronous events. */
import {
  CreateAliasCommand,
  DeleteFunctionEventInvokeConfigCommand,
  GetFunctionEventInvokeConfigCommand,
  ListFunctionEventInvokeConfigsCommand,
  PublishVersionCommand,
  PutFunctionEventInvokeConfigCommand,
  UpdateFunctionEventInvokeConfigCommand,
} from "@aws-sdk/client-lambda";
import type { Recordings } from "../harness.ts";
import { newName, type Scene } from "./fixture.ts";

export function playEventInvoke({ play }: Recordings, scene: () => Scene): void {
  const calls = ({ call }: Scene) => ({
    put: (FunctionName: string, more: object) =>
      call(new PutFunctionEventInvokeConfigCommand({ FunctionName, ...more })),
    update: (FunctionName: string, more: object) =>
      call(new UpdateFunctionEventInvokeConfigCommand({ FunctionName, ...more })),
    get: (FunctionName: string, Qualifier?: string) =>
      call(new GetFunctionEventInvokeConfigCommand({ FunctionName, Qualifier })),
    remove: (FunctionName: string, Qualifier?: string) =>
      call(new DeleteFunctionEventInvokeConfigCommand({ FunctionName, Qualifier })),
    list: (FunctionName: string) =>
      call(new ListFunctionEventInvokeConfigsCommand({ FunctionName })),
  });

  play("TestLambdaEventInvokeConfig::test_lambda_eventinvokeconfig_lifecycle", async (answers) => {
    const at = scene();
    const { put, update, get, remove, list } = calls(at);
    const name = newName("fn-eventinvoke");
    await at.deploy({ FunctionName: name });
    answers.equal("put_invokeconfig_retries_0", await put(name, { MaximumRetryAttempts: 0 }));
    answers.equal(
      "put_invokeconfig_eventage_60",
      await put(name, { MaximumEventAgeInSeconds: 60 }),
    );
    answers.equal(
      "update_invokeconfig_eventage_nochange",
      await update(name, { MaximumEventAgeInSeconds: 60 }),
    );
    answers.equal("update_invokeconfig_retries", await update(name, { MaximumRetryAttempts: 1 }));
    answers.equal("get_invokeconfig", await get(name));
    answers.equal("get_invokeconfig_latest", await get(name, "$LATEST"));
    answers.equal("list_single_invokeconfig", await list(name));
    const published = await at.call(new PublishVersionCommand({ FunctionName: name }));
    answers.equal("publish_version_result", published);
    answers.equal("get_invokeconfig_postpublish", await get(name, "1"));
    answers.equal(
      "put_published_invokeconfig",
      await put(name, { Qualifier: "1", MaximumEventAgeInSeconds: 120 }),
    );
    answers.equal("get_published_invokeconfig", await get(name, "1"));
    await remove(name);
    answers.equal("list_paging_nolimit_postdelete", await list(name));
  });

  play("TestLambdaEventInvokeConfig::test_lambda_eventinvokeconfig_exceptions", async (answers) => {
    const at = scene();
    const { put, update, get, remove, list } = calls(at);
    const name = newName("fn-eventinvoke");
    const other = newName("fn-eventinvoke-2");
    await at.deploy({ FunctionName: name });
    await at.deploy({ FunctionName: other });
    const version = await at.call(new PublishVersionCommand({ FunctionName: name }));
    answers.equal("fn_version_result", version);
    const alias = "eventinvokealias";
    answers.equal(
      "fn_alias_result",
      await at.call(
        new CreateAliasCommand({ FunctionName: name, Name: alias, FunctionVersion: "1" }),
      ),
    );
    const arn = at.arn(name);
    const aliasArn = `${arn}:${alias}`;
    const retry = { MaximumRetryAttempts: 1 };

    answers.equal("put_functionname_name_notfound", await put("doesnotexist", retry));
    answers.equal("put_functionname_arn_notfound", await put(at.arn("doesnotexist"), retry));
    answers.equal("put_functionname_nootherargs", await put("doesnotexist", {}));

    const success = (Destination?: string) =>
      put(name, { DestinationConfig: { OnSuccess: { Destination } } });
    answers.equal("put_destination_lambda_doesntexist", await success(at.arn("doesnotexist")));
    answers.equal("put_destination_recursive", await success(arn));
    answers.equal("put_destination_other_lambda", await success(at.arn(other)));
    answers.equal(
      "put_destination_invalid_service_arn",
      await success(arn.replace(":lambda:", ":iam:")),
    );
    answers.equal("put_destination_success_no_destination_arn", await success());
    const failure = (Destination?: string) =>
      put(name, { DestinationConfig: { OnFailure: { Destination } } });
    answers.equal("put_destination_failure_no_destination_arn", await failure());
    answers.equal(
      "put_destination_invalid_arn_pattern",
      await failure(arn.replace(":lambda:", ":_-/!lambda:")),
    );

    const at1 = (Qualifier: string) => ({ Qualifier, ...retry });
    const unknown = `${alias}doesnotexist`;
    answers.equal("put_destination_latest", await put(name, retry));
    answers.equal("put_destination_latest_explicit_qualifier", await put(name, at1("$LATEST")));
    answers.equal("put_destination_version", await put(name, at1("1")));
    answers.equal("put_alias_functionname_qualifier", await put(name, at1(alias)));
    answers.equal("put_alias_doesnotexist", await put(name, at1(unknown)));
    answers.equal("put_alias_qualifiedarn", await put(aliasArn, retry));
    answers.equal("put_alias_qualifiedarn_qualifier", await put(aliasArn, at1(alias)));
    answers.equal("put_alias_qualifiedarn_qualifierconflict", await put(aliasArn, at1(unknown)));
    answers.equal("put_alias_shorthand", await put(`${name}:${alias}`, retry));
    answers.equal("put_alias_shorthand_qualifier", await put(`${name}:${alias}`, at1(alias)));
    answers.equal(
      "put_alias_shorthand_qualifierconflict",
      await put(`${name}:${alias}`, at1(unknown)),
    );
    answers.equal("put_version_shorthand", await put(`${name}:1`, retry));
    answers.equal("put_shorthand_qualifier_match", await put(`${name}:$LATEST`, at1("$LATEST")));
    answers.equal("put_shorthand_qualifier_mismatch_1", await put(`${name}:1`, at1("$LATEST")));
    answers.equal("put_shorthand_qualifier_mismatch_2", await put(`${name}:$LATEST`, at1("1")));
    answers.equal("put_shorthand_qualifier_mismatch_3", await put(`${name}:1`, at1(alias)));

    const both = { MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 60 };
    const none = { MaximumRetryAttempts: 0 };
    answers.equal(
      "put_maxevent_maxvalue_result",
      await put(name, { ...both, MaximumEventAgeInSeconds: 21_600 }),
    );
    answers.equal("put_pre_overwrite", await put(name, both));
    answers.equal("put_post_overwrite", await put(name, none));
    answers.equal("second_overwrite_existing_response", await put(name, none));
    answers.equal("get_post_overwrite", await get(name));
    answers.equal("pre_update_response", await put(name, both));
    answers.equal("update_response", await update(name, none));
    answers.equal("update_response_existing", await update(name, none));

    answers.equal("list_configs", await list(name));
    answers.equal("delete_latest", await remove(name, "$LATEST"));
    answers.equal("delete_version", await remove(name, "1"));
    answers.equal("delete_alias", await remove(name, alias));
    answers.equal("list_configs_postdelete", await list(name));
    answers.equal("delete_function_not_found", await remove(name));
    answers.equal("delete_function_doesnotexist", await remove("doesnotexist"));
    answers.equal("list_function_doesnotexist", await list("doesnotexist"));
    answers.equal("get_function_doesnotexist", await get("doesnotexist"));
    answers.equal("get_qualifier_doesnotexist", await get(name, "doesnotexist"));
    answers.equal(
      "update_eventinvokeconfig_function_doesnotexist",
      await update("doesnotexist", none),
    );
    answers.equal("get_eventinvokeconfig_doesnotexist", await get(aliasArn));
    answers.equal(
      "update_eventinvokeconfig_config_doesnotexist_with_qualifier",
      await update(aliasArn, none),
    );
    answers.equal(
      "update_eventinvokeconfig_config_doesnotexist_without_qualifier",
      await update(arn, none),
    );
  });
}
