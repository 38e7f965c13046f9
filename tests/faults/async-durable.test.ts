/** What a 202 is worth: it comes after the sync of the disk, and not at all where the disk is full. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { InvokeCommand, LambdaClient, ListFunctionsCommand } from "@aws-sdk/client-lambda";
import { deploy } from "../deploy.ts";
import { clientSettings, startPlatform } from "../platform.ts";
import { cannotMount, smallDisk } from "./small-disk.ts";

const TOKEN = "a-token-of-this-test";
const EVENTS = 20;

test("every 202 is written after a sync that began after its request was read", {
  skip: cannotTrace(),
  timeout: 120_000,
}, async (context) => {
  const directory = await mkdtemp(join(tmpdir(), "yunque-trace-"));
  const platform = await startPlatform({ env: { YUNQUE_ADMIN_TOKEN: TOKEN } });
  const lambda = new LambdaClient({ ...clientSettings(platform.origin), maxAttempts: 1 });
  context.after(async () => {
    lambda.destroy();
    await platform.stop();
    await rm(directory, { recursive: true });
  });
  await deploy(lambda, "f", { "index.js": "exports.handler = async () => {};" });
  const event = new InvokeCommand({ FunctionName: "f", InvocationType: "Event", Payload: "{}" });
  await lambda.send(event);
  const file = join(directory, "trace");
  const calls = "trace=read,write,writev,recvfrom,sendto,fsync,fdatasync";
  const words = ["-f", "-q", "-s", "64", "-e", calls, "-o", file, "-p", String(platform.pid)];
  const strace = spawn("strace", words, { stdio: "ignore" });
  await traced(file, lambda);
  for (let n = 1; n <= EVENTS; n++) {
    await over(platform.origin, n); // so that no sync is for the end of the one before
    await lambda.send(event);
  }
  strace.kill("SIGINT");
  await once(strace, "exit");
  const acknowledged = order(await readFile(file, "latin1"));
  assert.ok(acknowledged.length >= EVENTS, `${acknowledged.length} answers were seen`);
  assert.deepEqual(new Set(acknowledged), new Set(["read sync begun, sync done, 202"]));
});

/** What happened between reading each request and writing its 202. Requests come one after the other. */
function order(trace: string): string[] {
  const answers: string[] = [];
  let seen: string | undefined;
  const syncing = new Set<string>();
  for (const line of trace.split("\n")) {
    const [, thread = "", call = ""] = /^(\d+) +(.*)$/.exec(line) ?? [];
    if (call.includes("POST /2015-03-31/functions/f/invocations")) {
      seen = "read";
      syncing.clear();
    } else if (seen === undefined) continue;
    else if (/^f(data)?sync\(.*<unfinished/.test(call)) syncing.add(thread);
    else if (/^f(data)?sync\(.*= 0$/.test(call)) seen = "read sync begun, sync done";
    else if (/f(data)?sync resumed.*= 0$/.test(call) && syncing.has(thread))
      seen = "read sync begun, sync done";
    else if (call.includes("HTTP/1.1 202")) {
      answers.push(`${seen}, 202`);
      seen = undefined;
    }
  }
  return answers;
}

/** Resolves once the tracer sees what the platform does. */
async function traced(file: string, lambda: LambdaClient): Promise<void> {
  for (;;) {
    await lambda.send(new ListFunctionsCommand({}));
    const trace = await readFile(file, "latin1").catch(() => "");
    if (trace.includes("HTTP/1.1 200")) return;
  }
}

test("a full disk refuses events in clear words, loses none, and takes them again once there is room", {
  skip: cannotMount(),
  timeout: 180_000,
}, async (context) => {
  const { directory: dataDir, fill, free, beforeUnmount } = smallDisk(context, 48);
  const open = async () => {
    const platform = await startPlatform({ dataDir, env: { YUNQUE_ADMIN_TOKEN: TOKEN } });
    beforeUnmount(() => platform.kill());
    const lambda = new LambdaClient({ ...clientSettings(platform.origin), maxAttempts: 1 });
    beforeUnmount(async () => lambda.destroy());
    return { platform, lambda };
  };
  const { platform, lambda } = await open();
  await deploy(lambda, "f", { "index.js": "exports.handler = async () => {};" }, { Timeout: 60 });
  let accepted = 0;
  const Payload = JSON.stringify("x".repeat(100_000));
  const event = new InvokeCommand({ FunctionName: "f", InvocationType: "Event", Payload });
  const send = () => lambda.send(event).then(() => (accepted += 1));
  for (let n = 0; n < 20; n++) await send();

  fill(0);
  const outcomes = await Promise.allSettled(Array.from({ length: 200 }, send));
  const refusals = outcomes.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
  assert.ok(refusals.length > 0, "the disk was not full");
  for (const error of refusals) {
    assert.equal(error.name, "ServiceException");
    assert.match(error.message, /no room left on its disk/);
    assert.equal(error.$metadata.httpStatusCode, 500);
  }
  await lambda.send(new ListFunctionsCommand({}));

  free();
  for (let n = 0; n < 20; n++) await send();
  await over(platform.origin, accepted);
  await platform.kill();
  const next = await open();
  accepted = 0;
  await next.lambda.send(event);
  await over(next.platform.origin, 1);
});

/** Waits until so many events have succeeded, and checks that no more did. */
async function over(origin: string, events: number): Promise<void> {
  const headers = { authorization: `Bearer ${TOKEN}` };
  for (;;) {
    const text = await (await fetch(`${origin}/_yunque/metrics`, { headers })).text();
    const found = /^yunque_async_events_succeeded_total\{.*\} (\d+)$/m.exec(text)?.[1] ?? 0;
    assert.ok(Number(found) <= events, `${found} events ran, and ${events} were accepted`);
    if (Number(found) === events) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Why the platform's system calls cannot be watched here; false where they can. */
function cannotTrace(): string | false {
  if (process.platform !== "linux") return "needs strace (Linux)";
  const { status } = spawnSync("strace", ["-f", "-e", "trace=fsync", "true"], { stdio: "ignore" });
  return status === 0 ? false : "needs strace, and leave to use it: apt-get install strace";
}
