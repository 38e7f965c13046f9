/** Handlers that misbehave: each fails as Lambda says, and the platform and its other functions go on. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { deploy } from "../deploy.ts";
import { clientSettings, startPlatform, type TestPlatform } from "../platform.ts";

interface Wild {
  readonly name: string;
  readonly code: string;
  /** The error type of the answer, or undefined where the call succeeds. */
  readonly errorType?: string | RegExp;
  readonly message?: RegExp;
  readonly timeout?: number;
}

const WILD: readonly Wild[] = [
  {
    name: "loops for ever",
    code: "exports.handler = () => { for (;;); };",
    timeout: 1,
    errorType: "Sandbox.Timedout",
    message: /^RequestId: \S+ Error: Task timed out after 1\.00 seconds$/,
  },
  {
    name: "floods stdout and loops",
    code: "exports.handler = () => { for (;;) console.log('x'.repeat(10000)); };",
    timeout: 1,
    errorType: "Sandbox.Timedout",
  },
  {
    name: "floods stdout and answers",
    code: "exports.handler = async () => { for (let i = 0; i < 50000; i++) console.log('line', i); return 'done'; };",
    timeout: 20,
  },
  {
    name: "writes one endless line",
    code: "const { once } = require('node:events'); exports.handler = async () => { for (let i = 0; i < 2000; i++) if (!process.stdout.write('y'.repeat(65536))) await once(process.stdout, 'drain'); return 1; };",
    timeout: 20,
  },
  {
    name: "exits",
    code: "exports.handler = async () => { process.exit(3); };",
    errorType: "Runtime.ExitError",
    message: /^RequestId: \S+ Error: Runtime exited with error: exit status 3$/,
  },
  {
    name: "kills itself",
    code: "exports.handler = async () => { process.kill(process.pid, 'SIGKILL'); await new Promise(() => setInterval(() => {}, 1000)); };",
    errorType: /^Runtime\.(ExitError|OutOfMemory)$/,
    message: /signal: killed$/,
  },
  {
    name: "exits during init",
    code: "process.exit(7);",
    errorType: "Runtime.ExitError",
    message: /exit status 7$/,
  },
  {
    name: "throws during init",
    code: "throw new RangeError('not today');",
    errorType: "RangeError",
    message: /^not today$/,
  },
  {
    name: "leaves processes behind",
    code: "const { spawn } = require('node:child_process'); exports.handler = async () => { for (let i = 0; i < 20; i++) spawn('sleep', ['1000'], { stdio: 'ignore' }); process.exit(1); };",
    errorType: "Runtime.ExitError",
  },
  {
    name: "writes garbage to every file descriptor",
    code: "const fs = require('node:fs'); exports.handler = async () => { const junk = require('node:crypto').randomBytes(65536); for (let fd = 3; fd < 40; fd++) { try { fs.writeSync(fd, junk); } catch {} } return 1; };",
    timeout: 2,
    errorType: /./,
  },
  {
    name: "closes every file descriptor",
    code: "const fs = require('node:fs'); exports.handler = async () => { for (let fd = 3; fd < 64; fd++) { try { fs.closeSync(fd); } catch {} } return 1; };",
    timeout: 2,
    errorType: /./,
  },
  {
    name: "fills the heap",
    code: "exports.handler = async () => { const all = []; for (;;) all.push(new Array(100000).fill(Math.random())); };",
    timeout: 20,
    errorType: /^Runtime\.(ExitError|OutOfMemory)$/,
  },
  {
    name: "fills memory outside of the heap",
    code: "exports.handler = async () => { const all = []; for (;;) { all.push(Buffer.alloc(8 << 20, 1)); await new Promise(setImmediate); } };",
    timeout: 20,
    errorType: /^Runtime\.(ExitError|OutOfMemory)$/,
    message: /signal: killed$/,
  },
  {
    name: "answers more than 6 MB",
    code: "exports.handler = async () => 'z'.repeat(7 << 20);",
    errorType: "Function.ResponseSizeTooLarge",
  },
  {
    name: "answers what JSON cannot say",
    code: "exports.handler = async () => 10n;",
    errorType: /./,
  },
  {
    name: "never answers",
    code: "exports.handler = () => new Promise(() => setInterval(() => {}, 1000));",
    timeout: 1,
    errorType: "Sandbox.Timedout",
  },
  {
    name: "rejects in the background",
    code: "exports.handler = async () => { Promise.reject(new Error('lost')); await new Promise((r) => setTimeout(r, 50)); return 1; };",
    errorType: "Runtime.UnhandledPromiseRejection",
  },
];

describe("wild handlers", { concurrency: 4 }, () => {
  let platform: TestPlatform;
  let client: LambdaClient;

  before(async () => {
    platform = await startPlatform();
    client = new LambdaClient({ ...clientSettings(platform.origin), maxAttempts: 1 });
    await deploy(client, "tame", { "index.js": "exports.handler = async (event) => event;" });
  });
  after(async () => {
    client.destroy();
    assert.equal(await platform.stop(), 0, platform.log());
  });

  for (const { name, code, errorType, message, timeout = 10 } of WILD)
    test(`a handler that ${name}`, async () => {
      const functionName = name.replaceAll(" ", "-");
      const settings = { Timeout: timeout, MemorySize: 256 };
      await deploy(client, functionName, { "index.js": code }, settings);
      for (let call = 0; call < 2; call++) {
        const answer = await client.send(
          new InvokeCommand({ FunctionName: functionName, Payload: "{}", LogType: "Tail" }),
        );
        const payload = JSON.parse(answer.Payload?.transformToString() ?? "null");
        if (errorType === undefined)
          assert.equal(answer.FunctionError, undefined, JSON.stringify(payload));
        else {
          assert.equal(answer.FunctionError, "Unhandled", JSON.stringify(payload));
          assert.match(payload.errorType, new RegExp(errorType));
        }
        if (message) assert.match(payload.errorMessage, message);
        assert.ok(Buffer.from(answer.LogResult ?? "", "base64").length <= 4096);
      }
      const tame = await client.send(new InvokeCommand({ FunctionName: "tame", Payload: "[1]" }));
      assert.equal(tame.Payload?.transformToString(), "[1]");
    });
});
