import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EmbeddedLogs } from "../../packages/server/src/engines/embedded/logs.ts";
import type { LogQuery } from "../../packages/server/src/ports/log-queries.ts";
import { type BenchOptions, type Figure, type Measurement, quantile } from "../figure.ts";

const GROUP = "000000000000/us-east-1/bench";
const START = 1_790_000_000_000;
const BATCH = 1_000;
const NEEDLE = String.raw`user-\d*77 .*timed out`;

const REGEX = `SELECT "timestamp", message FROM logs WHERE regexp_matches(message, $1) ORDER BY "timestamp" LIMIT 1000`;
const STATS = `SELECT "timestamp" // 300000 AS bin, count(*), avg(json_extract(message, '$.ms')::DOUBLE)
  FROM logs GROUP BY bin ORDER BY bin`;

/** A million lines: what they take on disk, what questions cost, and how soon a follower hears of one. */
export const figure: Figure = {
  name: "logs",
  describe:
    "1,000,000 lines of 100 bytes; floor: the same questions to DuckDB over one Parquet file",
  async run({ quick, progress }: BenchOptions): Promise<Measurement[]> {
    const directory = mkdtempSync(join(tmpdir(), "yunque-bench-"));
    const logs = new EmbeddedLogs(directory);
    try {
      const count = quick ? 20_000 : 1_000_000;
      progress(`${count} lines`);
      const began = performance.now();
      const raw = await write(logs, count);
      const appended = performance.now() - began;
      await logs.seal(GROUP);
      const onDisk = readdirSync(directory)
        .filter((file) => /\.(ndjson|parquet)$/.test(file))
        .reduce((sum, file) => sum + statSync(join(directory, file)).size, 0);
      progress("questions");
      const bare = await bareDatabase(directory);
      const results: Measurement[] = [
        {
          name: "on disk",
          value: onDisk / raw,
          unit: "of the messages",
          target: "<= 0.2",
          met: onDisk / raw <= 0.2,
        },
        { name: "appended", value: (count / appended) * 1000, unit: "lines/s" },
      ];
      for (const [name, sql, params] of [
        ["filter and regular expression", REGEX, [NEEDLE]],
        ["stats by 5 minutes", STATS, []],
      ] as const) {
        const query: LogQuery = { groups: [GROUP], from: 0, to: START * 2, sql, params };
        const [ours, floor] = await both(
          () => logs.query(query),
          () => bare.ask(sql, params),
          quick ? 2 : 7,
        );
        results.push({
          name,
          value: ours,
          unit: "ms",
          floor,
          floorName: "bare DuckDB",
          target: "<= 1000 ms and <= 1.8 of the floor",
          met: ours <= 1000 && ours <= 1.8 * floor,
        });
      }
      progress("following");
      results.push(await following(logs, quick ? 20 : 200));
      bare.close();
      return results;
    } finally {
      await logs.close();
      rmSync(directory, { recursive: true });
    }
  },
};

async function write(logs: EmbeddedLogs, count: number): Promise<number> {
  let raw = 0;
  for (let n = 0; n < count; n += BATCH) {
    const lines = Array.from({ length: BATCH }, (_, at) => line(n + at));
    for (const { message } of lines) raw += message.length;
    logs.append(GROUP, `2026/11/22/[$LATEST]${String(n % 32).padStart(32, "0")}`, lines);
    await logs.sync(GROUP);
  }
  return raw;
}

function line(n: number) {
  const level = n % 50 === 0 ? "ERROR" : "INFO";
  const what = n % 50 === 0 ? "timed out" : "served";
  const ms = (n * 7919) % 1000;
  const message = JSON.stringify({
    level,
    ms,
    text: `user-${(n * 104_729) % 99_991} asked, ${what}`,
  });
  return { timestamp: START + n * 20, message: `${message.slice(0, -1)},"id":"${hash(n)}"}` };
}

const hash = (n: number): string => Math.imul(n, 2_654_435_761).toString(16).padStart(8, "0");

/** The median of each, taken by turns. */
async function both(
  ours: () => Promise<unknown>,
  floor: () => Promise<unknown>,
  rounds: number,
): Promise<[number, number]> {
  const times: [number[], number[]] = [[], []];
  for (let round = 0; round <= rounds; round++)
    for (const [index, ask] of [ours, floor].entries()) {
      const began = performance.now();
      await ask();
      if (round > 0) times[index]?.push(performance.now() - began);
    }
  return [quantile(times[0], 0.5), quantile(times[1], 0.5)];
}

async function following(logs: EmbeddedLogs, count: number): Promise<Measurement> {
  const latencies: number[] = [];
  for (let n = 0; n < count; n++) {
    const heard = Promise.withResolvers<void>();
    const end = logs.follow(GROUP, () => heard.resolve());
    const began = performance.now();
    logs.append(GROUP, "s", [{ timestamp: START, message: "hello" }]);
    await heard.promise;
    latencies.push(performance.now() - began);
    end();
  }
  const p99 = quantile(latencies, 0.99);
  return { name: "follow p99", value: p99, unit: "ms", target: "<= 200 ms", met: p99 <= 200 };
}

/** DuckDB in this process, over one file that holds all lines. */
async function bareDatabase(directory: string) {
  const require = createRequire(join(import.meta.dirname, "../../packages/server/package.json"));
  const { DuckDBInstance } = require("@duckdb/node-api") as typeof import("@duckdb/node-api");
  const instance = await DuckDBInstance.create(":memory:", { threads: "2", memory_limit: "512MB" });
  const connection = await instance.connect();
  const one = join(directory, "bare.pq");
  writeFileSync(one, "");
  await connection.run(
    `COPY (SELECT * FROM read_parquet('${directory}/*.parquet')) TO '${one}' (FORMAT parquet, COMPRESSION zstd)`,
  );
  await connection.run(`CREATE VIEW logs AS SELECT * FROM read_parquet('${one}')`);
  return {
    async ask(sql: string, params: readonly string[]) {
      return (await connection.runAndReadAll(sql, [...params])).getRows();
    },
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}
