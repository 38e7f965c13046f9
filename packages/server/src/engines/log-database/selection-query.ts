import type { LogQuery, LogRows, LogValue } from "../../ports/log-queries.ts";
import type { LogRecord, LogSelection } from "../../ports/logs.ts";

const COLUMNS = `id, "timestamp", stream, message, request_id`;

/** The newest lines of a group by arrival, the newest first. */
export const newestQuery = (group: string, since: number, limit: number): LogQuery => ({
  groups: [group],
  from: Math.max(since, Number.MIN_SAFE_INTEGER),
  to: Number.MAX_SAFE_INTEGER,
  sql: `SELECT ${COLUMNS} FROM logs ORDER BY id DESC LIMIT $1::BIGINT`,
  params: [limit],
  maxRows: limit,
});

/** What `Logs.select` asks, as a question to the database. */
export function selectionQuery(group: string, selection: LogSelection): LogQuery {
  const { from, to, streams, streamPrefix, after, before, newest, limit } = selection;
  const params: LogValue[] = [];
  const bound = (value: LogValue, type = "VARCHAR") => {
    params.push(value);
    return `$${params.length}::${type}`;
  };
  const where = ["true"];
  if (streams) where.push(`stream IN (${streams.map((stream) => bound(stream)).join(", ")})`);
  if (streamPrefix !== undefined) where.push(`starts_with(stream, ${bound(streamPrefix)})`);
  for (const [place, sign] of [
    [after, ">"],
    [before, "<"],
  ] as const)
    if (place)
      where.push(
        `("timestamp", id) ${sign} (${bound(place.timestamp, "BIGINT")}, ${bound(place.id, "BIGINT")})`,
      );
  const order = newest ? `"timestamp" DESC, id DESC` : `"timestamp", id`;
  return {
    groups: [group],
    from: Math.max(from ?? -Infinity, after?.timestamp ?? -Infinity, Number.MIN_SAFE_INTEGER),
    to: Math.min(to ?? Infinity, before?.timestamp ?? Infinity, Number.MAX_SAFE_INTEGER),
    sql: `SELECT ${COLUMNS} FROM logs WHERE ${where.join(" AND ")}
      ORDER BY ${order} LIMIT ${bound(limit, "BIGINT")}`,
    params,
    maxRows: limit,
  };
}

export const recordsOf = ({ rows }: Pick<LogRows, "rows">): LogRecord[] =>
  rows.map(([id, timestamp, stream, message, requestId]) => ({
    id: Number(id),
    timestamp: Number(timestamp),
    stream: String(stream),
    message: String(message),
    ...(typeof requestId === "string" ? { requestId } : {}),
  }));
