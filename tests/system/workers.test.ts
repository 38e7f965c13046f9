/** A platform whose data plane runs in two workers: what one process promises holds over both. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import {
  Agent,
  createServer,
  type IncomingHttpHeaders,
  request,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import {
  CreateFunctionUrlConfigCommand,
  DeleteFunctionCommand,
  InvokeCommand,
  InvokeWithResponseStreamCommand,
  LambdaClient,
  PutFunctionConcurrencyCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionUpdatedV2,
} from "@aws-sdk/client-lambda";
import { homeOf } from "../../packages/server/src/cluster/home.ts";
import { signature } from "../compat/bad-input.ts";
import { deploy, letEverybodyCall } from "../deploy.ts";
import { clientSettings, startPlatform, type TestPlatform } from "../platform.ts";
import { runYunque } from "../yunque.ts";
import { zipOf } from "../zip.ts";

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let platform: TestPlatform;
let lambda: LambdaClient;
let gate: Gate;

before(async () => {
  gate = await openGate();
  platform = await startPlatform({ flags: ["--workers", "2"] });
  lambda = new LambdaClient({ ...clientSettings(platform.origin), maxAttempts: 1 });
});
after(async () => {
  lambda.destroy();
  await platform.stop();
  gate.close();
});

/** Holds the functions that knock until they are let go. */
interface Gate {
  /** A handler that knocks, and answers where it ran. */
  readonly handler: string;
  readonly held: number;
  release(): void;
  close(): void;
}

async function openGate(): Promise<Gate> {
  const held: ServerResponse[] = [];
  const server: Server = createServer((_request, response) => held.push(response));
  await once(server.listen(0, "127.0.0.1"), "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return {
    handler: `exports.handler = async () => {
      await fetch("${url}");
      return process.env.AWS_LAMBDA_LOG_STREAM_NAME;
    };`,
    get held() {
      return held.length;
    },
    release() {
      for (const response of held.splice(0)) response.end();
    },
    close: () => server.close(),
  };
}

/** One request on a connection of its own: the kernel spreads these over the workers. */
function send(
  path: string,
  body: string,
  headers: Record<string, string> = {},
  origin = platform.origin,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const [name = "", value = ""] = signature("lambda").split(": ");
    const options = { method: "POST", agent: new Agent(), headers: { [name]: value, ...headers } };
    request(origin + path, options, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
      );
      response.on("error", reject);
    })
      .on("error", reject)
      .end(body);
  });
}

const invocations = (name: string) => `/2015-03-31/functions/${name}/invocations`;
const invoke = (name: string, body = "{}", origin = platform.origin) =>
  send(invocations(name), body, {}, origin);
const many = <T>(count: number, each: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => each(index)));

/** The process ids of the platform's workers, as the kernel knows them. */
const workersOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8")
    .split(" ")
    .filter(Boolean)
    .map(Number)
    .filter((child) => readFileSync(`/proc/${child}/cmdline`, "utf8").includes("worker.ts"));

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await setTimeout(20);
}

/** Sends so many that knock at the gate, which is opened once every other one has been answered. */
async function heldTogether(
  count: number,
  each: (index: number) => Promise<Answer>,
): Promise<Answer[]> {
  let answered = 0;
  const answers = many(count, (index) => each(index).finally(() => answered++));
  await until(() => gate.held + answered === count);
  gate.release();
  return answers;
}

const update = async (FunctionName: string, code: string): Promise<void> => {
  const ZipFile = await zipOf({ "index.js": code });
  await lambda.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile }));
};

async function health(): Promise<{ readonly workers: readonly { readonly pid: number }[] }> {
  const token = readFileSync(`${platform.dataDir}/admin-token`, "utf8").trim();
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${platform.origin}/_yunque/health`, { headers });
  return (await response.json()) as Awaited<ReturnType<typeof health>>;
}

describe("two workers", () => {
  test("are processes of their own, and health tells of them", async () => {
    assert.equal(workersOf(platform.pid).length, 2);
    const { workers } = await health();
    assert.deepEqual(
      workers.map(({ pid }) => pid).sort(),
      workersOf(platform.pid).sort((a, b) => a - b),
    );
    assert.deepEqual(
      workers.map((worker) => ({ ...worker, pid: 0 })),
      [0, 0].map((pid) => ({ pid, serving: true, restarts: 0 })),
    );
  });

  test("share the instances of a function, whichever of them is asked", async () => {
    await deploy(lambda, "counter", {
      "index.js": "let calls = 0; exports.handler = async () => ++calls;",
    });
    const counted: number[] = [];
    for (let call = 0; call < 20; call++) counted.push(Number((await invoke("counter")).body));
    assert.deepEqual(
      counted,
      counted.map((_, call) => call + 1),
    );
  });

  test("answer what a function answers: large, failing, logged", async () => {
    await deploy(lambda, "echo", {
      "index.js": `exports.handler = async (event) => {
        if (event.fail) throw new TypeError("as asked");
        console.log("seen", event.text.length);
        return event;
      };`,
    });
    const event = JSON.stringify({ text: "x".repeat(2_000_000) });
    await many(8, async () => {
      const { status, headers, body } = await send(invocations("echo"), event, {
        "x-amz-log-type": "Tail",
      });
      assert.deepEqual([status, body === event], [200, true]);
      const tail = Buffer.from(String(headers["x-amz-log-result"]), "base64").toString();
      assert.match(tail, /^START RequestId.*seen 2000000.*\nREPORT /s);
    });
    for (const { headers, body } of await many(4, () => invoke("echo", '{"fail":1}'))) {
      assert.equal(headers["x-amz-function-error"], "Unhandled");
      assert.equal(JSON.parse(body).errorMessage, "as asked");
    }
  });

  test("go by a change from the moment it was answered", async () => {
    await deploy(lambda, "changing", { "index.js": `exports.handler = async () => "0";` });
    for (let round = 1; round <= 5; round++) {
      await update("changing", `exports.handler = async () => "${round}";`);
      const answers = await many(6, () => invoke("changing"));
      assert.deepEqual(
        answers.map(({ body }) => body),
        answers.map(() => `"${round}"`),
      );
      await waitUntilFunctionUpdatedV2(
        { client: lambda, maxWaitTime: 30, minDelay: 0.05, maxDelay: 0.2 },
        { FunctionName: "changing" },
      );
    }
    await lambda.send(new DeleteFunctionCommand({ FunctionName: "changing" }));
    for (const { status } of await many(6, () => invoke("changing"))) assert.equal(status, 404);
  });

  test("keep a function's reserved concurrency together", async () => {
    const FunctionName = "reserved";
    await deploy(lambda, FunctionName, { "index.js": gate.handler }, { Timeout: 60 });
    await lambda.send(
      new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 3 }),
    );
    const answers = await heldTogether(64, () => invoke(FunctionName));
    const served = answers.filter(({ status }) => status === 200);
    assert.equal(served.length, 3);
    assert.equal(new Set(served.map(({ body }) => body)).size, 3);
    const refused = answers.filter(({ status }) => status !== 200);
    assert.deepEqual(
      new Set(refused.map(({ status, body }) => `${status} ${JSON.parse(body).Reason}`)),
      new Set(["429 ReservedFunctionConcurrentInvocationLimitExceeded"]),
    );
  });

  test("stream answers, and are held back by slow readers", async () => {
    await deploy(lambda, "stream", {
      "index.js": `exports.handler = awslambda.streamifyResponse(async (event, stream) => {
        for (let n = 0; n < 300; n++)
          if (!stream.write(Buffer.alloc(16384, 97))) await new Promise((r) => stream.once("drain", r));
        stream.end();
      });`,
    });
    const { EventStream } = await lambda.send(
      new InvokeWithResponseStreamCommand({ FunctionName: "stream" }),
    );
    let bytes = 0;
    for await (const event of EventStream ?? []) bytes += event.PayloadChunk?.Payload?.length ?? 0;
    assert.equal(bytes, 300 * 16_384);
  });

  test("serve function URLs", async () => {
    const FunctionName = "page";
    await deploy(lambda, FunctionName, {
      "index.js": `exports.handler = async (event) =>
        ({ statusCode: 201, body: event.requestContext.http.method + event.requestContext.http.sourceIp });`,
    });
    const { FunctionUrl = "" } = await lambda.send(
      new CreateFunctionUrlConfigCommand({ FunctionName, AuthType: "NONE" }),
    );
    const path = `/_url/${new URL(FunctionUrl).hostname.split(".")[0]}/`;
    for (const { status } of await many(6, () => send(path, ""))) assert.equal(status, 403);
    await letEverybodyCall(lambda, FunctionName);
    for (const { status, body } of await many(6, () => send(path, "")))
      assert.deepEqual([status, body], [201, "POST127.0.0.1"]);
  });

  test("bring every line to the log by the time that it is read", async () => {
    await deploy(lambda, "chatty", {
      "index.js": `exports.handler = async ({ n }) => { for (let i = 0; i < 50; i++) console.log("line", n, i); };`,
    });
    for (let n = 0; n < 5; n++) await invoke("chatty", JSON.stringify({ n }));
    const words = ["functions", "logs", "chatty", "--json"];
    const { out } = await runYunque(words, {
      cwd: platform.dataDir,
      env: { YUNQUE_ENDPOINT: platform.origin },
    });
    assert.equal(out.match(/"message":"[^"]*line \d \d+/g)?.length, 250);
  });

  test("run what is invoked asynchronously", async () => {
    const FunctionName = "later";
    await deploy(lambda, FunctionName, {
      "index.js": `let seen = 0; exports.handler = async (e) => e.count ? ++seen : seen;`,
    });
    const Payload = '{"count":1}';
    await many(10, () =>
      lambda.send(new InvokeCommand({ FunctionName, InvocationType: "Event", Payload })),
    );
    await until(async () => Number((await invoke(FunctionName)).body) > 0);
  });
});

describe("a worker that is killed", () => {
  test("fails what it ran and nothing else, and is back", async () => {
    // Functions of both workers.
    const names = Array.from({ length: 8 }, (_, index) => `under-way-${index}`);
    for (const FunctionName of names) {
      await deploy(lambda, FunctionName, { "index.js": gate.handler }, { Timeout: 60 });
      // One instance each: its log stream tells whether it is still the same.
      await lambda.send(
        new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 1 }),
      );
    }
    const before = await heldTogether(names.length, (index) => invoke(names[index] ?? ""));
    const victim = (await health()).workers[0]?.pid ?? assert.fail();
    const answers = names.map((name) =>
      lambda.send(new InvokeCommand({ FunctionName: name })).then(
        () => "done",
        (error) => String(error.$metadata?.httpStatusCode ?? error.code),
      ),
    );
    await until(() => gate.held === names.length);
    process.kill(victim, "SIGKILL");
    await until(() => workersOf(platform.pid).every((pid) => pid !== victim));
    gate.release();
    const told = await Promise.all(answers);
    const outcomes = ["done", "500", "ECONNRESET"];
    assert.deepEqual(
      told.filter((one) => !outcomes.includes(one)),
      [],
    );
    const after = await heldTogether(names.length, (index) => served(names[index] ?? ""));
    names.forEach((functionName, index) => {
      const home = homeOf({ account: "000000000000", region: "us-east-1", functionName }, 2);
      const same = after[index]?.body === before[index]?.body;
      assert.equal(same, home === 1, `${functionName}, whose home is ${home}`);
    });
    await until(() => workersOf(platform.pid).length === 2);
    await lambda.send(
      new UpdateFunctionConfigurationCommand({ FunctionName: "echo", Description: "again" }),
    );
    for (const name of names) await update(name, `exports.handler = async () => "back";`);
    for (const name of names) assert.equal((await served(name)).body, '"back"');
    assert.match(platform.log(), /a worker ended by itself, and is started again/);
  });

  /** Connections that the killed worker had are reset. */
  async function served(name: string): Promise<Answer> {
    for (;;) {
      const answer = await invoke(name).catch(() => undefined);
      if (answer?.status === 200) return answer;
      await setTimeout(20);
    }
  }
});

test("the account's concurrency is one, and a function alone may use all of it", async () => {
  const flags = ["--workers", "2", "--limits-concurrency", "12"];
  const small = await startPlatform({ flags });
  const client = new LambdaClient({ ...clientSettings(small.origin), maxAttempts: 1 });
  const names = ["slow-a", "slow-b", "slow-c", "slow-d"];
  for (const name of names)
    await deploy(client, name, { "index.js": gate.handler }, { Timeout: 60 });
  const statuses = async (each: (index: number) => string) => {
    const send = (index: number) => invoke(each(index), "{}", small.origin);
    const answers = await heldTogether(40, send);
    return [200, 429].map((one) => answers.filter(({ status }) => status === one).length);
  };
  assert.deepEqual(await statuses((index) => names[index % 4] ?? ""), [12, 28]);
  for (const name of names) assert.deepEqual(await statuses(() => name), [12, 28]);
  client.destroy();
  await small.stop();
});

test("a platform that is killed leaves no worker behind", async () => {
  const doomed = await startPlatform({ flags: ["--workers", "2"] });
  const workers = workersOf(doomed.pid);
  assert.equal(workers.length, 2);
  await doomed.kill();
  await until(() => workers.every((pid) => !existsSync(`/proc/${pid}`)));
  const again = await startPlatform({ flags: ["--workers", "2"], dataDir: doomed.dataDir });
  assert.equal(await again.stop(), 0);
});
