/** What ports/logs.ts says of groups, messages and options, for every engine. */
import type { LogLine, LogRecord } from "../ports/logs.ts";

const MAX_GROUP = 1024;
const MAX_MESSAGE = 262_144;
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

/** A line as it is kept. */
export function logRecord(stream: string, { timestamp, message, requestId }: LogLine): LogRecord {
  const record = { timestamp, stream, message: message.slice(0, MAX_MESSAGE) };
  return requestId === undefined ? record : { ...record, requestId };
}

/** What stands where lines were dropped. */
export function droppedRecord(count: number, timestamp: number): LogRecord {
  return { timestamp, stream: PLATFORM_STREAM, message: `${count} log lines were dropped here` };
}
