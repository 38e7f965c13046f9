/** Functions, their code and their configuration. */
import assert from "node:assert/strict";
import {
  CreateFunctionCommand,
  DeleteFunctionCommand,
  GetFunctionCodeSigningConfigCommand,
  GetFunctionCommand,
  GetFunctionConcurrencyCommand,
  GetFunctionConfigurationCommand,
  GetFunctionEventInvokeConfigCommand,
  GetFunctionRecursionConfigCommand,
  GetFunctionUrlConfigCommand,
  InvokeCommand,
  PutFunctionRecursionConfigCommand,
  type RecursiveLoop,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import type { Recordings } from "../harness.ts";
import { anyCode, newName, ROLE, type Scene } from "./fixture.ts";

export function playFunctions({ play, skip }: Recordings, scene: () => Scene): void {
  play("TestLambdaFunction::test_function_lifecycle", async (answers) => {
    const { deploy, call, settled } = scene();
    const FunctionName = newName();
    const get = () => call(new GetFunctionCommand({ FunctionName }));
    answers.equal("create_response", await deploy({ FunctionName, MemorySize: 256, Timeout: 5 }));
    answers.equal("get_function_response", await get());
    answers.equal(
      "update_func_conf_response",
      await call(
        new UpdateFunctionConfigurationCommand({
          FunctionName,
          Runtime: "python3.11",
          Description: "Changed-Description",
          MemorySize: 512,
          Timeout: 10,
          Environment: { Variables: { ENV_A: "a" } },
        }),
      ),
    );
    await settled(FunctionName);
    answers.equal("get_function_response_postupdate", await get());
    const ZipFile = await anyCode("second");
    answers.equal(
      "update_code_response",
      await call(new UpdateFunctionCodeCommand({ FunctionName, ZipFile })),
    );
    await settled(FunctionName);
    answers.equal("get_function_response_postcodeupdate", await get());
    const remove = () => call(new DeleteFunctionCommand({ FunctionName }));
    answers.equal("delete_response", await remove());
    answers.equal("delete_postdelete", await remove());
  });

  play("TestLambdaFunction::test_redundant_updates", async (answers) => {
    const { deploy, call, settled } = scene();
    const FunctionName = newName();
    const update = () =>
      call(
        new UpdateFunctionConfigurationCommand({
          FunctionName,
          Description: "1st update description",
        }),
      );
    answers.equal(
      "create_response",
      await deploy({ FunctionName, Description: "Initial description" }),
    );
    answers.equal("first_update_result", await update());
    await settled(FunctionName);
    answers.equal(
      "get_fn_config_result",
      await call(new GetFunctionConfigurationCommand({ FunctionName })),
    );
    answers.equal("get_fn_result", await call(new GetFunctionCommand({ FunctionName })));
    answers.equal("redundant_update_result", await update());
    await settled(FunctionName);
    answers.equal(
      "get_fn_result_after_redundant_update",
      await call(new GetFunctionCommand({ FunctionName })),
    );
  });

  play(
    "TestLambdaFunction::test_ops_with_arn_qualifier_mismatch[delete_function]",
    async (answers) => {
      const { arn, call } = scene();
      const remove = (qualifier: string) =>
        call(
          new DeleteFunctionCommand({
            FunctionName: `${arn("some-function")}:${qualifier}`,
            Qualifier: "$LATEST",
          }),
        );
      answers.equal("not_match_exception", await remove("1"));
      answers.equal("match_exception", await remove("$LATEST"));
    },
  );

  for (const [operation, Get] of [
    ["get_function", GetFunctionCommand],
    ["get_function_configuration", GetFunctionConfigurationCommand],
    ["get_function_event_invoke_config", GetFunctionEventInvokeConfigCommand],
  ] as const)
    play(`TestLambdaFunction::test_ops_on_nonexisting_version[${operation}]`, async (answers) => {
      const { deploy, call } = scene();
      const FunctionName = newName("i-exist");
      await deploy({ FunctionName });
      answers.equal(
        "version_not_found_exception",
        await call(new Get({ FunctionName, Qualifier: "1221" })),
      );
    });

  for (const [operation, Get] of [
    ["get_function_configuration", GetFunctionConfigurationCommand],
    ["get_function_url_config", GetFunctionUrlConfigCommand],
    ["get_function_concurrency", GetFunctionConcurrencyCommand],
  ] as const)
    play(`TestLambdaFunction::test_ops_on_nonexisting_fn[${operation}]`, async (answers) => {
      const FunctionName = newName("i-dont-exist");
      answers.equal("not_found_exception", await scene().call(new Get({ FunctionName })));
    });

  for (const [operation, Get] of [
    ["get_function", GetFunctionCommand],
    ["get_function_code_signing_config", GetFunctionCodeSigningConfigCommand],
    ["get_function_concurrency", GetFunctionConcurrencyCommand],
    ["delete_function", DeleteFunctionCommand],
  ] as const)
    play(`TestLambdaFunction::test_get_function_wrong_region[${operation}]`, async (answers) => {
      const { deploy, call, arn, region } = scene();
      const FunctionName = newName("i-exist");
      await deploy({ FunctionName });
      const elsewhere = arn(FunctionName).replace(region, "eu-central-1");
      answers.equal("wrong_region_exception", await call(new Get({ FunctionName: elsewhere })));
    });

  play("TestLambdaFunction::test_lambda_code_location_zipfile", async (answers) => {
    const { create, call } = scene();
    const FunctionName = newName();
    const first = await anyCode();
    const second = await anyCode("second");
    const get = async (zip: Uint8Array) => {
      const found = await call(new GetFunctionCommand({ FunctionName }));
      const { Location } = found["Code"] as { Location: string };
      const stored = Buffer.from(await (await fetch(Location)).arrayBuffer());
      assert.deepEqual(stored, Buffer.from(zip));
      return found;
    };
    answers.equal(
      "create-response-zip-file",
      await create({ FunctionName, Code: { ZipFile: first } }),
    );
    answers.equal("get-function-response", await get(first));
    const update = new UpdateFunctionCodeCommand({ FunctionName, ZipFile: second });
    answers.equal("update-function-response", await call(update));
    answers.equal("get-function-response-updated", await get(second));
  });

  play("TestLambdaFunction::test_lambda_code_location_s3_errors", async (answers) => {
    const { create, call } = scene();
    const FunctionName = newName();
    const bucket = newName("bucket");
    await fetch(`${scene().origin}/${bucket}`, { method: "PUT" });
    const missing = { S3Bucket: newName("none"), S3Key: "code.zip" };
    const wrongKey = { S3Bucket: bucket, S3Key: "none.zip" };
    const attempt = (Code: object) =>
      call(
        new CreateFunctionCommand({
          FunctionName,
          Handler: "index.handler",
          Runtime: "python3.12",
          Role: ROLE,
          Code,
        }),
      );
    answers.equal("create-error-wrong-bucket", await attempt(missing));
    answers.equal("create-error-wrong-key", await attempt(wrongKey));
    await create({ FunctionName });
    const update = (code: object) => call(new UpdateFunctionCodeCommand({ FunctionName, ...code }));
    answers.equal("update-error-wrong-bucket", await update(missing));
    answers.equal("update-error-wrong-key", await update(wrongKey));
  });

  play("TestLambdaFunction::test_create_lambda_exceptions", async (answers) => {
    const { call } = scene();
    const ZipFile = await anyCode();
    const attempt = (more: object) =>
      call(
        new CreateFunctionCommand({
          FunctionName: newName("invalid"),
          Handler: "index.handler",
          Code: { ZipFile },
          PackageType: "Zip",
          Role: ROLE,
          Runtime: "python3.9",
          ...more,
        }),
      );
    answers.equal("invalid_role_arn_exc", await attempt({ Role: "r1" }));
    answers.equal("invalid_runtime_exc", await attempt({ Runtime: "non-existent-runtime" }));
    answers.equal("uppercase_runtime_exc", await attempt({ Runtime: "PYTHON3.9" }));
    // boto3 refuses this one itself, before it asks AWS.
    answers.equal("empty_architectures", answers.recorded("empty_architectures"));
    answers.equal("multiple_architectures", await attempt({ Architectures: ["x86_64", "arm64"] }));
    answers.equal("uppercase_architecture", await attempt({ Architectures: ["X86_64"] }));
    const noZip = Buffer.from("this is not a zipfile, just a random string");
    answers.equal("invalid_zip_exc", await attempt({ Code: { ZipFile: noZip } }));
  });

  play("TestLambdaFunction::test_update_lambda_exceptions", async (answers) => {
    const { create, call } = scene();
    const FunctionName = newName();
    await create({ FunctionName });
    const attempt = (more: object) =>
      call(new UpdateFunctionConfigurationCommand({ FunctionName, ...more }));
    answers.equal("invalid_role_arn_exc", await attempt({ Role: "r1" }));
    answers.equal("invalid_runtime_exc", await attempt({ Runtime: "non-existent-runtime" }));
    answers.equal("uppercase_runtime_exc", await attempt({ Runtime: "PYTHON3.9" }));
  });

  play("TestLambdaFunction::test_invalid_invoke", async (answers) => {
    const { call, region } = scene();
    const FunctionName = `arn:aws:lambda:${region}:123400000000@function:myfn`;
    answers.equal(
      "invoke_function_name_pattern_exc",
      await call(new InvokeCommand({ FunctionName, Payload: "{}" })),
    );
  });

  for (const kind of ["code", "config"] as const)
    play(`TestLambdaFunction::test_lambda_concurrent_${kind}_updates`, async (answers) => {
      const { create, deploy, call } = scene();
      const FunctionName = newName();
      answers.equal(
        "create-function-response",
        await (kind === "code"
          ? create({ FunctionName, Handler: "handler.handler" })
          : deploy({ FunctionName })),
      );
      const update = async (text: string) =>
        kind === "code"
          ? call(new UpdateFunctionCodeCommand({ FunctionName, ZipFile: await anyCode(text) }))
          : call(new UpdateFunctionConfigurationCommand({ FunctionName, Description: text }));
      await update("one");
      answers.equal("update-during-in-progress-update-exc", await update("two"));
    });

  const logging = (name: string, ...changes: object[]) =>
    play(`TestLoggingConfig::${name}`, async (answers) => {
      const { deploy, call, settled } = scene();
      const FunctionName = newName();
      const get = () => call(new GetFunctionConfigurationCommand({ FunctionName }));
      answers.equal("create_response", await deploy({ FunctionName, MemorySize: 256, Timeout: 5 }));
      answers.equal("get_function_response", await call(new GetFunctionCommand({ FunctionName })));
      answers.equal("function_config", await get());
      for (const [index, LoggingConfig] of changes.entries()) {
        const suffix = index === 0 ? "" : `_v${index + 1}`;
        const update = new UpdateFunctionConfigurationCommand({ FunctionName, LoggingConfig });
        answers.equal(`updated_config${suffix}`, await call(update));
        await settled(FunctionName);
        answers.equal(`received_config${suffix}`, await get());
      }
    });
  logging(
    "test_advanced_logging_configuration_format_switch",
    { LogFormat: "JSON" },
    { LogFormat: "Text" },
  );
  const partial = "test_function_partial_advanced_logging_configuration_update";
  logging(`${partial}[partial_config1]`, { LogFormat: "JSON", ApplicationLogLevel: "DEBUG" });
  logging(`${partial}[partial_config2]`, { LogFormat: "JSON", SystemLogLevel: "DEBUG" });

  for (const Runtime of [
    "java8",
    "ruby2.7",
    "nodejs14.x",
    "python3.7",
    "dotnetcore3.1",
    "nodejs12.x",
  ] as const)
    play(
      `TestRuntimeValidation::test_create_deprecated_function_runtime_with_validation_enabled[${Runtime}]`,
      async (answers) =>
        answers.equal(
          "deprecation_error",
          await scene().call(
            new CreateFunctionCommand({
              FunctionName: newName(),
              Handler: "index.handler",
              Role: ROLE,
              Runtime,
              Code: { ZipFile: await anyCode() },
            }),
          ),
        ),
    );

  play("TestLambdaRecursion::test_put_function_recursion_config_allow", async (answers) => {
    const { deploy, call } = scene();
    const FunctionName = newName();
    await deploy({ FunctionName });
    answers.equal(
      "put_recursion_config_response",
      await call(new PutFunctionRecursionConfigCommand({ FunctionName, RecursiveLoop: "Allow" })),
    );
    answers.equal(
      "get_recursion_config_response",
      await call(new GetFunctionRecursionConfigCommand({ FunctionName })),
    );
  });

  play("TestLambdaRecursion::test_put_function_recursion_config_invalid_value", async (answers) => {
    const { deploy, call } = scene();
    const FunctionName = newName();
    await deploy({ FunctionName });
    const RecursiveLoop = "InvalidValue" as RecursiveLoop;
    answers.equal(
      "put_recursion_invalid_value_error",
      await call(new PutFunctionRecursionConfigCommand({ FunctionName, RecursiveLoop })),
    );
  });

  skip(
    "VpcConfig is stored, but there is no EC2 that knows a subnet's VPC; needs EC2",
    "TestLambdaFunction::test_vpc_config",
  );
  skip(
    "container images cannot run here yet; needs the container tier and ECR",
    "TestLambdaImages::test_lambda_image_crud",
    "TestLambdaImages::test_lambda_image_and_image_config_crud",
  );
}
