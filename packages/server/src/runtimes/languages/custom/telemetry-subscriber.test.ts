/** What a slow or broken subscriber costs, and what it is told of it. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { describe, it } from "node:test";
import { until } from "../../runtimes.fixture.ts";
import { Subscriber } from "./bootstrap/telemetry-subscriber.ts";
import type { Subscription } from "./bootstrap/telemetry-subscription.ts";

interface Told {
  readonly type: string;
  readonly record: Record<string, unknown>;
}

/** A subscriber whose server answers as `answer` does; `batches` are what it was sent. */
async function subscribed(
  answer: (response: ServerResponse, count: number) => void,
  changes: Partial<Subscription> = {},
) {
  const batches: Told[][] = [];
  const server = createServer(async (request: IncomingMessage, response) => {
    batches.push((await json(request)) as Told[]);
    answer(response, batches.length);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const subscriber = new Subscriber({
    ...{ schemaVersion: "2022-12-13", types: ["platform", "function"], path: "/" },
    ...{ port: (server.address() as AddressInfo).port },
    ...{ maxItems: 1_000, maxBytes: 262_144, timeoutMs: 30_000, ...changes },
  });
  const add = (text: string) =>
    subscriber.add("function", { time: "t", type: "function", record: text });
  const close = () => {
    subscriber.close();
    server.closeAllConnections();
    server.close();
  };
  return { subscriber, batches, add, [Symbol.dispose]: close };
}

describe("a telemetry subscriber", () => {
  it("gets a batch when it is full, in order, and the rest when it is flushed", async () => {
    using told = await subscribed((response) => response.end(), { maxItems: 1_000 });
    for (let i = 0; i < 1_500; i++) told.add(String(i));
    await told.subscriber.flush();
    assert.deepEqual(
      told.batches.map(({ length }) => length),
      [1_000, 500],
    );
    assert.equal(told.batches[1]?.[0]?.record as unknown, "1000");
  });

  it("is told again what it did not take", async () => {
    using told = await subscribed((response, count) => {
      response.statusCode = count === 1 ? 503 : 200;
      response.end();
    });
    told.add("once more");
    await told.subscriber.flush();
    assert.equal(told.batches.length, 2);
    assert.deepEqual(told.batches[0], told.batches[1]);
  });

  it("is told how much it lost where it never takes it", async () => {
    using told = await subscribed((response, count) => {
      response.statusCode = count <= 3 ? 500 : 200;
      response.end();
    });
    told.add("lost");
    await told.subscriber.flush();
    told.add("kept");
    await told.subscriber.flush();
    const [dropped, kept] = told.batches[3] ?? [];
    assert.equal(dropped?.type, "platform.logsDropped");
    assert.equal(dropped?.record["droppedRecords"], 1);
    assert.ok(Number(dropped?.record["droppedBytes"]) > 0);
    assert.match(String(dropped?.record["reason"]), /^could not send events: status 500$/);
    assert.equal(kept?.record as unknown, "kept");
  });

  it("costs no more than a few batches where it is slow, and is told what was dropped", async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    using told = await subscribed((response) => void held.then(() => response.end()));
    for (let i = 0; i < 10_000; i++) told.add(String(i));
    await until(() => told.batches.length === 1);
    release();
    await told.subscriber.flush();
    told.add("later");
    await told.subscriber.flush();
    const all = told.batches.flat();
    const dropped = all.filter(({ type }) => type === "platform.logsDropped");
    const lost = dropped.reduce((sum, { record }) => sum + Number(record["droppedRecords"]), 0);
    const lines = all.filter(({ type }) => type === "function").length;
    assert.equal(lines + lost, 10_001);
    assert.ok(lost >= 5_000, `${lost} were dropped`);
    assert.match(String(dropped[0]?.record["reason"]), /^Some logs were dropped because/);
  });
});
