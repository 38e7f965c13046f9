/**
 * Every operation of every service, both ways, between the official SDK and the wire on a real socket: a random valid
 * input must arrive as it was sent, a random output must come back as the door gave it.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { CATALOG } from "../../packages/server/src/aws/api/catalog.ts";
import { loadService, type Operation, type Service } from "../../packages/server/src/aws/model.ts";
import { randomInput, randomOutput } from "./calls.ts";
import { comparable, firstDifference } from "./comparable.ts";
import { SDK_ADDS, SKIPPED } from "./exceptions.ts";
import { Random } from "./random.ts";
import { createClient, type SdkClient, sdkOf } from "./sdk.ts";
import { NoValue } from "./values.ts";
import { doorsOf, startWire, type Wire } from "./wire.ts";

const SEED = 20_261_122;
const services = CATALOG.map(({ service }) => service);

describe("every operation of the official SDK, both ways", () => {
  let wire: Wire;
  const received = new Map<string, unknown>();
  const answers = new Map<string, Record<string, unknown>>();
  const tally = { passed: 0, skipped: 0, all: 0 };

  before(async () => {
    const doors = doorsOf(services, async (service, operation, input) => {
      const key = `${service} ${operation}`;
      received.set(key, await comparable(input));
      return answers.get(key);
    });
    wire = await startWire(doors);
  });

  after(async () => {
    await wire.close();
    assert.ok(tally.skipped < tally.all / 100, "at most one operation of a hundred is left out");
    console.log(`${tally.passed} of ${tally.all} operations both ways, ${tally.skipped} skipped`);
  });

  for (const name of services) {
    test(name, async (context) => {
      const service = loadService(name);
      const client = createClient(name, wire.origin);
      const random = new Random(SEED);
      const failures: string[] = [];
      try {
        for (const operation of service.operations.values()) {
          tally.all++;
          const key = `${name} ${operation.name}`;
          const skip = SKIPPED[key] ?? SKIPPED[name];
          if (skip !== undefined) {
            tally.skipped++;
            await context.test(operation.name, { skip }, () => undefined);
            continue;
          }
          try {
            for (const density of [0, 0.4, 1])
              await roundTrip(service, operation, client, random, density);
            tally.passed++;
          } catch (error) {
            failures.push(`${operation.name}: ${describeError(error)}`);
          }
        }
      } finally {
        client.destroy();
      }
      assert.deepEqual(failures, []);
      assert.deepEqual(wire.defects, []);
    });
  }

  async function roundTrip(
    service: Service,
    operation: Operation,
    client: SdkClient,
    random: Random,
    density: number,
  ): Promise<void> {
    const key = `${service.name} ${operation.name}`;
    const input = randomInput(service, operation, random, density);
    const output = randomOutput(service, operation, random, density);
    const Command = sdkOf(service.name)[`${operation.name}Command`];
    if (Command === undefined) throw new Error("the SDK has no such command");
    received.delete(key);
    answers.set(key, output);
    const { $metadata, ...result } = await client.send(new Command(input));
    const sent = await comparable(input);
    same("input", withoutAdditions(service.name, received.get(key), sent), sent);
    const given = await comparable(output);
    same("output", withoutHttp(operation, await comparable(result), given), given);
  }
});

/** What arrived, without what the SDK adds of its own where the caller left it out. */
function withoutAdditions(service: string, received: unknown, sent: unknown): unknown {
  const given = sent as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries((received ?? {}) as Record<string, unknown>).filter(([name, value]) => {
      if (given[name] !== undefined) return true;
      const isToken = typeof value === "string" && /^[0-9a-f-]{36}$/.test(value);
      return !isToken && !SDK_ADDS[service]?.test(name);
    }),
  );
}

/** What came back, without what HTTP says of every body. */
function withoutHttp({ output }: Operation, result: unknown, given: unknown): unknown {
  const out = { ...(result as Record<string, unknown>) };
  for (const { name, wire } of output?.members ?? [])
    if (
      /^content-(type|length)$/.test(wire) &&
      (given as Record<string, unknown>)[name] === undefined
    )
      delete out[name];
  return out;
}

function same(side: string, actual: unknown, expected: unknown): void {
  const difference = firstDifference(actual, expected);
  if (difference !== undefined) throw new Error(`${side}${difference}`);
}

function describeError(error: unknown): string {
  if (error instanceof NoValue) return `no input: ${error.message}`;
  return error instanceof Error ? `${error.name} ${error.message}` : String(error);
}
