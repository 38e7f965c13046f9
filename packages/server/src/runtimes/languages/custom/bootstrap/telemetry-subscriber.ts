/** One subscriber: gathers its events, and posts them to it in batches, in order. */
import type { Category, TelemetryEvent } from "./telemetry.ts";
import type { Subscription } from "./telemetry-subscription.ts";

/** Batches that wait behind the one that is being posted: what is more is dropped, and told. */
const WAITING_BATCHES = 4;
const ATTEMPTS = 3;
const PAUSE_MS = 50;
/** How long an extension may take to answer a post. */
const POST_MS = 5_000;

interface Batch {
  readonly items: string[];
  bytes: number;
}

/** Bounded: a slow or dead extension costs no more than a few batches of memory. */
export class Subscriber {
  readonly #subscription: Subscription;
  #batch: Batch = { items: [], bytes: 0 };
  #queue: Batch[] = [];
  #posting: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #dropped = { records: 0, bytes: 0, reason: "" };
  #closed = false;

  constructor(subscription: Subscription) {
    this.#subscription = subscription;
  }

  add(category: Category, event: TelemetryEvent): void {
    const { types, schemaVersion, maxItems, maxBytes, timeoutMs } = this.#subscription;
    if (this.#closed || !types.includes(category)) return;
    const item = JSON.stringify(inSchema(event, schemaVersion));
    const bytes = Buffer.byteLength(item);
    if (this.#batch.bytes + bytes > maxBytes) this.#cut();
    this.#batch.items.push(item);
    this.#batch.bytes += bytes;
    if (this.#batch.items.length >= maxItems) this.#cut();
    else this.#timer ??= setTimeout(() => this.#cut(), timeoutMs);
  }

  async flush(): Promise<void> {
    this.#cut();
    while (this.#posting) await this.#posting;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#queue = [];
  }

  #cut(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const batch = this.#batch;
    if (batch.items.length === 0) return;
    this.#batch = { items: [], bytes: 0 };
    if (this.#queue.length >= WAITING_BATCHES) {
      this.#drop(
        batch,
        "Some logs were dropped because the downstream consumer is slower than the logs production rate",
      );
      return;
    }
    this.#queue.push(batch);
    this.#posting ??= this.#postAll().finally(() => {
      this.#posting = undefined;
    });
  }

  async #postAll(): Promise<void> {
    for (let batch = this.#queue.shift(); batch; batch = this.#queue.shift()) {
      const items = [...this.#takeDropped(), ...batch.items];
      const error = await this.#deliver(`[${items.join(",")}]`);
      if (error) this.#drop(batch, `could not send events: ${error}`);
    }
  }

  /** What went wrong, where it did. */
  async #deliver(body: string): Promise<string | undefined> {
    let error: string | undefined;
    for (let attempt = 1; attempt <= ATTEMPTS && !this.#closed; attempt++) {
      error = await post(this.#subscription, body);
      if (!error) return undefined;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * attempt));
    }
    return error;
  }

  #drop({ items, bytes }: Batch, reason: string): void {
    this.#dropped.records += items.length;
    this.#dropped.bytes += bytes;
    this.#dropped.reason = reason;
  }

  #takeDropped(): string[] {
    const { records, bytes, reason } = this.#dropped;
    if (records === 0 || !this.#subscription.types.includes("platform")) return [];
    this.#dropped = { records: 0, bytes: 0, reason: "" };
    const record = { droppedRecords: records, droppedBytes: bytes, reason };
    const time = new Date().toISOString();
    return [JSON.stringify({ time, type: "platform.logsDropped", record })];
  }
}

function post({ port, path }: Subscription, body: string): Promise<string | undefined> {
  const { request } = process.getBuiltinModule("node:http");
  return new Promise((resolve) => {
    const sent = request(
      {
        host: "127.0.0.1",
        port,
        path,
        method: "POST",
        agent: false,
        timeout: POST_MS,
        headers: {
          Host: `sandbox.localdomain:${port}`,
          "Content-Type": "application/json",
          "Content-Length": Buffer.byteLength(body),
        },
      },
      (response) => {
        response.resume();
        const { statusCode = 0 } = response;
        resolve(statusCode >= 200 && statusCode < 300 ? undefined : `status ${statusCode}`);
      },
    );
    sent.on("timeout", () => sent.destroy(new Error("no answer in time")));
    sent.on("error", ({ message }) => resolve(message));
    sent.end(body);
  });
}

/** The first version of the schema had lines as text only, and did not name the function at its init. */
function inSchema(event: TelemetryEvent, version: string): TelemetryEvent {
  if (version !== "2022-07-01") return event;
  const { record, type } = event;
  if (type === "platform.initStart") {
    const { functionName: _, functionVersion: __, ...rest } = record as Record<string, unknown>;
    return { ...event, record: rest };
  }
  const isLine = type === "function" || type === "extension";
  return isLine && typeof record !== "string"
    ? { ...event, record: JSON.stringify(record) }
    : event;
}
