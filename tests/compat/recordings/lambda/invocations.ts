/** Invocations, and functions that are there to be invoked. */
import {
  AddPermissionCommand,
  DeleteFunctionCommand,
  GetFunctionCommand,
  InvokeCommand,
  type InvokeCommandInput,
  type Runtime,
  UpdateFunctionCodeCommand,
} from "@aws-sdk/client-lambda";
import { zipOf } from "../../../zip.ts";
import type { Recordings } from "../harness.ts";
import { type Answer, anyCode, newName, type Scene } from "./fixture.ts";

const anything = ["code-sha256", "log-result", "<<code-sha-256>:1>"];

export function playInvocations({ play, skip }: Recordings, scene: () => Scene): void {
  const code = async (text: string, name = "index.js") => ({
    Code: { ZipFile: await zipOf({ [name]: text }) },
  });
  /** boto3 has a payload in every answer. */
  const invoke = async ({ call }: Scene, input: InvokeCommandInput): Promise<Answer> => {
    const answer = await call(new InvokeCommand(input));
    return "StatusCode" in answer ? { ...answer, Payload: answer["Payload"] ?? "" } : answer;
  };
  const ECHO =
    "exports.handler = async (event) => { console.log(JSON.stringify(event)); return event; };";

  play(
    "TestLambdaFeatures::test_invocation_with_logs[nodejs16.x]",
    async (answers) => {
      const at = scene();
      const FunctionName = newName();
      await at.create({ FunctionName, Runtime: "nodejs16.x", ...(await code(ECHO)) });
      const { LogResult, ...rest } = await invoke(at, {
        FunctionName,
        Payload: "{}",
        LogType: "Tail",
      });
      answers.equal("invoke", { LogResult, ...rest });
      const text = Buffer.from(LogResult as string, "base64").toString("utf8");
      const logs = text
        .split(/(?<=\n)/)
        .map((line) => line.replace(/^\d{4}-[\d-]+T[\d:.]+Z/, "date"));
      answers.equal("logs", { logs });
    },
    { anything: [...anything, "<request-id>", "<duration>", "<memory>"] },
  );

  // The answers do not say which runtime gave them.
  for (const [name, InvocationType] of [
    ["test_invocation_type_request_response[python3.9]", "RequestResponse"],
    ["test_invocation_type_event[python3.9]", "Event"],
  ] as const)
    play(`TestLambdaFeatures::${name}`, async (answers) => {
      const at = scene();
      const FunctionName = newName();
      await at.create({ FunctionName, Runtime: "nodejs22.x", ...(await code(ECHO)) });
      answers.equal(
        "invoke-result",
        await invoke(at, { FunctionName, Payload: "{}", InvocationType }),
      );
    });

  play(
    "TestLambdaFeatures::test_invocation_type_no_return_payload[nodejs-RequestResponse]",
    async (answers) => {
      const at = scene();
      const FunctionName = newName();
      const nothing = await code("exports.handler = async () => {};");
      await at.create({ FunctionName, Runtime: "nodejs20.x", ...nothing });
      answers.equal("invoke-result", await invoke(at, { FunctionName, Payload: "{}" }));
    },
  );

  play("TestLambdaFeatures::test_invoke_exceptions", async (answers) => {
    const at = scene();
    answers.equal(
      "invoke_function_doesnotexist",
      await invoke(at, { FunctionName: "doesnotexist" }),
    );
  });

  play(
    "TestLambdaErrors::test_lambda_runtime_exit",
    async (answers) => {
      const at = scene();
      const FunctionName = newName();
      await at.create({ FunctionName, Runtime: "nodejs22.x", ...(await code("process.exit(0);")) });
      answers.equal("invocation_error", await invoke(at, { FunctionName }));
    },
    { anything: ["<uuid>"] },
  );

  play("TestLambdaVersions::test_function_update_during_invoke", async (answers) => {
    const at = scene();
    const FunctionName = newName();
    const variant = await code(`exports.handler = async (event, context) => ({
      function_version: context.functionVersion, request_id: context.awsRequestId,
      request_prefix: event.request_prefix, function_variant: process.env.FUNCTION_VARIANT });`);
    await at.create({
      FunctionName,
      Runtime: "nodejs22.x",
      Environment: { Variables: { FUNCTION_VARIANT: "variant-1" } },
      ...variant,
    });
    const Payload = JSON.stringify({ request_prefix: "1-sleep" });
    answers.equal("invoke_response_before", await invoke(at, { FunctionName, Payload }));
  });

  play(
    "TestLambdaBehavior::test_mixed_architecture",
    async (answers) => {
      const at = scene();
      const FunctionName = newName();
      answers.equal(
        "create_function_response",
        await at.deploy({ FunctionName, Architectures: ["x86_64"] }),
      );
      answers.equal(
        "update_function_code_response",
        await at.call(
          new UpdateFunctionCodeCommand({
            FunctionName,
            ZipFile: await anyCode(),
            Architectures: ["arm64"],
          }),
        ),
      );
    },
    { anything },
  );

  play(
    "TestLambdaCleanup::test_recreate_function",
    async (answers) => {
      const at = scene();
      const FunctionName = newName();
      const create = () => at.deploy({ FunctionName, Handler: "lambda_echo.handler" });
      answers.equal("create_function_response_one", await create());
      await at.call(new DeleteFunctionCommand({ FunctionName }));
      answers.equal("create_function_response_two", await create());
    },
    { anything },
  );

  for (const runtime of ["nodejs18.x", "nodejs22.x"] as const)
    play(
      `TestLambdaRuntimesCommon::test_uncaught_exception_invoke[${runtime}]`,
      async (answers) => {
        const at = scene();
        const FunctionName = newName();
        const throws = await code(
          "exports.handler = async (event) => { throw new Error(`Error: ${event.error_msg}`); };",
        );
        answers.equal(
          "create_function_result",
          await at.create({ FunctionName, Runtime: runtime, MemorySize: 1024, ...throws }),
        );
        const Payload = JSON.stringify({ error_msg: "some_error_msg" });
        answers.equal("error_result", await invoke(at, { FunctionName, Payload }));
      },
    );

  for (const runtime of ["nodejs20.x", "nodejs18.x"] as const)
    play(
      `TestNodeJSRuntimes::test_invoke_nodejs_es6_lambda[${runtime}]`,
      async (answers) => {
        const at = scene();
        const FunctionName = newName();
        const module = await code(
          `export const handler = async (event) => ({ statusCode: 200,
             body: JSON.stringify(\`response from localstack lambda: \${JSON.stringify(event)}\`) });`,
          "lambda_handler_es6.mjs",
        );
        answers.equal(
          "creation-result",
          await at.deploy({
            FunctionName,
            Runtime: runtime,
            Handler: "lambda_handler_es6.handler",
            ...module,
          }),
        );
        const Payload = JSON.stringify({ event_type: "test_lambda" });
        answers.equal("invocation-result", await invoke(at, { FunctionName, Payload }));
      },
      { anything },
    );

  // Of these only the function's creation was recorded, not what it answered.
  const handlers: Readonly<Record<string, string>> = {
    java: "echo.Handler",
    dotnet: "dotnet::Dotnet.Function::FunctionHandler",
    python: "handler.handler",
    ruby: "function.handler",
    nodejs: "index.handler",
  };
  for (const runtime of [
    "java11",
    "java8.al2",
    "ruby3.2",
    "python3.11",
    "python3.9",
    "dotnet6",
    "dotnet8",
    "ruby3.3",
    "python3.13",
    "ruby3.4",
    "java25",
    "nodejs24.x",
  ] as const)
    play(`TestLambdaRuntimesCommon::test_runtime_wrapper_invoke[${runtime}]`, async (answers) => {
      const Variables = { AWS_LAMBDA_EXEC_WRAPPER: "/var/task/environment_wrapper" };
      answers.equal(
        "create_function_result",
        await scene().create({
          FunctionName: newName(),
          Runtime: runtime as Runtime,
          Handler: handlers[/^[a-z]+/.exec(runtime)?.[0] ?? ""],
          MemorySize: 1024,
          Environment: { Variables },
        }),
      );
    });

  play(
    "TestJavaRuntimes::test_java_lambda_subscribe_sns_topic",
    async (answers) => {
      const at = scene();
      const FunctionName = newName();
      await at.deploy({
        FunctionName,
        Runtime: "java11",
        Handler: "cloud.localstack.sample.LambdaHandler",
      });
      answers.equal("get-function", await at.call(new GetFunctionCommand({ FunctionName })));
      answers.equal(
        "add-permission",
        await at.call(
          new AddPermissionCommand({
            FunctionName,
            StatementId: newName("sid"),
            Action: "lambda:InvokeFunction",
            Principal: "sns.amazonaws.com",
            SourceArn: `arn:aws:sns:${at.region}:${at.account}:${newName("topic")}`,
          }),
        ),
      );
    },
    { anything },
  );

  skipOthers(skip);
}

/** What this machine, or this version, cannot play. */
function skipOthers(skip: Recordings["skip"]): void {
  skip(
    "the function runs Python, and its runtime shows in the answers; needs a Python runtime",
    "TestLambdaFeatures::test_basic_invoke",
    "TestLambdaBehavior::test_lambda_invoke_no_timeout",
    "TestLambdaFeatures::test_lambda_environment",
    "TestLambdaFeatures::test_invocation_with_qualifier",
    "TestLambdaFeatures::test_upload_lambda_from_s3",
    "TestLambdaVersions::test_lambda_versions_with_code_changes",
    "TestLambdaAliases::test_lambda_alias_moving",
    "TestLambdaBehavior::test_lambda_invoke_timed_out_environment_reuse",
    "TestLambdaVersions::test_lambda_handler_update",
    "TestLambdaConcurrency::test_reserved_concurrency_async_queue",
    "TestLambdaDestinationSqs::test_assess_lambda_destination_invocation[payload1]",
    "TestLambdaDLQ::test_dead_letter_queue",
    "TestLambdaDestinationEventbridge::test_invoke_lambda_eventbridge",
    "TestLambdaErrors::test_lambda_runtime_error",
    "TestLambdaErrors::test_lambda_runtime_exit_segfault",
    /\[python3\.\d+\]$/,
  );
  skip(
    "needs a runtime of this language",
    /^TestLambdaRuntimesCommon::.*\[(java|ruby|dotnet)/,
    /^Test(Java|GoProvided)Runtimes::/,
  );
  skip(
    "holds the addresses and file names of AWS's own instances (169.254.100.1, /var/lang)",
    "TestLambdaRuntimesCommon::test_introspection_invoke[nodejs20.x]",
    "TestLambdaRuntimesCommon::test_introspection_invoke[nodejs16.x]",
  );
  skip(
    "was recorded in 2023, when functions had no LoggingConfig; provisioned.test.ts holds what it says of an alias that moves",
    "TestLambdaConcurrency::test_lambda_provisioned_concurrency_moves_with_alias",
  );
  skip(
    "takes minutes of retries; services/functions/async-invoke.test.ts holds them by the clock",
    "TestLambdaDestinationSqs::test_retries",
    "TestLambdaDestinationSqs::test_maxeventage",
  );
  skip(
    "the answer is the caller's assumed role; needs STS",
    "TestLambdaBaseFeatures::test_assume_role[1]",
    "TestLambdaBaseFeatures::test_assume_role[2]",
  );
  skip(
    "is about LocalStack's own host names",
    "TestLambdaBehavior::test_lambda_host_prefix_api_operation",
  );
}
