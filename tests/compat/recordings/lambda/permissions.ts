/** Resource policies, tags, and code signing configurations. */
import {
  AddPermissionCommand,
  CreateCodeSigningConfigCommand,
  CreateFunctionCommand,
  DeleteCodeSigningConfigCommand,
  DeleteFunctionCodeSigningConfigCommand,
  DeleteFunctionCommand,
  GetCodeSigningConfigCommand,
  GetFunctionCodeSigningConfigCommand,
  GetFunctionCommand,
  GetPolicyCommand,
  ListFunctionsByCodeSigningConfigCommand,
  ListTagsCommand,
  PublishVersionCommand,
  PutFunctionCodeSigningConfigCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateCodeSigningConfigCommand,
} from "@aws-sdk/client-lambda";
import type { Recordings } from "../harness.ts";
import { anyCode, newName, plain, ROLE, type Scene } from "./fixture.ts";

export function playPermissions({ play }: Recordings, scene: () => Scene): void {
  const tagging = ({ call }: Scene) => ({
    tag: (Resource: string, Tags: Record<string, string>) =>
      call(new TagResourceCommand({ Resource, Tags })),
    untag: (Resource: string, TagKeys: string[]) =>
      call(new UntagResourceCommand({ Resource, TagKeys })),
    list: (Resource: string) => call(new ListTagsCommand({ Resource })),
  });

  play("TestLambdaPermissions::test_create_multiple_lambda_permissions", async (answers) => {
    const { deploy, call } = scene();
    const FunctionName = newName();
    await deploy({ FunctionName });
    for (const [index, service] of ["logs", "kinesis"].entries())
      answers.equal(
        `add_permission_response_${index + 1}`,
        await call(
          new AddPermissionCommand({
            FunctionName,
            Action: "lambda:InvokeFunction",
            StatementId: service,
            Principal: `${service}.amazonaws.com`,
          }),
        ),
      );
    answers.equal("policy_after_2_add", await call(new GetPolicyCommand({ FunctionName })));
  });

  play("TestLambdaPermissions::test_lambda_permission_versioning", async (answers) => {
    const { deploy, call } = scene();
    const FunctionName = newName();
    await deploy({ FunctionName });
    const add = (StatementId: string, Qualifier?: string) =>
      call(
        new AddPermissionCommand({
          FunctionName,
          Action: "lambda:InvokeFunction",
          StatementId,
          Principal: "s3.amazonaws.com",
          SourceArn: "arn:aws:s3:::test-bucket",
          Qualifier,
        }),
      );
    const get = (Qualifier?: string) => call(new GetPolicyCommand({ FunctionName, Qualifier }));
    answers.equal("add_permission", await add("s3"));
    answers.equal("get_policy", await get());
    await call(new PublishVersionCommand({ FunctionName }));
    answers.equal("get_policy_after_publishing_latest", await get());
    answers.equal("get_policy_after_publishing_new_version", await get("1"));
    await add("s3", "1");
    answers.equal("get_policy_after_adding_to_new_version", await get());
    await add("s3_2");
    answers.equal("get_policy_after_adding_2", await get());
  });

  play("TestLambdaTags::test_tag_exceptions", async (answers) => {
    const at = scene();
    const { tag, untag, list } = tagging(at);
    const FunctionName = newName();
    await at.deploy({ FunctionName });
    const arn = at.arn(FunctionName);
    answers.equal("tag_lambda_invalidarn", await tag("arn:aws:something", { key_a: "value_a" }));
    answers.equal(
      "tag_lambda_doesnotexist",
      await tag(at.arn("doesnotexist"), { key_a: "value_a" }),
    );
    answers.equal(
      "tag_lambda_qualifier_doesnotexist",
      await tag(`${arn}:v1`, { key_a: "value_a" }),
    );
    answers.equal("list_tag_lambda_empty", await list(arn));
    answers.equal("untag_nomatch", await untag(arn, ["somekey"]));
    answers.equal("untag_empty_keys", await untag(arn, []));
    answers.equal("tag_empty_tags", await tag(arn, {}));
  });

  play("TestLambdaTags::test_tag_limits", async (answers) => {
    const at = scene();
    const { tag, list } = tagging(at);
    const FunctionName = newName();
    await at.deploy({ FunctionName });
    const arn = at.arn(FunctionName);
    const tags = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, n) => [`${n}_key`, `${n}_value`]));
    answers.equal("tag_lambda_too_many_tags", await tag(arn, tags(51)));
    answers.equal("tag_response", await tag(arn, tags(50)));
    answers.equal("list_tags_response", await list(arn));
    answers.equal("get_fn_response", await at.call(new GetFunctionCommand({ FunctionName })));
    answers.equal("tag_lambda_too_many_tags_additional", await tag(arn, { a_key: "a_value" }));
    answers.equal(
      "create_function_invalid_tags",
      await at.call(
        new CreateFunctionCommand({
          FunctionName: newName(),
          Handler: "index.handler",
          Runtime: "python3.12",
          Role: ROLE,
          Code: { ZipFile: await anyCode() },
          Tags: tags(51),
        }),
      ),
    );
  });

  play("TestLambdaTags::test_tag_versions", async (answers) => {
    const at = scene();
    const { tag } = tagging(at);
    const FunctionName = newName();
    await at.deploy({ FunctionName });
    await at.call(new PublishVersionCommand({ FunctionName }));
    const arn = at.arn(FunctionName);
    answers.equal("tag_resource_exception", await tag(`${arn}:1`, { key_a: "value_a" }));
    answers.equal(
      "tag_resource_latest_exception",
      await tag(`${arn}:$LATEST`, { key_a: "value_a" }),
    );
  });

  play("TestLambdaTags::test_tag_lifecycle", async (answers) => {
    const at = scene();
    const { tag, untag, list } = tagging(at);
    const FunctionName = newName();
    await at.deploy({ FunctionName, Tags: { key_a: "value_a" } });
    const arn = at.arn(FunctionName);
    const state = async (after: string) => {
      answers.equal(`list_tags_response_${after}`, await list(arn));
      answers.equal(
        `get_fn_response_${after}`,
        await at.call(new GetFunctionCommand({ FunctionName })),
      );
    };
    await state("postfncreate");
    const more = { key_b: "value_b", key_c: "value_c", key_d: "value_d", key_e: "value_e" };
    answers.equal("tag_resource_response", await tag(arn, more));
    await state("postaddtags");
    answers.equal("tag_resource_overwrite", await tag(arn, { key_c: "value_x" }));
    await state("overwrite");
    await untag(arn, ["key_c", "key_d"]);
    await state("postuntag");
    await untag(arn, ["key_a", "key_b", "key_e"]);
    await state("postuntagall");
    await at.call(new DeleteFunctionCommand({ FunctionName }));
    answers.equal("list_tags_postdelete", await list(arn));
  });

  play("TestLambdaTag::test_tag_lifecycle[lambda_function]", async (answers) => {
    const at = scene();
    const { tag, untag, list } = tagging(at);
    const FunctionName = newName();
    await at.deploy({ FunctionName });
    const arn = at.arn(FunctionName);
    for (const [step, run] of [
      ["tag_single", () => tag(arn, { A: "tag-a" })],
      ["tag_multiple", () => tag(arn, { B: "tag-b", C: "tag-c" })],
      ["tag_overlap", () => tag(arn, { C: "tag-c-newsuffix", D: "tag-d" })],
      ["untag_single", () => untag(arn, ["A"])],
      ["untag_multiple", () => untag(arn, ["B", "C"])],
      ["untag_nonexisting", () => untag(arn, ["F"])],
      ["untag_existing_and_nonexisting", () => untag(arn, ["D", "F"])],
    ] as const) {
      answers.equal(`${step}_response`, await run());
      answers.equal(`${step}_response_listtags`, await list(arn));
    }
  });

  for (const [kind, segment] of [
    ["event_source_mapping", "event-source-mapping"],
    ["capacity_provider", "capacity-provider"],
  ] as const)
    play(`TestLambdaTag::test_tag_exceptions[${kind}]`, async (answers) => {
      const at = scene();
      const { tag, untag, list } = tagging(at);
      const id = "a6a1a0d5-7e8b-4d0b-9a3f-5d1c2b3e4f50";
      const arn = `arn:aws:lambda:${at.region}:${at.account}:${segment}:${id}`;
      answers.equal("not_found_exception_tag", await tag(arn, { A: "B" }));
      answers.equal("not_found_exception_untag", await untag(arn, ["A"]));
      answers.equal("not_found_exception_list", await list(arn));
      answers.equal("aliased_arn_exception", await tag(`${arn}:alias`, { A: "B" }));
      answers.equal("invalid_arn_exception", await tag(arn.replace(segment, "foobar"), { A: "B" }));
    });

  play("TestCodeSigningConfig::test_code_signing_not_found_excs", async (answers) => {
    const at = scene();
    const { call } = at;
    const FunctionName = newName();
    await at.deploy({ FunctionName });
    const missing = { FunctionName: "csc-test-doesnotexist" };
    const created = await at.client.send(
      new CreateCodeSigningConfigCommand({
        Description: "Testing CodeSigning Config",
        AllowedPublishers: {
          SigningProfileVersionArns: [
            `arn:aws:signer:${at.region}:${at.account}:/signing-profiles/test`,
          ],
        },
        CodeSigningPolicies: { UntrustedArtifactOnDeployment: "Enforce" },
      }),
    );
    const { $metadata, ...config } = created;
    const HTTPStatusCode = $metadata.httpStatusCode;
    answers.equal("create_code_signing_config", {
      ...(plain(config) as object),
      ResponseMetadata: { HTTPHeaders: {}, HTTPStatusCode },
    });
    const CodeSigningConfigArn = created.CodeSigningConfig?.CodeSigningConfigArn ?? "";
    const invalid = {
      CodeSigningConfigArn: `${CodeSigningConfigArn.slice(0, -1)}_`.replace("_", "x"),
    };
    answers.equal("delete_csc_notfound", await call(new DeleteCodeSigningConfigCommand(invalid)));
    answers.equal(
      "nothing_to_delete_response",
      await call(new DeleteFunctionCodeSigningConfigCommand({ FunctionName })),
    );
    answers.equal(
      "delete_function_csc_fnnotfound",
      await call(new DeleteFunctionCodeSigningConfigCommand(missing)),
    );
    const put = (input: { FunctionName: string; CodeSigningConfigArn: string }) =>
      call(new PutFunctionCodeSigningConfigCommand(input));
    answers.equal(
      "put_function_csc_invalid_fnname",
      await put({ ...missing, CodeSigningConfigArn }),
    );
    answers.equal("put_function_csc_invalid_csc_arn", await put({ FunctionName, ...invalid }));
    answers.equal("put_function_csc_invalid_both", await put({ ...missing, ...invalid }));
    const update = (more: { CodeSigningConfigArn: string; Description?: string }) =>
      call(new UpdateCodeSigningConfigCommand(more));
    answers.equal(
      "update_csc_invalid_csc_arn",
      await update({ ...invalid, Description: "new-description" }),
    );
    answers.equal("update_csc_noupdates", await update(invalid));
    answers.equal("update_csc_noupdate_response", await update({ CodeSigningConfigArn }));
    answers.equal("get_csc_invalid", await call(new GetCodeSigningConfigCommand(invalid)));
    const ofFunction = (input: { FunctionName: string }) =>
      call(new GetFunctionCodeSigningConfigCommand(input));
    answers.equal("get_function_csc_fnwithoutcsc", await ofFunction({ FunctionName }));
    answers.equal("get_function_csc_nonexistingfn", await ofFunction(missing));
    const functions = (input: { CodeSigningConfigArn: string }) =>
      call(new ListFunctionsByCodeSigningConfigCommand(input));
    answers.equal("list_functions_by_csc_fnwithoutcsc", await functions({ CodeSigningConfigArn }));
    answers.equal("list_functions_by_csc_invalid_cscarn", await functions(invalid));
  });
}
