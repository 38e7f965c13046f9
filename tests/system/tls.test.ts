/** HTTPS and HTTP/2: the same platform for clients that speak them, and for functions that need not. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from "node:http2";
import { Agent, get } from "node:https";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import {
  AddPermissionCommand,
  CreateFunctionUrlConfigCommand,
  InvokeCommand,
  InvokeWithResponseStreamCommand,
  LambdaClient,
  UpdateFunctionUrlConfigCommand,
} from "@aws-sdk/client-lambda";
import { deploy } from "../deploy.ts";
import { clientSettings, startPlatform, type TestPlatform } from "../platform.ts";
import { runYunque } from "../yunque.ts";

const HANDLER = `
  const { LambdaClient, ListFunctionsCommand } = require("@aws-sdk/client-lambda");
  exports.handler = async (event) => {
    if (!event.list) return { said: event.say ?? event.rawPath, secure: event.headers?.["x-forwarded-proto"] };
    const { Functions } = await new LambdaClient({}).send(new ListFunctionsCommand({}));
    return Functions.map(({ FunctionName }) => FunctionName);
  };`;

/** AWS's clients that functions find. */
const load = createRequire(new URL("../../packages/aws-sdk/package.json", import.meta.url));
const { KinesisClient, ListStreamsCommand } = load("@aws-sdk/client-kinesis");

const SIGNED = {
  authorization:
    "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=0",
};
const INVOKE = "/2015-03-31/functions/talk/invocations";

/** Makes a key and a certificate that it signs itself, for this machine's loopback. */
function makeCertificate(directory: string, name: string): { cert: string; key: string } {
  const [cert, key] = [join(directory, `${name}.crt`), join(directory, `${name}.key`)];
  const made = spawnSync("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
    ...[
      "-days",
      "2",
      "-subj",
      `/CN=${name}`,
      "-addext",
      "subjectAltName=IP:127.0.0.1,DNS:localhost",
    ],
    ...["-out", cert, "-keyout", key],
  ]);
  assert.equal(made.status, 0, String(made.stderr));
  return { cert, key };
}

const has = (program: string): boolean => spawnSync(program, ["--version"]).error === undefined;
const skip = !has("openssl") && "needs openssl, which makes the certificate";

/** One request over a session, and its answer. */
async function ask(
  session: ClientHttp2Session,
  headers: Readonly<Record<string, string>>,
  body: string | Uint8Array,
) {
  const stream = session.request(
    { ":method": "POST", ...headers },
    { endStream: body.length === 0 },
  );
  if (body.length > 0) stream.end(body);
  const [head] = (await once(stream, "response")) as [IncomingHttpHeaders];
  return { status: head[":status"], headers: head, body: await text(stream) };
}

describe("a platform with a certificate", { skip }, () => {
  let directory: string;
  let files: { cert: string; key: string };
  let ca: Buffer;
  let platform: TestPlatform;
  let lambda: LambdaClient;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "yunque-tls-"));
    files = makeCertificate(directory, "one");
    ca = await readFile(files.cert);
    platform = await startPlatform({ flags: ["--tls-cert", files.cert, "--tls-key", files.key] });
    lambda = new LambdaClient({
      ...clientSettings(platform.origin),
      requestHandler: { httpsAgent: new Agent({ ca, keepAlive: true }) },
    });
    await deploy(lambda, "talk", { "index.js": HANDLER }, { Timeout: 30 });
  });
  after(async () => {
    lambda?.destroy();
    await platform?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  const invoke = async (event: object): Promise<unknown> => {
    const Payload = Buffer.from(JSON.stringify(event));
    const answer = await lambda.send(new InvokeCommand({ FunctionName: "talk", Payload }));
    assert.equal(answer.FunctionError, undefined);
    return JSON.parse(answer.Payload?.transformToString() ?? "");
  };

  test("is reached by https, and says so", async () => {
    assert.match(platform.origin, /^https:\/\/127\.0\.0\.1:\d+$/);
    assert.deepEqual(await invoke({ say: "hi" }), { said: "hi" });
  });

  test("is reached by its functions, who need not trust it", async () => {
    assert.deepEqual(await invoke({ list: true }), ["talk"]);
  });

  test("speaks HTTP/2 to who offers it", async () => {
    const session = connect(platform.origin, { ca });
    const answers = await Promise.all(
      ["a", "b", "c"].map((say) =>
        ask(session, { ":path": INVOKE, ...SIGNED }, JSON.stringify({ say })),
      ),
    );
    assert.equal(session.alpnProtocol, "h2");
    assert.deepEqual(
      answers.map(({ status, body }) => [status, JSON.parse(body)]),
      ["a", "b", "c"].map((said) => [200, { said }]),
    );
    const unknown = { ":path": INVOKE.replace("talk", "nobody"), ...SIGNED };
    const refused = await ask(session, { ...unknown, "content-length": "2" }, "{}");
    assert.equal(refused.status, 404);
    assert.equal(refused.headers["x-amzn-errortype"], "ResourceNotFoundException");
    session.close();
  });

  test("streams over HTTP/1.1, too", async () => {
    const command = new InvokeWithResponseStreamCommand({
      FunctionName: "talk",
      Payload: Buffer.from('{"say":"streamed"}'),
    });
    const { EventStream = [] } = await lambda.send(command);
    let all = "";
    for await (const { PayloadChunk } of EventStream)
      all += Buffer.from(PayloadChunk?.Payload ?? []).toString();
    assert.deepEqual(JSON.parse(all), { said: "streamed" });
  });

  test("has function URLs of https", async () => {
    const { FunctionUrl = "" } = await lambda.send(
      new CreateFunctionUrlConfigCommand({ FunctionName: "talk", AuthType: "NONE" }),
    );
    await lambda.send(
      new AddPermissionCommand({
        FunctionName: "talk",
        StatementId: "all",
        Action: "lambda:InvokeFunctionUrl",
        Principal: "*",
        FunctionUrlAuthType: "NONE",
      }),
    );
    const url = new URL(FunctionUrl);
    assert.equal(url.protocol, "https:");
    const path = `/_url/${url.hostname.split(".")[0]}/here`;
    const request = get(`${platform.origin}${path}`, { ca });
    const [response] = (await once(request, "response")) as [IncomingMessage];
    assert.deepEqual(JSON.parse(await text(response)), { said: "/here", secure: "https" });
    const session = connect(platform.origin, { ca });
    const expected = JSON.stringify({ said: "/here", secure: "https" });
    const { status, body } = await ask(session, { ":path": path }, "{}");
    assert.deepEqual([status, body], [200, expected]);
    const InvokeMode = "RESPONSE_STREAM";
    await lambda.send(new UpdateFunctionUrlConfigCommand({ FunctionName: "talk", InvokeMode }));
    const streamed = await ask(session, { ":path": path }, "{}");
    assert.deepEqual([streamed.status, streamed.body], [200, expected]);
    session.close();
  });

  test("is trusted by the commands that have its configuration", async () => {
    const { cert, key } = files;
    const { port } = new URL(platform.origin);
    const env = { YUNQUE_PORT: port, YUNQUE_TLS_CERT: cert, YUNQUE_TLS_KEY: key };
    const { code, out, err } = await runYunque(["functions", "list"], { cwd: directory, env });
    assert.deepEqual([code, err], [0, ""]);
    assert.match(out, /talk/);
    const logs = await runYunque(["functions", "logs", "talk"], { cwd: directory, env });
    assert.deepEqual([logs.code, logs.err], [0, ""]);
    assert.match(logs.out, /REPORT/);
  });

  test("serves curl with HTTP/2", { skip: !has("curl") && "needs curl" }, () => {
    const { authorization } = SIGNED;
    const { stdout, stderr } = spawnSync(
      "curl",
      [
        ...["--silent", "--show-error", "--http2", "--cacert", files.cert],
        ...["--header", `authorization: ${authorization}`, "--data", '{"say":"curl"}'],
        ...["--write-out", "\n%{http_version}", `${platform.origin}${INVOKE}`],
      ],
      { encoding: "utf8" },
    );
    assert.deepEqual([stderr, stdout.split("\n")], ["", ['{"said":"curl"}', "2"]]);
  });

  test("stops with sessions of HTTP/2 that stay open", async () => {
    const other = await startPlatform({
      flags: ["--tls-cert", files.cert, "--tls-key", files.key],
    });
    const session = connect(other.origin, { ca });
    const { status } = await ask(
      session,
      { ":path": "/2015-03-31/functions", ":method": "GET", ...SIGNED },
      "",
    );
    assert.equal(status, 200);
    const closed = once(session, "close");
    assert.equal(await other.stop(), 0);
    await closed;
  });

  test("does not start with what is no certificate", async () => {
    const broken = join(directory, "broken.crt");
    await writeFile(broken, "nonsense");
    const start = (cert: string, key: string) =>
      startPlatform({ flags: ["--tls-cert", cert, "--tls-key", key] });
    await assert.rejects(start(broken, files.key), /the certificate cannot be used/);
    await assert.rejects(
      start(files.cert, makeCertificate(directory, "two").key),
      /cannot be used/,
    );
    await assert.rejects(startPlatform({ flags: ["--tls-cert", files.cert] }), /go together/);
  });
});

describe("a platform without a certificate", () => {
  let platform: TestPlatform;
  before(async () => {
    platform = await startPlatform();
  });
  after(() => platform.stop());

  test("speaks HTTP/2 to who begins with it, as AWS's client of Kinesis does", async () => {
    const kinesis = new KinesisClient({ ...clientSettings(platform.origin), maxAttempts: 1 });
    assert.deepEqual((await kinesis.send(new ListStreamsCommand({}))).StreamNames, []);
    kinesis.destroy();
  });

  test("takes and gives objects over HTTP/2", async () => {
    const session = connect(platform.origin);
    const authorization = SIGNED.authorization.replace("/lambda/", "/s3/");
    const send = (method: string, path: string, body = Buffer.alloc(0)) => {
      const length = String(body.length);
      const head = { ":method": method, ":path": path, authorization, "content-length": length };
      return ask(session, head, body);
    };
    const large = Buffer.alloc(3_000_000, "yunque");
    assert.equal((await send("PUT", "/bucket")).status, 200);
    assert.equal((await send("PUT", "/bucket/large", large)).status, 200);
    const { status, body } = await send("GET", "/bucket/large");
    assert.deepEqual([status, body.length], [200, large.length]);
    assert.ok(large.equals(Buffer.from(body)));
    session.close();
  });

  test("serves HTTP/2 and HTTP/1.1 alike", async () => {
    const session = connect(platform.origin);
    const answer = await ask(session, { ":path": INVOKE, ...SIGNED }, "{}");
    session.close();
    const plain = await fetch(platform.origin + INVOKE, {
      method: "POST",
      headers: SIGNED,
      body: "{}",
    });
    assert.deepEqual([answer.status, answer.body], [plain.status, await plain.text()]);
  });
});
