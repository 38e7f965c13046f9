/** What ports/logs.ts says of groups, messages and options, for every engine. */
import type { LogLine, LogPosition, LogRecord, LogSelection } from "../ports/logs.ts";

const MAX_GROUP = 1024;
const MAX_MESSAGE = 1_048_576;
const MAX_LIMIT = 10_000;
const DEFAULT_LIMIT = 1000;

/** The stream of the lines that the platform itself adds. */
const PLATFORM_STREAM = "platform";

/** @throws RangeError */
export function checkGroup(group: string): void {
  if (group.length > MAX_GROUP) throw new RangeError(`a log group's name of ${group.length}`);
}

/** @throws RangeError */
export function checkLimit(limit: number = DEFAULT_LIMIT): number {
  if (!Number.isInteger(limit) || limit < 0 || limit > MAX_LIMIT)
    throw new RangeError(`limit ${limit} is not between 0 and ${MAX_LIMIT}`);
  return limit;
}

let lastId = 0;

/** Grows, also where the clock does not; the number before one that it gives is free. */
export function nextId(now: number): number {
  lastId = Math.max(lastId + 2, now * 1000);
  return lastId;
}

/** A line as it is kept. */
export function logRecord(stream: string, line: LogLine, now: number): LogRecord {
  const { timestamp, requestId } = line;
  const cut = line.message.length > MAX_MESSAGE ? line.message.slice(0, MAX_MESSAGE) : line.message;
  const [id, message] = [nextId(now), cut.toWellFormed()];
  if (requestId === undefined) return { id, timestamp, stream, message };
  return { id, timestamp, stream, message, requestId };
}

/** What stands where lines were dropped: before a record, or at the end. */
export function droppedRecord(count: number, before: { timestamp: number; id: number }): LogRecord {
  const { timestamp, id } = before;
  const message = `${count} log lines were dropped here`;
  return { id: id - 1, timestamp, stream: PLATFORM_STREAM, message };
}

/** Whether a record is among those that are selected. */
export function isSelected(record: LogRecord, selection: LogSelection): boolean {
  const { from = -Infinity, to = Infinity, streams, streamPrefix, after, before } = selection;
  const { timestamp, stream } = record;
  return (
    timestamp >= from &&
    timestamp <= to &&
    (streams === undefined || streams.includes(stream)) &&
    (streamPrefix === undefined || stream.startsWith(streamPrefix)) &&
    (after === undefined || compare(record, after) > 0) &&
    (before === undefined || compare(record, before) < 0)
  );
}

/** Records that are selected, in order, as many as are asked for. */
export function inOrder(records: LogRecord[], { newest, limit }: LogSelection): LogRecord[] {
  const sorted = records.sort(compare);
  return newest ? sorted.slice(Math.max(0, sorted.length - limit)) : sorted.slice(0, limit);
}

const compare = (a: LogPosition, b: LogPosition): number =>
  a.timestamp - b.timestamp || a.id - b.id;
