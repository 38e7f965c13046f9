/** Function URLs: their configuration, and what is answered through them. */
import { request } from "node:http";
import { buffer } from "node:stream/consumers";
import {
  AddPermissionCommand,
  CreateAliasCommand,
  CreateFunctionUrlConfigCommand,
  DeleteFunctionUrlConfigCommand,
  GetFunctionCommand,
  GetFunctionUrlConfigCommand,
  type InvokeMode,
  UpdateFunctionUrlConfigCommand,
} from "@aws-sdk/client-lambda";
import { zipOf } from "../../../zip.ts";
import type { Comparison, Recordings } from "../harness.ts";
import { newName, plain, type Scene } from "./fixture.ts";

/** What the recorded tests wrote in place of a URL. */
const anything = ["lambda-url", "function-url", "code-sha256"];

const ECHO = `exports.handler = async (event) => {
  const { domainName, http } = event.requestContext;
  const headers = Object.fromEntries(Object.entries(event.headers).filter(([name]) => !name.startsWith("x-")));
  const { queryStringParameters: args = {}, body: data, rawPath: path } = event;
  return { statusCode: 200, body: JSON.stringify({ args, data, domain: domainName, headers, method: http.method, origin: http.sourceIp, path }) };
};`;

export function playUrls({ play, skip }: Recordings, scene: () => Scene): void {
  const createUrl = ({ call }: Scene, FunctionName: string, more: object = {}) =>
    call(new CreateFunctionUrlConfigCommand({ FunctionName, AuthType: "NONE", ...more }));
  const makePublic = ({ call }: Scene, FunctionName: string) =>
    call(
      new AddPermissionCommand({
        FunctionName,
        StatementId: "urlPermission",
        Action: "lambda:InvokeFunctionUrl",
        Principal: "*",
        FunctionUrlAuthType: "NONE",
      }),
    );
  const deployCode = async ({ create }: Scene, code: string) => {
    const FunctionName = newName("test-function");
    const Code = { ZipFile: await zipOf({ "index.js": code }) };
    await create({ FunctionName, Runtime: "nodejs22.x", Code, Timeout: 30 });
    return FunctionName;
  };

  play(
    "TestLambdaUrl::test_url_config_lifecycle",
    async (answers) => {
      const at = scene();
      const FunctionName = newName();
      const get = () => at.call(new GetFunctionUrlConfigCommand({ FunctionName }));
      await at.deploy({ FunctionName });
      answers.equal("url_creation", await createUrl(at, FunctionName));
      answers.equal("failed_duplication", await createUrl(at, FunctionName));
      answers.equal("get_url_config", await get());
      const update = new UpdateFunctionUrlConfigCommand({ FunctionName, AuthType: "AWS_IAM" });
      answers.equal("updated_url_config", await at.call(update));
      await at.call(new DeleteFunctionUrlConfigCommand({ FunctionName }));
      answers.equal("failed_getter", await get());
    },
    { anything },
  );

  play(
    "TestLambdaUrl::test_url_config_deletion_without_qualifier",
    async (answers) => {
      const at = scene();
      const FunctionName = newName();
      const Qualifier = "test-alias";
      await at.deploy({ FunctionName });
      await at.call(
        new CreateAliasCommand({ FunctionName, Name: Qualifier, FunctionVersion: "$LATEST" }),
      );
      const both = async (suffix: string) => {
        const get = (more: object) =>
          at.call(new GetFunctionUrlConfigCommand({ FunctionName, ...more }));
        answers.equal(`get_url_config${suffix}`, await get({}));
        answers.equal(`get_url_config_with_alias${suffix}`, await get({ Qualifier }));
      };
      answers.equal("url_creation", await createUrl(at, FunctionName));
      answers.equal("url_with_alias_creation", await createUrl(at, FunctionName, { Qualifier }));
      await both("");
      answers.equal(
        "delete_function_url_config",
        await at.call(new DeleteFunctionUrlConfigCommand({ FunctionName })),
      );
      await both("_after_deletion");
    },
    { anything },
  );

  play("TestLambdaURL::test_lambda_url_invalid_invoke_mode", async (answers) => {
    const at = scene();
    const FunctionName = newName();
    await at.deploy({ FunctionName });
    const InvokeMode = "UNKNOWN" as InvokeMode;
    answers.equal(
      "invoke_function_invalid_invoke_type",
      await createUrl(at, FunctionName, { InvokeMode }),
    );
  });

  for (const mode of ["RESPONSE_STREAM", "BUFFERED", "None"])
    play(
      `TestLambdaURL::test_lambda_url_echo_invoke[${mode}]`,
      async (answers) => {
        const at = scene();
        const FunctionName = newName();
        await at.deploy({ FunctionName });
        const more = mode === "None" ? {} : { InvokeMode: mode };
        answers.equal("create_lambda_url_config", await createUrl(at, FunctionName, more));
        answers.equal("add_permission", await makePublic(at, FunctionName));
      },
      { anything },
    );

  play(
    "TestLambdaURL::test_lambda_url_invocation_exception",
    async (answers) => {
      const at = scene();
      const FunctionName = newName();
      await at.deploy({ FunctionName });
      answers.equal("get_fn_result", await at.call(new GetFunctionCommand({ FunctionName })));
      answers.equal("create_lambda_url_config", await createUrl(at, FunctionName));
      answers.equal("add_permission", await makePublic(at, FunctionName));
    },
    { anything },
  );

  for (const [name, result] of [
    ["dict", { hello: "world" }],
    ["list-mixed", ["hello", 3, true]],
    ["float", 3.1],
  ] as const)
    play(
      `TestLambdaURL::test_lambda_url_invocation[${name}]`,
      async (answers) => {
        const at = scene();
        const code = `exports.handler = async () => (${JSON.stringify(result)});`;
        const FunctionName = await deployCode(at, code);
        const { path } = await configured(answers, at, FunctionName);
        const { status, headers, content } = await post(
          at,
          `${path}/custom_path/extend?test_param=test_value`,
          {},
          "{'key':'value'}",
        );
        answers.equal("lambda_url_invocation", {
          statuscode: status,
          headers: {
            "Content-Type": headers["content-type"],
            "Content-Length": headers["content-length"],
          },
          content: plain(content),
        });
      },
      { anything },
    );

  play("TestLambdaPermissions::test_lambda_permission_url_invocation", async (answers) => {
    const at = scene();
    const FunctionName = await deployCode(at, ECHO);
    const path = pathOf(await createUrl(at, FunctionName));
    const { content } = await post(at, path, { "content-type": "text/plain" }, "text");
    answers.equal("lambda_url_invocation_missing_permission", plain(content));
  });

  const echoed = (name: string, target: string, headers: Record<string, string>, body: string) =>
    play(`TestLambdaURL::${name}`, async (answers) => {
      const at = scene();
      const FunctionName = await deployCode(at, ECHO);
      const path = pathOf(await createUrl(at, FunctionName));
      await makePublic(at, FunctionName);
      const usual = { accept: "*/*", "accept-encoding": "gzip, deflate" };
      const { content } = await post(at, path + target, { ...usual, ...headers }, body);
      answers.equal("url_response", plain(JSON.parse(content)));
    });
  echoed(
    "test_lambda_url_echo_http_fixture_trim_x_headers",
    "/path/1?q=query",
    {
      "content-type": "application/json",
      "ExTrA-HeadErs": "With WeiRd CapS",
      "user-agent": "test/echo",
    },
    '{"foo": "bar"}',
  );
  const boundary = "4efd159eae0c4f4e125a5a509e073d85";
  echoed(
    "test_lambda_url_form_payload",
    "/test/value",
    {
      "content-type": `multipart/form-data; boundary=${boundary}`,
      "user-agent": "python/test-request",
    },
    [
      "",
      `--${boundary}`,
      'Content-Disposition: form-data; name="formfield"',
      "",
      "not a file, just a field",
      `--${boundary}`,
      'Content-Disposition: form-data; name="foo"; filename="foo"',
      "Content-Type: text/plain;",
      "",
      "bar",
      "",
      `--${boundary}--`,
      "",
    ].join("\r\n"),
  );

  play("TestLambdaURL::test_function_url_with_response_streaming", async (answers) => {
    const at = scene();
    const FunctionName = await deployCode(
      at,
      `exports.handler = awslambda.streamifyResponse(async (event, stream) => {
         stream.write("Hello, "); stream.write("world!"); stream.end();
       });`,
    );
    const path = pathOf(await createUrl(at, FunctionName, { InvokeMode: "RESPONSE_STREAM" }));
    await makePublic(at, FunctionName);
    const { status, content } = await post(at, path, {}, "");
    answers.equal("response_status", status);
    answers.equal("response_data", content);
  });

  async function configured(answers: Comparison, at: Scene, FunctionName: string) {
    const config = await createUrl(at, FunctionName);
    answers.equal("create_lambda_url_config", config);
    answers.equal("add_permission", await makePublic(at, FunctionName));
    return { path: pathOf(config) };
  }

  skip(
    "AWS's URLs add the headers of TLS; needs a TLS listener",
    "TestLambdaURL::test_lambda_url_echo_http_fixture_default",
  );
  skip(
    "the log is read through CloudWatch Logs; needs its door",
    "TestRequestIdHandling::test_request_id_invoke_url",
  );
}

/** The path form of a URL, which needs no names under localhost. */
function pathOf(config: Record<string, unknown>): string {
  const { hostname } = new URL(config["FunctionUrl"] as string);
  return `/_url/${hostname.split(".")[0]}`;
}

/** A request with these headers and no others. */
function post(
  { origin }: Scene,
  path: string,
  headers: Record<string, string>,
  body: string,
): Promise<{ status: number; headers: Record<string, unknown>; content: string }> {
  return new Promise((resolve, reject) => {
    const length = { "content-length": Buffer.byteLength(body) };
    const options = { method: "POST", headers: { ...headers, ...length } };
    const call = request(origin, { ...options, path }, async (response) => {
      const content = (await buffer(response)).toString("utf8");
      resolve({ status: response.statusCode ?? 0, headers: response.headers, content });
    });
    call.once("error", reject);
    call.end(body);
  });
}
