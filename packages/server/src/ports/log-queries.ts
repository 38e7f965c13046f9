import { type ErrorEntry, YunqueError } from "../domain/errors.ts";

/**
 * Questions to the lines of log groups, in SQL (DuckDB's dialect). They see every line that was appended before the
 * call, also those that are not sealed yet.
 *
 * A query reads one relation, `logs`, with a row for each line of the groups between the two times:
 *
 * | column | type | |
 * |---|---|---|
 * | `id` | BIGINT | unique, grows with arrival: microseconds since the epoch, about |
 * | `timestamp` | BIGINT | the line's own time, milliseconds since the epoch |
 * | `ingestion_time` | BIGINT | when it arrived, milliseconds since the epoch |
 * | `log_group` | VARCHAR | the group's key, as it was asked for |
 * | `stream` | VARCHAR | |
 * | `message` | VARCHAR | |
 * | `request_id` | VARCHAR or NULL | lines of invocations |
 * | `version` | VARCHAR or NULL | of the function; NULL for lines of other sources |
 * | `instance` | VARCHAR or NULL | of the function: 32 hexadecimal digits |
 * | `level` | VARCHAR or NULL | in capitals: what a line of a function in JSON, or in the runtimes' text format, says |
 * | `fields` | JSON or NULL | the message where it is a JSON object |
 *
 * Only the columns that a query names are read. Rows have no order unless the query gives them one.
 */
export interface LogQueries {
  /**
   * @throws YunqueError LogQueryRejected where the database does not take the query, LogQueryFailed where it had to be
   *   given up (too large for the memory it may have, its process ended), StorageClosed; the signal's reason once it
   *   aborts.
   */
  query(query: LogQuery): Promise<LogRows>;
}

export interface LogQuery {
  /** Keys of groups, as `ports/logs.ts` has them: at most 10,000. Groups without lines are empty. */
  readonly groups: readonly string[];
  /** Milliseconds since the epoch, both included. */
  readonly from: number;
  readonly to: number;
  /** One SELECT (or WITH ... SELECT) that reads `logs`, with `$1`, `$2`, ... for what is bound. Never a stranger's text. */
  readonly sql: string;
  /** Bound, in order: texts, doubles (whole numbers too: cast where it matters), truths or nothing. */
  readonly params?: readonly LogValue[];
  /** At most so many rows are answered; default 10,000. */
  readonly maxRows?: number;
  readonly signal?: AbortSignal;
}

/** Whole numbers come back as numbers: exact to 2^53. Lists, structs and JSON come back as JSON text. */
export type LogValue = string | number | boolean | null;

export interface LogRows {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly LogValue[])[];
  /** What the groups hold of the time, whether or not the query needed it. */
  readonly scanned: { readonly records: number; readonly bytes: number };
}

export type LogQueryCode = keyof typeof LOG_QUERY_ERRORS;

export const LOG_QUERY_ERRORS = {
  LogQueryRejected: {
    fault: "system",
    retryable: false,
    meaning:
      "The database of logs does not take a query that Yunque made: a defect of Yunque's own.",
  },
  LogQueryFailed: {
    fault: "system",
    retryable: true,
    meaning:
      "A query over logs had to be given up: it needed more memory than it may have, or its process ended. Ask for less time or fewer groups.",
  },
} as const satisfies Record<string, ErrorEntry>;

/** An error of the table. */
export const logQueryError = (code: LogQueryCode, message: string) =>
  new YunqueError(code, message);
