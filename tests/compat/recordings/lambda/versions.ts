/** Versions, aliases, revisions and SnapStart. */
import {
  CreateAliasCommand,
  DeleteAliasCommand,
  GetAliasCommand,
  GetFunctionCommand,
  ListAliasesCommand,
  PublishVersionCommand,
  type Runtime,
  UpdateAliasCommand,
  UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import type { Recordings } from "../harness.ts";
import { type Answer, newName, type Scene } from "./fixture.ts";

export function playVersions({ play }: Recordings, scene: () => Scene): void {
  play("TestLambdaVersions::test_publish_with_wrong_sha256", async (answers) => {
    const { create, call } = scene();
    const FunctionName = newName();
    answers.equal("create_response", await create({ FunctionName }));
    const found = await call(new GetFunctionCommand({ FunctionName }));
    answers.equal("get_fn_response", found);
    const publish = (CodeSha256: string) =>
      call(new PublishVersionCommand({ FunctionName, CodeSha256 }));
    answers.equal("publish_wrong_sha256_exc", await publish("somenonexistentsha256"));
    const { CodeSha256 } = found["Configuration"] as { CodeSha256: string };
    answers.equal("publish_result", await publish(CodeSha256));
  });

  play("TestLambdaAlias::test_alias_lifecycle", async (answers) => {
    const { create, call, settled, arn } = scene();
    const FunctionName = newName("alias-fn");
    const publish = () => call(new PublishVersionCommand({ FunctionName }));
    const get = (Name: string) => call(new GetAliasCommand({ FunctionName, Name }));
    const list = (FunctionVersion?: string) =>
      call(new ListAliasesCommand({ FunctionName, FunctionVersion }));
    const environment = (testenv: string) => ({ Environment: { Variables: { testenv } } });
    const Description = "custom-alias";

    answers.equal("create_response", await create({ FunctionName, ...environment("staging") }));
    answers.equal("publish_v1", await publish());
    await call(new UpdateFunctionConfigurationCommand({ FunctionName, ...environment("prod") }));
    await settled(FunctionName);
    answers.equal("publish_v2", await publish());

    const alias = async (suffix: string, more: object) => {
      const Name = `aliasname${suffix}`;
      const command = new CreateAliasCommand({
        FunctionName,
        Name,
        FunctionVersion: "1",
        ...more,
      });
      answers.equal(`create_alias_${suffix}`, await call(command));
      answers.equal(`get_alias_${suffix}`, await get(Name));
    };
    await alias("1_1", { Description, RoutingConfig: { AdditionalVersionWeights: { 2: 0.2 } } });
    const byName = (Qualifier: string) => call(new GetFunctionCommand({ FunctionName, Qualifier }));
    const byArn = (name: string) =>
      call(new GetFunctionCommand({ FunctionName: `${arn(FunctionName)}:${name}` }));
    answers.equal("get_function_alias_1_1", await byName("aliasname1_1"));
    answers.equal("get_function_byarn_alias_1_1", await byArn("aliasname1_1"));
    answers.equal("get_function_alias_notfound_exc", await byName("aliasdoesnotexist"));
    answers.equal("get_function_alias_byarn_notfound_exc", await byArn("aliasdoesnotexist"));
    await alias("1_2", { Description });
    await alias("1_3", {});
    await alias("2", { Description, FunctionVersion: "2" });

    // The recorded test joined pages of one.
    const Aliases: unknown[] = [];
    let Marker: string | undefined;
    do {
      const page: Answer = await call(
        new ListAliasesCommand({ FunctionName, MaxItems: 1, Marker }),
      );
      Aliases.push(...(page["Aliases"] as unknown[]));
      Marker = page["NextMarker"] as string | undefined;
    } while (Marker !== undefined);
    answers.equal("list_aliases_for_fnname", { Aliases });

    const update = (Name: string, more: object) =>
      call(new UpdateAliasCommand({ FunctionName, Name, ...more }));
    answers.equal(
      "update_alias_1_1",
      await update("aliasname1_1", { RoutingConfig: { AdditionalVersionWeights: {} } }),
    );
    answers.equal("get_alias_1_1_after_update", await get("aliasname1_1"));
    answers.equal("list_aliases_for_fnname_after_update", await list());
    answers.equal("update_alias_1_2", await update("aliasname1_2", {}));
    answers.equal("get_alias_1_2_after_update", await get("aliasname1_2"));
    answers.equal("list_aliases_for_fnname_after_update_2", await list());
    answers.equal("list_aliases_for_version", await list("1"));
    answers.equal(
      "delete_alias_response",
      await call(new DeleteAliasCommand({ FunctionName, Name: "aliasname1_1" })),
    );
    answers.equal("list_aliases_for_fnname_afterdelete", await list());
  });

  play("TestLambdaAlias::test_non_existent_alias_deletion", async (answers) => {
    const { create, call } = scene();
    const FunctionName = newName("alias-fn");
    const Environment = { Variables: { testenv: "staging" } };
    answers.equal("create_response", await create({ FunctionName, Environment }));
    answers.equal(
      "delete_alias_response",
      await call(new DeleteAliasCommand({ FunctionName, Name: "non-existent" })),
    );
  });

  play("TestLambdaRevisions::test_function_revisions_version_and_alias", async (answers) => {
    const { deploy, call } = scene();
    const FunctionName = newName();
    const get = (Qualifier?: string) => call(new GetFunctionCommand({ FunctionName, Qualifier }));
    answers.equal("create_function_response_rev1", await deploy({ FunctionName }));
    const active = await get();
    answers.equal("get_function_active_rev2", active);
    const publish = (RevisionId: string) =>
      call(new PublishVersionCommand({ FunctionName, RevisionId }));
    answers.equal("publish_version_revision_exception", await publish("wrong"));
    const { RevisionId } = active["Configuration"] as { RevisionId: string };
    answers.equal("publish_version_response_rev_v1", await publish(RevisionId));
    answers.equal("get_function_published_version_rev_v2", await get("1"));
    answers.equal("get_function_latest_rev3", await get());
    const Name = "revision_alias";
    const alias = await call(new CreateAliasCommand({ FunctionName, Name, FunctionVersion: "1" }));
    answers.equal("create_alias_response_rev_a1", alias);
    answers.equal("get_function_latest_rev4", await get());
    answers.equal("get_function_published_version_rev_v3", await get("1"));
    const update = (more: object) => call(new UpdateAliasCommand({ FunctionName, Name, ...more }));
    answers.equal("update_alias_revision_exception", await update({ RevisionId: "wrong" }));
    answers.equal(
      "update_alias_response_rev_a2",
      await update({ Description: "something changed", RevisionId: alias["RevisionId"] }),
    );
  });

  const handlers: Readonly<Record<string, string>> = {
    java11: "echo.Handler",
    java17: "echo.Handler",
    dotnet8: "dotnet::Dotnet.Function::FunctionHandler",
    dotnet10: "dotnet::Dotnet.Function::FunctionHandler",
    "python3.13": "handler.handler",
  };
  for (const runtime of ["java11", "java17", "dotnet8"] as const)
    play(`TestLambdaSnapStart::test_snapstart_lifecycle[${runtime}]`, async (answers) => {
      const { create, call } = scene();
      const FunctionName = newName();
      answers.equal(
        "create_function_response",
        await create({
          FunctionName,
          MemorySize: 1024,
          Timeout: 5,
          Runtime: runtime,
          Handler: handlers[runtime],
          SnapStart: { ApplyOn: "None" },
        }),
      );
      answers.equal(
        "get_function_response_latest",
        await call(new GetFunctionCommand({ FunctionName })),
      );
      await call(new PublishVersionCommand({ FunctionName, Description: "version1" }));
      answers.equal(
        "get_function_response_version_1",
        await call(new GetFunctionCommand({ FunctionName, Qualifier: "1" })),
      );
    });

  for (const runtime of ["java17", "python3.13", "dotnet8", "dotnet10"])
    play(
      `TestLambdaSnapStart::test_snapstart_update_function_configuration[${runtime}]`,
      async (answers) => {
        const { create, call } = scene();
        const FunctionName = newName();
        answers.equal(
          "create_function_response",
          await create({
            FunctionName,
            MemorySize: 1024,
            Timeout: 5,
            Runtime: runtime as Runtime,
            Handler: handlers[runtime],
          }),
        );
        answers.equal(
          "update_function_response",
          await call(
            new UpdateFunctionConfigurationCommand({
              FunctionName,
              SnapStart: { ApplyOn: "PublishedVersions" },
            }),
          ),
        );
      },
    );
}
