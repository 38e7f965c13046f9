/** Mappings on the memory engine: real queues, streams in memory, and a function that does what a test says. */
import { compilePattern } from "../../domain/event-pattern.ts";
import { createMemoryEngine } from "../../engines/memory/engine.ts";
import { createEventSources } from "../../links/event-sources.ts";
import { queueSource } from "../../links/queues.ts";
import {
  type ReadOptions,
  SourceGone,
  type SourceShard,
  type StreamBatch,
  type StreamPosition,
  type StreamRecord,
  type StreamSource,
} from "../../ports/event-sources.ts";
import type { FunctionAnswer, FunctionCall, FunctionCalls } from "../../ports/function-calls.ts";
import type { TargetMessage, Targets } from "../../ports/targets.ts";
import { ManualClock } from "../functions/fixture.ts";
import { createPollers } from "../pollers/index.ts";
import { createMessageQueues, type MessageQueues, type NewQueueMessage } from "../queues/index.ts";
import { createMappings, type Mappings, type NewMapping } from "./index.ts";

export const SCOPE = { account: "000000000000", region: "us-east-1" };
export const FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:f";
export const STREAM = "arn:aws:kinesis:us-east-1:000000000000:stream/s";
export const queueArn = (name: string): string => `arn:aws:sqs:us-east-1:000000000000:${name}`;

/** An event as a function gets it. */
export interface TestEvent {
  readonly Records: readonly Readonly<Record<string, unknown>>[];
  readonly [beside: string]: unknown;
}

/** What a test's function answers: its response, an answer in whole, or an error that it throws. */
export type Handler = (event: TestEvent, call: FunctionCall) => unknown;

export class TestFunction implements FunctionCalls {
  readonly events: TestEvent[] = [];
  running = 0;
  mostRunning = 0;
  exists = true;
  timeoutSeconds = 3;
  handler: Handler = () => null;
  /** Headers that are one too many. */
  looped: (traceId: string) => boolean = () => false;

  async find(_: unknown, functionName: string) {
    if (!this.exists) return undefined;
    const arn = functionName.startsWith("arn:")
      ? functionName
      : `${FUNCTION.slice(0, -1)}${functionName}`;
    const role = "arn:aws:iam::000000000000:role/r";
    return { arn, name: "f", timeoutSeconds: this.timeoutSeconds, role };
  }

  async follow(_: string, traceId: string) {
    return this.looped(traceId) ? undefined : traceId;
  }

  async call(_: string, call: FunctionCall): Promise<FunctionAnswer> {
    if (!this.exists) return { kind: "gone" };
    const event = JSON.parse(Buffer.from(call.payload).toString()) as TestEvent;
    this.events.push(event);
    this.running += 1;
    this.mostRunning = Math.max(this.mostRunning, this.running);
    try {
      const response = await this.handler(event, call);
      if (typeof response === "object" && response !== null && "kind" in response)
        return response as FunctionAnswer;
      return answered(response);
    } catch {
      return { ...answered({}), functionError: "Unhandled" };
    } finally {
      this.running -= 1;
    }
  }
}

const answered = (response: unknown) => ({
  kind: "answered" as const,
  executedVersion: "$LATEST",
  payload: Buffer.from(JSON.stringify(response) ?? "null"),
});

/** Streams in memory: sequence numbers count from 1. */
export class TestStreams implements StreamSource {
  readonly shardsById = new Map<
    string,
    { parents: string[]; records: StreamRecord[]; closed: boolean }
  >();
  readonly #clock: ManualClock;
  readonly #waiting = new Set<() => void>();
  readonly #watching = new Set<() => void>();
  exists = true;

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  shard(id: string, ...parents: string[]): void {
    this.shardsById.set(id, { parents, records: [], closed: false });
    for (const tell of [...this.#watching]) tell();
  }

  put(shardId: string, key: string, data: string): string {
    return this.add(shardId, key, { kind: "kinesis", data: Buffer.from(data) });
  }

  add(shardId: string, key: string, content: StreamRecord["content"]): string {
    const shard = this.#shard(shardId);
    const sequenceNumber = String(shard.records.length + 1);
    shard.records.push({ sequenceNumber, key, arrivedAt: this.#clock.now(), content });
    this.#wake();
    return sequenceNumber;
  }

  close(shardId: string): void {
    this.#shard(shardId).closed = true;
    this.#wake();
  }

  async describe() {
    return this.exists ? ({ status: "active" } as const) : undefined;
  }

  async shards(): Promise<SourceShard[]> {
    return [...this.shardsById].map(([id, { parents }]) => ({ id, parents }));
  }

  async place(_: string, shardId: string, position: StreamPosition): Promise<string> {
    const { records } = this.#shard(shardId);
    if (position.at === "TRIM_HORIZON") return "0";
    if (position.at === "LATEST") return String(records.length);
    const first = records.findIndex(({ arrivedAt }) => arrivedAt >= position.time);
    return String(first < 0 ? records.length : first);
  }

  async read(_: string, { shardId, after, max, signal }: ReadOptions): Promise<StreamBatch> {
    for (;;) {
      const { records, closed } = this.#shard(shardId);
      const some = records.slice(Number(after), Number(after) + max);
      const ended = closed && Number(after) + some.length === records.length;
      if (some.length > 0 || ended || signal.aborted) return { records: some, ended };
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.#waiting.delete(wake);
          signal.removeEventListener("abort", wake);
          resolve();
        };
        this.#waiting.add(wake);
        signal.addEventListener("abort", wake);
      });
    }
  }

  watchShards(_: string, listener: () => void): () => void {
    this.#watching.add(listener);
    return () => this.#watching.delete(listener);
  }

  #shard(id: string) {
    const shard = this.shardsById.get(id);
    if (shard === undefined) throw new SourceGone(`no shard ${id}`);
    return shard;
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}

export interface TestMappings {
  readonly mappings: Mappings;
  readonly clock: ManualClock;
  readonly queues: MessageQueues;
  readonly streams: TestStreams;
  readonly functions: TestFunction;
  /** What destinations took. */
  readonly told: TargetMessage[];
  readonly defects: unknown[];
  /** Makes a queue. */
  queue(name: string, attributes?: Readonly<Record<string, string>>): Promise<void>;
  send(name: string, ...bodies: string[]): Promise<void>;
  sendOne(name: string, message: NewQueueMessage): Promise<void>;
  /** Creates a mapping, and waits until it polls. Answers its UUID. */
  map(input: Partial<NewMapping> & { sourceArn: string }): Promise<string>;
  /** Lets everything happen that does not wait for the clock. */
  quiet(): Promise<void>;
  /** Moves the clock on, a step at a time. */
  pass(ms: number, step?: number): Promise<void>;
  /** Another service on the same records, after this one has stopped. */
  again(): Promise<Mappings>;
}

export async function quiet(): Promise<void> {
  for (let turn = 0; turn < 60; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

export function testMappings(targets?: Partial<Targets>): TestMappings {
  const engine = createMemoryEngine();
  const clock = new ManualClock();
  const functions = new TestFunction();
  const streams = new TestStreams(clock);
  const defects: unknown[] = [];
  const told: TargetMessage[] = [];
  const onDefect = (error: unknown) => defects.push(error);
  const queues = createMessageQueues({
    records: engine.records,
    queues: engine.queues,
    clock,
    onDefect,
  });
  const sources = createEventSources({
    queues: { sqs: () => queueSource(queues) },
    streams: { kinesis: () => streams, dynamodb: () => streams },
  });
  const open = () =>
    createMappings({
      records: engine.records,
      clock,
      ...sources,
      pollers: createPollers({ clock, ...sources }),
      functions,
      targets: {
        exists: async () => true,
        deliver: async (message) => {
          await targets?.deliver?.(message);
          told.push(message);
        },
      },
      metrics: { count() {}, observe() {} },
      compilePattern,
      onDefect,
      onUndelivered: (_, why) => defects.push(why),
    });
  let mappings = open();
  const test: TestMappings = {
    mappings,
    clock,
    queues,
    streams,
    functions,
    told,
    defects,
    quiet,
    async queue(name, attributes = {}) {
      await queues.create({ ...SCOPE, name }, { attributes, tags: {} });
    },
    async send(name, ...bodies) {
      for (const body of bodies) await test.sendOne(name, { body });
    },
    async sendOne(name, message) {
      const [sent] = await queues.send({ ...SCOPE, name }, [message], { senderId: "test" });
      if (sent instanceof Error) throw sent;
    },
    async map(input) {
      const { mapping } = await mappings.create(SCOPE, {
        functionName: FUNCTION,
        tags: [],
        foreign: [],
        ...input,
      });
      await test.pass(100);
      return mapping.uuid;
    },
    async pass(ms, step = ms) {
      for (let passed = 0; passed < ms; passed += step) {
        clock.advance(step);
        await quiet();
      }
    },
    async again() {
      const closed = mappings.close(1000);
      await quiet();
      clock.advance(1000);
      await closed;
      mappings = open();
      await mappings.start();
      await quiet();
      return mappings;
    },
  };
  return test;
}
