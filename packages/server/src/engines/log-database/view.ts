/**
 * The relation `logs` over files: SQL without a stranger's text in it. Names of files, groups and the two times are
 * variables of the connection, whose values are bound.
 */

/** A line of a file of JSON lines is at most so long: 1,048,576 characters, each of them escaped. */
const LONGEST_LINE = 8 << 20;

/** The lines of files of JSON lines; what a crash tore has no time. `names` is SQL. */
export const linesOf = (names: string): string => `
  SELECT coalesce(id, "timestamp" * 1000) AS id, "timestamp", stream, message, "requestId" AS request_id, filename
  FROM read_json(${names}, format = 'newline_delimited', ignore_errors = true, filename = true,
    maximum_object_size = ${LONGEST_LINE},
    columns = {id: 'BIGINT', "timestamp": 'BIGINT', stream: 'VARCHAR', message: 'VARCHAR', "requestId": 'VARCHAR'})
  WHERE "timestamp" IS NOT NULL AND message IS NOT NULL`;

const COLUMNS = `id, "timestamp", log_group, stream, message, request_id`;

const SEALED = `SELECT ${COLUMNS} FROM read_parquet(getvariable('sealed'))`;

const OPEN = `
  SELECT id, "timestamp",
    getvariable('open_groups')[list_position(getvariable('open_files'), filename)] AS log_group,
    stream, message, request_id
  FROM (${linesOf("getvariable('open_files')")})`;

const NOTHING = `
  SELECT 0::BIGINT AS id, 0::BIGINT AS "timestamp", '' AS log_group, '' AS stream, '' AS message, '' AS request_id
  WHERE false`;

/** `2026/11/22/[$LATEST]0123456789abcdef0123456789abcdef`: how streams of functions are called. */
const STREAM = String.raw`'^\d{4}/\d{2}/\d{2}/\[([^\]]+)\]([0-9a-f]{32})$'`;

/** `2026-11-22T12:00:00.000Z\t<request>\tINFO\t...`, and `[INFO]\t...` of Python. */
const TEXT_LEVEL = String.raw`'^(?:[^\t]{20,40}\t[^\t]{1,40}\t|\[)(TRACE|DEBUG|INFO|WARN|WARNING|ERROR|FATAL|CRITICAL)(?:\t|\]\t)'`;

export function logsView({ sealed, open }: { sealed: boolean; open: boolean }): string {
  const parts = [...(sealed ? [SEALED] : []), ...(open ? [OPEN] : [])];
  const lines = parts.length > 0 ? parts.join(" UNION ALL ") : NOTHING;
  return `CREATE OR REPLACE TEMP VIEW logs AS
    SELECT id, "timestamp", id // 1000 AS ingestion_time, log_group, stream, message, request_id,
      nullif(regexp_extract(stream, ${STREAM}, 1), '') AS version,
      nullif(regexp_extract(stream, ${STREAM}, 2), '') AS instance,
      coalesce(
        nullif(regexp_extract(message, ${TEXT_LEVEL}, 1), ''),
        CASE WHEN starts_with(message, '{') AND json_valid(message)
          THEN upper(json_extract_string(message, '$.level')) END
      ) AS level,
      CASE WHEN starts_with(ltrim(message), '{') AND json_valid(message) THEN message::JSON END AS fields
    FROM (${lines})
    WHERE "timestamp" BETWEEN getvariable('from_time') AND getvariable('to_time')`;
}
