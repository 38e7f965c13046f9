import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { seeded } from "../../../../../tests/random.ts";
import type { InvocationReport } from "../../domain/invocation.ts";
import { createMemoryEngine } from "../../engines/memory/engine.ts";
import type { MeterSubject } from "../../ports/metering.ts";
import { ManualClock } from "../functions/fixture.ts";
import { createMetrics } from "../metrics/index.ts";
import { AWS_PRICES, createMetering, ownPrices, type ProvisionedReading } from "./index.ts";

const SCOPE = { account: "111111111111", region: "us-east-1" } as const;
const HOUR = 3_600_000;

const subject = (functionName: string, more: Partial<MeterSubject> = {}): MeterSubject => ({
  ...SCOPE,
  functionName,
  version: "$LATEST",
  qualifier: undefined,
  memoryMB: 1024,
  storageMB: 512,
  architecture: "x86_64",
  reserved: false,
  tags: [],
  ...more,
});
const report = (durationMs: number, more: Partial<InvocationReport> = {}): InvocationReport => ({
  durationMs,
  billedMs: Math.ceil(durationMs),
  maxMemoryMB: 50,
  queuedMs: 0,
  ...more,
});

function open(provisioned: readonly ProvisionedReading[] = [], engine = createMemoryEngine()) {
  const clock = new ManualClock();
  const onDefect = (error: unknown) => assert.fail(String(error));
  const { records, queues } = engine;
  const targets = { deliver: async () => {}, exists: async () => true };
  const metrics = createMetrics({ records, queues, clock, targets, home: SCOPE, onDefect });
  const metering = createMetering({
    records,
    clock,
    prices: AWS_PRICES,
    provisioned: () => provisioned,
    onUse: () => metrics.expect(),
  });
  metrics.source(() => metering.read());
  const sum = async (name: string, dimensions: Record<string, string>, stat = "Sum") => {
    const { results } = await metrics.data(SCOPE, {
      from: clock.now() - HOUR,
      to: clock.now() + HOUR,
      ascending: true,
      queries: [
        {
          id: "a",
          returned: true,
          stat: {
            metric: {
              namespace: "AWS/Lambda",
              name,
              dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
            },
            period: 60,
            stat,
          },
        },
      ],
    });
    return results[0]?.points.reduce((all, [, value]) => all + value, 0);
  };
  return { clock, metrics, metering, engine, sum };
}

describe("metering", () => {
  it("the sum of what is metered is the sum of what was reported, over restarts", async () => {
    const engine = createMemoryEngine();
    const random = seeded(11);
    let requests = 0;
    let billedMs = 0;
    let gbMs = 0;
    for (let life = 0; life < 3; life++) {
      const { clock, metrics, metering } = open([], engine);
      for (let minute = 0; minute < 5; minute++) {
        for (let at = 0; at < 200; at++) {
          const memoryMB = random() < 0.5 ? 128 : 1024;
          const meter = metering.meters.meter(
            subject(`f${Math.floor(random() * 3)}`, { memoryMB }),
          );
          meter.begun(10);
          if (random() < 0.1) {
            meter.refused(true);
            continue;
          }
          const one = report(random() * 1000);
          meter.ended(one, random() < 0.2, 20);
          requests += 1;
          billedMs += one.billedMs;
          gbMs += (one.billedMs * memoryMB) / 1024;
        }
        clock.advance(60_000);
        await metrics.flush();
      }
      await metrics.close(0);
    }
    const { clock, metering } = open([], engine);
    const all = { from: clock.now() - HOUR, to: clock.now() + HOUR, by: "function" } as const;
    const { total, parts } = await metering.cost(SCOPE, all);
    assert.equal(total.requests, requests);
    assert.ok(Math.abs(total.gbSeconds - gbMs / 1000) < 1e-6);
    assert.equal(parts.length, 3);
    const price = requests * 0.2e-6 + (gbMs / 1000) * 0.0000166667;
    assert.ok(Math.abs(total.cost.requests + total.cost.duration - price) < 1e-12);
    assert.ok(billedMs > 0);
  });

  it("tells Lambda's metrics by function, alias, version and of all", async () => {
    const { metering, sum } = open();
    const alias = metering.meters.meter(subject("f", { version: "3", qualifier: "live" }));
    const plain = metering.meters.meter(subject("f"));
    for (const meter of [alias, alias, plain]) meter.begun(0);
    alias.ended(report(100), true, 0);
    alias.ended(report(300), false, 0);
    plain.ended(report(200), false, 0);
    metering.meters.meter(subject("g")).begun(0);
    metering.meters.meter(subject("g")).refused(true);

    const f = { FunctionName: "f" };
    const live = { ...f, Resource: "f:live" };
    assert.equal(await sum("Invocations", f), 3);
    assert.equal(await sum("Invocations", live), 2);
    assert.equal(await sum("Invocations", { ...live, ExecutedVersion: "3" }), 2);
    assert.equal(await sum("Invocations", {}), 3);
    assert.equal(await sum("Errors", f), 1);
    assert.equal(await sum("Duration", f, "Maximum"), 300);
    assert.ok(Math.abs(((await sum("Duration", live, "p50")) ?? 0) - 200) < 5);
    assert.equal(await sum("Throttles", { FunctionName: "g" }), 1);
    assert.equal(await sum("Invocations", { FunctionName: "g" }), 0);
    assert.equal(await sum("ConcurrentExecutions", f, "Maximum"), 3);
  });

  it("goes on with what is under way when it is read", async () => {
    const { metering, metrics, sum, clock } = open();
    const meter = metering.meters.meter(subject("f"));
    meter.begun(0);
    await metrics.flush();
    clock.advance(60_000);
    await metrics.flush();
    meter.ended(report(60_000), false, 0);
    assert.equal(await sum("Invocations", { FunctionName: "f" }), 1);
    assert.equal(await sum("ConcurrentExecutions", { FunctionName: "f" }, "Maximum"), 2);
  });

  it("says what idle provisioned concurrency wastes, and what a container would have cost", async () => {
    const kept: ProvisionedReading = {
      scope: SCOPE,
      functionName: "f",
      version: "1",
      qualifier: "live",
      architecture: "x86_64",
      memoryMB: 2048,
      available: 4,
      inUse: 1,
      ms: 60_000,
      at: new ManualClock().now(),
    };
    const { metering, metrics, clock } = open([kept]);
    const tags = [["team", "shop"]] as const;
    const meter = metering.meters.meter(
      subject("f", { version: "1", qualifier: "live", memoryMB: 2048, tags }),
    );
    meter.begun(0);
    meter.ended(report(60_000), false, 1e9);
    await metrics.flush();
    const request = { from: clock.now(), to: clock.now() + HOUR, by: "tag:team" } as const;
    const { parts, total } = await metering.cost(SCOPE, request);
    assert.deepEqual(
      parts.map(({ name }) => name),
      ["shop"],
    );
    const close = (actual: number, expected: number) =>
      assert.ok(Math.abs(actual - expected) < 1e-9, `${actual}, not ${expected}`);
    close(total.cost.provisioned, 4 * 2 * 60 * 0.0000041667);
    close(total.idleProvisioned, 3 * 2 * 60 * 0.0000041667);
    close(total.cost.duration, 2 * 60 * 0.0000097222);
    close(total.cost.transfer, 0.09);
    close(total.utilisation, 0.25);
    close(total.container, 2 * 0.004445 + (2 / (1769 / 1024)) * 0.04048);
    close(total.containerUtilisation, 120 / (2 * 3600));
  });

  it("own machines cost by the memory that is used of them", () => {
    const book = ownPrices({ currency: "EUR", monthly: 73, gigabytes: 10 });
    assert.equal(book.containerGbHour, 0.01);
    assert.equal(book.gbSecond.arm64, 0.01 / 3600);
  });
});
