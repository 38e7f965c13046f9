/** Power cuts in the middle of asynchronous load: every acknowledged event runs, and none twice without a reason. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { deploy } from "../deploy.ts";
import { clientSettings, startPlatform } from "../platform.ts";
import { seeded } from "../random.ts";

/** 200 for the figure that the project claims. */
const ROUNDS = Number(process.env["FAULT_ROUNDS"] ?? 10);
const TOKEN = "a-token-of-this-test";
const CALLERS = 16;
/** Tells the watcher that an event begins and ends, with the life of the platform that runs it. */
const HANDLER = `
const http = require("node:http");
const agent = new http.Agent({ keepAlive: true });
const tell = (what) =>
  new Promise((resolve, reject) => {
    http.get(process.env.WATCHER + what, { agent }, (answer) => answer.resume().once("end", resolve)).once("error", reject);
  });
exports.handler = async ({ id, life, ms }) => {
  await tell("/begun/" + id);
  await new Promise((resolve) => setTimeout(resolve, ms));
  await tell("/ended/" + id);
};`;

test(`${ROUNDS} rounds of kill -9 under asynchronous load lose no acknowledged event`, {
  timeout: 60_000 + ROUNDS * 20_000,
}, async (context) => {
  const dataDir = await mkdtemp(join(tmpdir(), "yunque-events-"));
  const watcher = await watch();
  context.after(async () => {
    watcher.close();
    await rm(dataDir, { recursive: true, force: true });
  });
  const start = async () => {
    const platform = await startPlatform({ dataDir, env: { YUNQUE_ADMIN_TOKEN: TOKEN } });
    context.after(() => platform.kill());
    return platform;
  };
  const random = seeded(2026);
  const acknowledged = new Set<string>();
  const sent = new Set<string>();
  for (let round = 0; round < ROUNDS; round++) {
    const platform = await start();
    watcher.life = round;
    const lambda = new LambdaClient({ ...clientSettings(platform.origin), maxAttempts: 1 });
    if (round === 0)
      await deploy(
        lambda,
        "f",
        { "index.js": HANDLER },
        // A slow machine is no function error, which would be tried again after a minute only.
        { Timeout: 60, Environment: { Variables: { WATCHER: watcher.origin } } },
      );
    const enough = acknowledged.size + 20 + Math.floor(random() * 200);
    let alive = true;
    const callers = Array.from({ length: CALLERS }, async (_, caller) => {
      for (let n = 0; alive; n++) {
        const id = `${round}-${caller}-${n}`;
        sent.add(id);
        const Payload = JSON.stringify({ id, ms: Math.floor(random() * 20) });
        const event = new InvokeCommand({ FunctionName: "f", InvocationType: "Event", Payload });
        await lambda.send(event).then(
          () => acknowledged.add(id),
          () => (alive = false),
        );
      }
    });
    await condition("acknowledgements", () => acknowledged.size >= enough);
    await platform.kill();
    alive = false;
    await Promise.all(callers);
    lambda.destroy();
  }

  const last = await start();
  watcher.life = ROUNDS;
  const open = () => [...acknowledged].filter((id) => !watcher.ended.has(id));
  await condition("ends", () => open().length === 0).catch(async (error) => {
    throw new Error(
      `${open().length} of ${acknowledged.size} events did not end: ${open().slice(0, 10)}\n${last.log()}\n${await metrics(last.origin)}`,
      { cause: error },
    );
  });
  for (const [id, lives] of watcher.begun) {
    assert.ok(sent.has(id), `${id} was never sent`);
    assert.equal(new Set(lives).size, lives.length, `${id} ran twice in one life: ${lives}`);
  }
  await settled(last.origin);
  const runs = [...watcher.begun.values()].reduce((sum, { length }) => sum + length, 0);
  context.diagnostic(
    `${acknowledged.size} events acknowledged, ${watcher.begun.size} of ${sent.size} ran, ${runs - watcher.begun.size} of them again`,
  );

  // What is over is over: one more power cut repeats nothing.
  await last.kill();
  const after = await start();
  watcher.life = ROUNDS + 1;
  const lambda = new LambdaClient(clientSettings(after.origin));
  const Payload = JSON.stringify({ id: "marker", ms: 0 });
  await lambda.send(new InvokeCommand({ FunctionName: "f", InvocationType: "Event", Payload }));
  sent.add("marker");
  await condition("the marker", () => watcher.ended.has("marker"));
  await settled(after.origin);
  const again = [...watcher.begun].filter(([, lives]) => lives.includes(ROUNDS + 1));
  assert.deepEqual(
    again.map(([id]) => id),
    ["marker"],
  );
  lambda.destroy();
  await after.stop();
});

/** Hears from the handlers what they run; it outlives every platform. */
async function watch() {
  const begun = new Map<string, number[]>();
  const ended = new Set<string>();
  const server = createServer((request, response) => {
    const [, what, id = ""] = request.url?.split("/") ?? [];
    if (what === "begun") begun.set(id, [...(begun.get(id) ?? []), watcher.life]);
    else ended.add(id);
    response.end();
  });
  server.keepAliveTimeout = 0;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const watcher = {
    origin: `http://127.0.0.1:${port}`,
    begun,
    ended,
    /** Of the platform, counted. */
    life: 0,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
  return watcher;
}

/** Waits until the platform has no event left that is not over, durably. */
async function settled(origin: string): Promise<void> {
  const sum = (text: string, name: string) =>
    Number(new RegExp(`^yunque_async_${name}\\{.*\\} (\\d+)$`, "m").exec(text)?.[1] ?? 0);
  for (;;) {
    const text = await metrics(origin);
    if (sum(text, "events_succeeded_total") === sum(text, "event_age_count")) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function metrics(origin: string): Promise<string> {
  const headers = { authorization: `Bearer ${TOKEN}` };
  return await (await fetch(`${origin}/_yunque/metrics`, { headers })).text();
}

async function condition(what: string, holds: () => boolean): Promise<void> {
  const until = performance.now() + 120_000;
  while (!holds()) {
    if (performance.now() > until) throw new Error(`no progress: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
