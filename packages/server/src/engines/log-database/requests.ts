import {
  type DuckDBConnection,
  DuckDBInstance,
  type DuckDBValue,
  listValue,
} from "@duckdb/node-api";
import type { LogValue } from "../../ports/log-queries.ts";
import type { RowsAnswer, RowsRequest, SealAnswer, SealRequest } from "./protocol.ts";
import { linesOf, logsView } from "./view.ts";

export interface DatabaseOptions {
  readonly directory: string;
  readonly memoryMB: number;
  readonly threads: number;
}

/** What the platform may ask. */
export interface Database {
  rows(request: RowsRequest, signal: AbortSignal): Promise<RowsAnswer>;
  seal(request: SealRequest): Promise<SealAnswer>;
}

/** An empty database in memory, which may use the files of one directory and nothing else. */
export async function openDatabase({
  directory,
  memoryMB,
  threads,
}: DatabaseOptions): Promise<Database> {
  const instance = await DuckDBInstance.create(":memory:", {
    threads: String(threads),
    memory_limit: `${memoryMB}MB`,
    temp_directory: `${directory}/.spill`,
    max_temp_directory_size: "2GB",
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
  });
  const connection = await instance.connect();
  // A path of the operator's, the only text that is not bound: settings cannot be.
  await connection.run(`SET allowed_directories = ['${directory.replaceAll("'", "''")}/']`);
  await connection.run("SET enable_external_access = false");
  await connection.run("SET lock_configuration = true");
  connection.closeSync();
  return {
    rows: (request, signal) => withConnection(instance, (own) => rows(own, request, signal)),
    seal: (request) => withConnection(instance, (own) => seal(own, directory, request)),
  };
}

async function withConnection<T>(
  instance: DuckDBInstance,
  work: (connection: DuckDBConnection) => Promise<T>,
): Promise<T> {
  const connection = await instance.connect();
  try {
    return await work(connection);
  } finally {
    connection.closeSync();
  }
}

async function rows(
  connection: DuckDBConnection,
  { files, from, to, sql, params, maxRows, count }: RowsRequest,
  signal: AbortSignal,
): Promise<RowsAnswer> {
  const stop = () => connection.interrupt();
  signal.addEventListener("abort", stop, { once: true });
  try {
    await set(connection, "from_time", BigInt(Math.ceil(from)));
    await set(connection, "to_time", BigInt(Math.floor(to)));
    if (files.sealed.length > 0) await set(connection, "sealed", listValue([...files.sealed]));
    if (files.open.length > 0) {
      await set(connection, "open_files", listValue(files.open.map(({ file }) => file)));
      await set(connection, "open_groups", listValue(files.open.map(({ group }) => group)));
    }
    await connection.run(
      logsView({ sealed: files.sealed.length > 0, open: files.open.length > 0 }),
    );
    const prepared = await connection.prepare(sql);
    if (params.length > 0) prepared.bind([...params]);
    const reader = await prepared.streamAndReadUntil(Math.max(maxRows, 1));
    const found = await reader.getRows();
    const records = count ? await counted(connection) : 0;
    return {
      columns: reader.columnNames(),
      rows: found.slice(0, maxRows).map((row) => row.map(plain)),
      records,
    };
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

async function counted(connection: DuckDBConnection): Promise<number> {
  const reader = await connection.runAndReadAll("SELECT count(*) FROM logs");
  return Number(reader.getRows()[0]?.[0] ?? 0);
}

async function seal(
  connection: DuckDBConnection,
  directory: string,
  { group, from, to }: SealRequest,
): Promise<SealAnswer> {
  if (!GENERATED.test(to)) throw new Error(`${to} is no name of a segment`);
  await set(connection, "log_group", group);
  await set(connection, "source", `${directory}/${from}`);
  await connection.run(
    `COPY (SELECT id, "timestamp", getvariable('log_group') AS log_group, stream, message, request_id
       FROM (${linesOf("getvariable('source')")}) ORDER BY "timestamp", id)
     TO '${to}' (FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2)`,
  );
  await set(connection, "sealed", listValue([to]));
  const reader = await connection.runAndReadAll(
    `SELECT count(*), min("timestamp"), max("timestamp") FROM read_parquet(getvariable('sealed'))`,
  );
  const [lines, first, last] = reader.getRows()[0] ?? [];
  return { lines: Number(lines ?? 0), first: Number(first ?? 0), last: Number(last ?? 0) };
}

/** The platform's own names: nothing in them needs quoting. */
const GENERATED = /^[A-Za-z0-9_.-]+$/;

async function set(connection: DuckDBConnection, name: string, value: DuckDBValue): Promise<void> {
  const prepared = await connection.prepare(`SET VARIABLE ${name} = $1`);
  prepared.bind([value]);
  await prepared.run();
}

/** A value as the port has it. */
function plain(value: DuckDBValue): LogValue {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number" || typeof value === "bigint") return Number(value);
  if ("toDouble" in value && typeof value.toDouble === "function") return value.toDouble();
  if ("items" in value || "entries" in value) return JSON.stringify(nested(value));
  return value.toString();
}

function nested(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (typeof value !== "object" || value === null) return value;
  if ("items" in value && Array.isArray(value.items)) return value.items.map(nested);
  const entries = "entries" in value ? value.entries : value;
  if (Array.isArray(entries))
    return Object.fromEntries(entries.map(({ key, value }) => [String(key), nested(value)]));
  return Object.fromEntries(
    Object.entries(entries as object).map(([key, of]) => [key, nested(of)]),
  );
}
