import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { it, type TestContext } from "node:test";
import type { Write } from "../record-rules.ts";
import { GroupCommit } from "./group-commit.ts";
import { openRecordDatabase } from "./record-schema.ts";
import { isFailure } from "./transaction.ts";

const SPACE = "000000000000/us-east-1/things";
const put = (id: string, json: string, expect = -1): Write => ({
  kind: "put",
  space: SPACE,
  id,
  expect,
  json,
});

function opened(context: TestContext): { database: DatabaseSync; group: GroupCommit } {
  const directory = mkdtempSync(join(tmpdir(), "yunque-group-"));
  const path = join(directory, "records.db");
  const database = openRecordDatabase(path);
  context.after(() => {
    database.close();
    rmSync(directory, { recursive: true });
  });
  return { database, group: new GroupCommit(database, path) };
}

const rows = (database: DatabaseSync): unknown[] =>
  database
    .prepare("SELECT id, revision, value FROM record ORDER BY id")
    .all()
    .map((row) => Object.values(row));

it("a conflict names its change and leaves the rest of the group alone", (context) => {
  const { database, group } = opened(context);
  const outcomes = group.run([
    [put("a", "1", 0)],
    [put("b", "1"), put("a", "2", 0)],
    [put("c", "1", 0)],
    [put("a", "3", 1)],
  ]);
  assert.deepEqual(outcomes, [null, { conflict: 1 }, null, null]);
  assert.deepEqual(rows(database), [
    ["a", 3, "3"],
    ["c", 2, "1"],
  ]);
});

it("what SQLite cannot do fails the whole group, and the next one works", (context) => {
  const { database, group } = opened(context);
  group.run([[put("a", "1")]]);
  database.exec(
    "CREATE TRIGGER refuse BEFORE INSERT ON record WHEN NEW.id = 'bad' BEGIN SELECT RAISE(ABORT, 'refused'); END",
  );
  const outcomes = group.run([[put("a", "2")], [put("b", "1"), put("bad", "1")], [put("c", "1")]]);
  for (const outcome of outcomes) {
    assert.ok(isFailure(outcome));
    assert.equal(outcome.failure, "StorageFailed");
    assert.match(outcome.message, /refused/);
  }
  assert.deepEqual(rows(database), [["a", 1, "1"]]);
  assert.deepEqual(group.run([[put("d", "1")]]), [null]);
  assert.deepEqual(rows(database), [
    ["a", 1, "1"],
    ["d", 2, "1"],
  ]);
});

it("a space is there as long as it holds a record, whatever was rolled back", (context) => {
  const { database, group } = opened(context);
  const other = "000000000000/us-east-1/others";
  const spaces = () =>
    database
      .prepare("SELECT name FROM space")
      .all()
      .map(({ name }) => name);
  database.exec(
    "CREATE TRIGGER refuse BEFORE INSERT ON record WHEN NEW.id = 'bad' BEGIN SELECT RAISE(ABORT, 'refused'); END",
  );
  group.run([[{ ...put("a", "1"), space: other }], [put("bad", "1")]]);
  assert.deepEqual(spaces(), []);
  group.run([[put("a", "1"), put("b", "1")], [{ ...put("a", "2"), space: other }]]);
  assert.deepEqual(spaces(), [SPACE, other]);
  const remove = (space: string, id: string): Write => ({ ...put(id, ""), kind: "delete", space });
  group.run([[remove(SPACE, "a"), remove(other, "a"), remove(other, "never")]]);
  assert.deepEqual(spaces(), [SPACE]);
  assert.deepEqual(group.run([[{ ...put("a", "3", 0), space: other }]]), [null]);
  assert.deepEqual(spaces().sort(), [other, SPACE]);
});
