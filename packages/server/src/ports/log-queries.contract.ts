import assert from "node:assert/strict";
import { describe } from "node:test";
import type { LogQueries, LogQuery } from "./log-queries.ts";
import type { Logs } from "./logs.ts";
import { type Case, casesOf, type Subject, withCode } from "./port.contract.ts";

type Subjects = Logs & LogQueries;

const STREAM = "2026/11/22/[7]0123456789abcdef0123456789abcdef";
const all = (sql: string, more: Partial<LogQuery> = {}): LogQuery => ({
  groups: ["g"],
  from: -Infinity,
  to: Infinity,
  sql,
  ...more,
});

/** Registers what every engine's queries over logs must do. `seal` seals a group's lines, where the engine does. */
export function logQueriesContract(
  subject: Subject<Subjects>,
  seal: (logs: Subjects, group: string) => Promise<void> = async () => undefined,
): void {
  const test: Case<Subjects> = casesOf(subject);
  describe(`queries over logs of the ${subject.engine} engine`, () => {
    test("every line is a row, sealed or not, with what is known of it", async (logs) => {
      logs.append("g", STREAM, [
        { timestamp: 10, message: '{"level":"warn","n":1}', requestId: "r" },
        { timestamp: 20, message: "2026-11-22T12:00:00.000Z\tr-1\tINFO\thello" },
      ]);
      await seal(logs, "g");
      logs.append("g", "other", [{ timestamp: 30, message: "it's \u0000\u2028 {" }]);
      logs.append("h'; --", "s", [{ timestamp: 15, message: "h" }]);
      const { columns, rows, scanned } = await logs.query(
        all(
          `SELECT "timestamp", log_group, stream, message, request_id, version, instance, level, fields,
            abs(ingestion_time - $1) < 600000 AS fresh FROM logs ORDER BY "timestamp"`,
          { groups: ["g", "h'; --", "none"], params: [Date.now()] },
        ),
      );
      assert.equal(columns[1], "log_group");
      const instance = "0123456789abcdef0123456789abcdef";
      const text = "2026-11-22T12:00:00.000Z\tr-1\tINFO\thello";
      const json = '{"level":"warn","n":1}';
      assert.deepEqual(rows, [
        [10, "g", STREAM, json, "r", "7", instance, "WARN", json, true],
        [15, "h'; --", "s", "h", null, null, null, null, null, true],
        [20, "g", STREAM, text, null, "7", instance, "INFO", null, true],
        [30, "g", "other", "it's \u0000\u2028 {", null, null, null, null, null, true],
      ]);
      assert.equal(scanned.records, 4);
      assert.ok(scanned.bytes > 0);
    });

    test("times, parameters and the number of rows are heeded", async (logs) => {
      const lines = Array.from({ length: 3000 }, (_, n) => ({ timestamp: n, message: `m ${n}` }));
      logs.append("g", "s", lines);
      await seal(logs, "g");
      const some = await logs.query(
        all(`SELECT message FROM logs WHERE message = $1 OR "timestamp" = $2`, {
          from: 10,
          to: 20,
          params: ["m 11", 21],
        }),
      );
      assert.deepEqual(some.rows, [["m 11"]]);
      assert.equal(some.scanned.records, 11);
      const first = await logs.query(
        all('SELECT "timestamp" FROM logs ORDER BY id', { maxRows: 2500 }),
      );
      assert.deepEqual([first.rows.length, first.rows[2499]?.[0]], [2500, 2499]);
      const sums = await logs.query(all('SELECT sum("timestamp"), [1, 2], avg(1) FROM logs'));
      assert.deepEqual(sums.rows, [[4_498_500, "[1,2]", 1]]);
    });

    test("selections are the same of sealed lines", async (logs) => {
      const lines = Array.from({ length: 50 }, (_, n) => ({ timestamp: n % 7, message: `m${n}` }));
      logs.append("g", "even", lines);
      logs.append("g", "odd", lines);
      const ask = async () =>
        Promise.all([
          logs.read("g", { limit: 30 }),
          logs.select("g", { limit: 20 }),
          logs.select("g", { limit: 20, newest: true, streams: ["odd"], from: 2, to: 5 }),
          logs.select("g", { limit: 20, streamPrefix: "ev" }),
        ]);
      const before = await ask();
      await seal(logs, "g");
      assert.deepEqual(await ask(), before);
    });

    test("what is no query is rejected, and nothing outside can be read", async (logs) => {
      logs.append("g", "s", [{ timestamp: 1, message: "m" }]);
      await assert.rejects(logs.query(all("SELEC")), withCode("LogQueryRejected"));
      await assert.rejects(
        logs.query(all("SELECT nothing FROM logs")),
        withCode("LogQueryRejected"),
      );
      await assert.rejects(logs.query(all("SELECT * FROM read_text('/etc/hostname')")));
      await assert.rejects(logs.query(all("SET enable_external_access = true")));
    });

    test("a question that nobody waits for any more is given up", async (logs) => {
      logs.append("g", "s", [{ timestamp: 1, message: "m" }]);
      const abort = new AbortController();
      const endless = logs.query(
        all("SELECT count(*) FROM range(10000000000) a, range(10000000000) b", {
          signal: abort.signal,
        }),
      );
      setImmediate(() => abort.abort(new Error("enough")));
      await assert.rejects(endless, /enough/);
      assert.deepEqual((await logs.query(all("SELECT message FROM logs"))).rows, [["m"]]);
    });
  });
}
