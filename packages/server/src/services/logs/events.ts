/** Events of log streams: put, read back, found. */
import { logGroupKey } from "../../domain/log-group.ts";
import type { Scope } from "../../domain/scope.ts";
import type { LogPosition, LogRecord } from "../../ports/logs.ts";
import type { LogsDependencies } from "./context.ts";
import { invalid } from "./errors.ts";
import type { Groups } from "./groups.ts";
import { compiled } from "./patterns.ts";
import { invalidToken, openToken, sealToken } from "./store.ts";
import type { Streams } from "./streams.ts";

/** CloudWatch Logs: PutLogEvents. */
const MAX_BATCH = 1_048_576;
const EVENT_OVERHEAD = 26;
const MAX_SPAN_MS = 24 * 3600 * 1000;
const MAX_AGE_MS = 14 * 24 * 3600 * 1000;
const MAX_AHEAD_MS = 2 * 3600 * 1000;
/** Of events and of characters that an answer has at most. */
const MAX_EVENTS = 10_000;
const MAX_ANSWER = 1_048_576;
/** Lines that one call looks at, in steps; then it answers what it found, with a token. */
const STEP = 10_000;
const STEPS = 10;

/** An event as it was kept. */
export type FoundEvent = LogRecord;

export interface InputEvent {
  readonly timestamp: number;
  readonly message: string;
}
/** Indexes of events that were not taken in. */
export interface Rejected {
  readonly tooNewStart?: number;
  readonly tooOldEnd?: number;
  readonly expiredEnd?: number;
}

export interface Range {
  /** Included. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

export class Events {
  readonly #context: LogsDependencies;
  readonly #groups: Groups;
  readonly #streams: Streams;

  constructor(context: LogsDependencies, groups: Groups, streams: Streams) {
    this.#context = context;
    this.#groups = groups;
    this.#streams = streams;
  }

  /** Resolves once the events are kept; answers which were not. */
  async put(
    scope: Scope,
    group: string,
    stream: string,
    events: readonly InputEvent[],
  ): Promise<Rejected> {
    const { logs, clock } = this.#context;
    await this.#streams.get(scope, group, stream);
    checkBatch(events);
    const now = clock.now();
    const oldest = this.#groups.oldest(await this.#groups.get(scope, group));
    const before = (time: number) => {
      const index = events.findIndex(({ timestamp }) => timestamp >= time);
      return index < 0 ? events.length : index;
    };
    const tooOldEnd = before(now - MAX_AGE_MS);
    const expiredEnd = before(oldest);
    const tooNewStart = before(now + MAX_AHEAD_MS + 1);
    const taken = events.slice(Math.max(tooOldEnd, expiredEnd), tooNewStart);
    if (taken.length > 0) {
      const key = logGroupKey(scope, group);
      logs.append(key, stream, taken);
      await logs.sync(key);
    }
    return {
      ...(tooOldEnd > 0 ? { tooOldEnd } : {}),
      ...(expiredEnd > tooOldEnd ? { expiredEnd } : {}),
      ...(tooNewStart < events.length ? { tooNewStart } : {}),
    };
  }

  /** A page of a stream, and the tokens of the pages behind and before it. */
  async get(
    scope: Scope,
    group: string,
    stream: string,
    options: Range & {
      readonly token?: string | undefined;
      readonly limit?: number | undefined;
      readonly fromHead?: boolean | undefined;
    },
  ): Promise<{ events: LogRecord[]; forward: string; backward: string }> {
    const { token, limit = MAX_EVENTS, fromHead = false } = options;
    const place = token === undefined ? undefined : parseToken(token);
    await this.#streams.get(scope, group, stream);
    const newest = place ? place.way === "b" : !fromHead;
    const found = await this.#select(scope, group, {
      ...options,
      streams: [stream],
      newest,
      limit: Math.min(limit, MAX_EVENTS),
      ...(place?.way === "f" ? { after: place } : {}),
      ...(place?.way === "b" ? { before: place } : {}),
    });
    const events = fitting(found, newest);
    const first = events[0] ?? emptyBefore(place);
    const last = events.at(-1) ?? emptyAfter(place);
    return { events, forward: tokenOf("f", last), backward: tokenOf("b", first) };
  }

  /** Events of a group that match a pattern, in order of time. */
  async filter(
    scope: Scope,
    group: string,
    options: Range & {
      readonly streams?: readonly string[] | undefined;
      readonly streamPrefix?: string | undefined;
      readonly pattern?: string | undefined;
      readonly token?: string | undefined;
      readonly limit?: number | undefined;
    },
  ): Promise<{ events: LogRecord[]; token?: string }> {
    const { streams, streamPrefix, pattern = "", limit = MAX_EVENTS } = options;
    if (streams && streamPrefix !== undefined)
      throw invalid("logStreamNames and logStreamNamePrefix are mutually exclusive parameters.");
    const listing = `filter ${logGroupKey(scope, group)}`;
    let after = positionOf(openToken(listing, options.token));
    const { matches } = compiled(pattern);
    await this.#groups.get(scope, group);
    const events: LogRecord[] = [];
    let size = 0;
    for (let step = 0; step < STEPS; step++) {
      const found = await this.#select(scope, group, {
        ...options,
        ...(after ? { after } : {}),
        limit: STEP,
      });
      for (const record of found) {
        if (matches(record.message)) {
          size += record.message.length + EVENT_OVERHEAD;
          if (events.length >= limit || (size > MAX_ANSWER && events.length > 0))
            return { events, token: sealToken(listing, textOf(after)) };
          events.push(record);
        }
        after = record;
      }
      if (found.length < STEP) return { events };
    }
    return { events, token: sealToken(listing, textOf(after)) };
  }

  /** Lines as they are kept, without those of deleted streams and those that are too old. */
  async #select(
    scope: Scope,
    group: string,
    selection: Range & {
      readonly streams?: readonly string[] | undefined;
      readonly streamPrefix?: string | undefined;
      readonly after?: LogPosition;
      readonly before?: LogPosition;
      readonly newest?: boolean;
      readonly limit: number;
    },
  ): Promise<LogRecord[]> {
    const { from = -Infinity, to = Infinity, streams, streamPrefix, after, before } = selection;
    const oldest = this.#groups.oldest(await this.#groups.get(scope, group));
    const deletions = await this.#streams.deletions(scope, group);
    const found = await this.#context.logs.select(logGroupKey(scope, group), {
      from: Math.max(from, oldest),
      to,
      limit: selection.limit,
      ...(streams ? { streams } : {}),
      ...(streamPrefix === undefined ? {} : { streamPrefix }),
      ...(after ? { after } : {}),
      ...(before ? { before } : {}),
      ...(selection.newest ? { newest: true } : {}),
    });
    if (deletions.size === 0) return found;
    return found.filter(({ stream, id }) => id >= (deletions.get(stream) ?? 0) * 1000);
  }
}

function checkBatch(events: readonly InputEvent[]): void {
  const size = events.reduce(
    (sum, { message }) => sum + Buffer.byteLength(message) + EVENT_OVERHEAD,
    0,
  );
  if (size > MAX_BATCH)
    throw invalid(`Upload too large: ${size} bytes exceeds limit of ${MAX_BATCH}`);
  for (const [index, { timestamp }] of events.entries())
    if (timestamp < (events[index - 1]?.timestamp ?? 0))
      throw invalid("Log events in a single PutLogEvents request must be in chronological order.");
  const span = (events.at(-1)?.timestamp ?? 0) - (events[0]?.timestamp ?? 0);
  if (span > MAX_SPAN_MS)
    throw invalid(
      "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.",
    );
}

/** As many as an answer may hold, from the end where the newest are asked for. */
function fitting(found: LogRecord[], newest: boolean): LogRecord[] {
  let size = 0;
  const order = newest ? found.toReversed() : found;
  const beyond = order.findIndex(({ message }, index) => {
    size += message.length + EVENT_OVERHEAD;
    return size > MAX_ANSWER && index > 0;
  });
  if (beyond < 0) return found;
  return newest ? found.slice(found.length - beyond) : found.slice(0, beyond);
}

/** 56 digits, as AWS's: they sort as the events do. */
export const eventId = ({ timestamp, id }: LogPosition): string =>
  `${digits(timestamp, 14)}${digits(id, 17)}${"0".repeat(25)}`.replace(/^0/, "3");
const digits = (value: number, length: number) => String(Math.max(0, value)).padStart(length, "0");

const tokenOf = (way: "f" | "b", place: LogPosition): string => `${way}/${eventId(place)}`;

function parseToken(token: string): (LogPosition & { readonly way: "f" | "b" }) | undefined {
  const [, way, timestamp, id] = /^([fb])\/3(\d{13})(\d{17})0{25}$/.exec(token) ?? [];
  if (way !== "f" && way !== "b") throw invalidToken();
  return { way, timestamp: Number(timestamp), id: Number(id) };
}

type Place = ReturnType<typeof parseToken>;
/** The token of an empty page says the place where it is, whichever way it was reached. */
const emptyAfter = (place: Place): LogPosition =>
  place?.way === "b" ? { timestamp: place.timestamp, id: place.id - 1 } : (place ?? START);
const emptyBefore = (place: Place): LogPosition =>
  place?.way === "f" ? { timestamp: place.timestamp, id: place.id + 1 } : (place ?? START);
const START: LogPosition = { timestamp: 0, id: 0 };

const textOf = (place: LogPosition | undefined): string =>
  place ? `${place.timestamp}/${place.id}` : "";
function positionOf(text: string): LogPosition | undefined {
  if (text === "") return undefined;
  const [timestamp = 0, id = 0] = text.split("/").map(Number);
  return { timestamp, id };
}
