import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Bench, until } from "../../runtimes.fixture.ts";
import { lacksPython, openPythonBench } from "./python.fixture.ts";

const TIME = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;

describe("the log of a Python function", { skip: lacksPython }, () => {
  let bench: Bench;
  before(async () => {
    bench = await openPythonBench();
  });
  after(() => bench[Symbol.asyncDispose]());

  const run = async (source: string, changes = {}) =>
    bench.invoke(await bench.deploy(source, changes));
  /** What the handler wrote, without Lambda's lines. */
  const body = (log: string): string[] =>
    log.split("\n").filter((line) => !/^(START|END|REPORT|$)/.test(line));

  it("has what `logging` writes with level, time and request, from WARNING on", async () => {
    const { log, result } = await run(`
import logging
def handler(e, c):
  logging.info("not shown")
  logging.warning("shown %d", 1)
  logging.getLogger("mine").error("two\\nlines")`);
    const [first, ...rest] = body(log);
    assert.match(first ?? "", new RegExp(`^\\[WARNING\\]\t${TIME}\t${result.requestId}\tshown 1$`));
    assert.match(rest[0] ?? "", new RegExp(`^\\[ERROR\\]\t${TIME}\t${result.requestId}\ttwo$`));
    assert.equal(rest[1], "lines");
    const entry = bench.lines.find(({ message }) => message.endsWith("two\nlines"));
    assert.equal(entry?.requestId, result.requestId);
  });

  it("has no request before the first one", async () => {
    await run("import logging\nlogging.error('at init')\ndef handler(e, c):\n  pass");
    const entry = bench.lines.find(({ message }) => message.endsWith("at init"));
    assert.match(entry?.message ?? "", new RegExp(`^\\[ERROR\\]\t${TIME}\t\tat init$`));
  });

  it("has the stack of an exception in its entry", async () => {
    const { log } = await run(`
import logging
def handler(e, c):
  try:
    1 / 0
  except ZeroDivisionError:
    logging.exception("failed")`);
    assert.match(
      log,
      /\tfailed\nTraceback \(most recent call last\):\n {2}File .*\n.*\n(.*\n)?ZeroDivisionError: division by zero\n/,
    );
  });

  it("has what was printed, line by line, at once", async () => {
    const { log } = await run(`
import os, sys, subprocess
def handler(e, c):
  print("one\\ntwo", "☃")
  print("to stderr", file=sys.stderr)
  print("be", end="")
  print("gun")
  sys.stdout.write("")
  sys.stdout.buffer.write(b"bytes\\n")
  subprocess.run(["echo", "from a child"])
  subprocess.run(["echo", "through stdout"], stdout=sys.stdout)
  print("never ended", end="")`);
    assert.deepEqual(body(log).sort(), [
      "begun",
      "bytes",
      "from a child",
      "never ended",
      "one",
      "through stdout",
      "to stderr",
      "two ☃",
    ]);
  });

  it("loses nothing of what threads print at once", async () => {
    const { log, result } = await run(`
import sys, threading
sys.setswitchinterval(0.000001)
def work(name):
  for i in range(50):
    sys.stdout.write(f"{name} {i}\\n")
    sys.stdout.write("")
def handler(e, c):
  threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
  for t in threads: t.start()
  for t in threads: t.join()`);
    assert.ok(log.length > 0);
    const own = bench.lines.filter(({ requestId }) => requestId === result.requestId);
    assert.equal(own.filter(({ message }) => /^\d+ \d+$/.test(message)).length, 400);
  });

  it("shows what was flushed before its line ended, even of a handler that never returns", async () => {
    const { log } = await run(
      "import time\ndef handler(e, c):\n  print('connecting', end='', flush=True)\n  time.sleep(30)",
      { timeoutSeconds: 1 },
    );
    assert.equal(body(log)[0], "connecting");
  });

  it("knows whose each printed line is, however fast invocations follow each other", async () => {
    const deployment = await bench.deploy(
      "def handler(e, c):\n  print('line of', e['i'])\n  return e['i']",
    );
    const all = await Promise.all(
      Array.from({ length: 200 }, (_, i) => bench.invoke(deployment, { i })),
    );
    for (const [i, { log }] of all.entries()) assert.deepEqual(body(log), [`line of ${i}`]);
  });

  it("takes what processes print that the handler forked", async () => {
    const { log, value } = await run(`
import os
def handler(e, c):
  child = os.fork()
  if child == 0:
    print("in the child", flush=True)
    os._exit(0)
  os.waitpid(child, 0)
  print("in the parent")
  return 1`);
    assert.equal(value, 1);
    assert.deepEqual(body(log).sort(), ["in the child", "in the parent"]);
  });

  it("goes on where a forked child returns from the handler", async () => {
    const deployment = await bench.deploy(`
import os
def handler(e, c):
  child = os.fork()
  if child:
    os.waitpid(child, 0)
  return "parent" if child else "child"`);
    for (const _ of [1, 2]) assert.equal((await bench.invoke(deployment)).value, "parent");
  });

  it("leaves the files of a forked child's children alone", async () => {
    const { value } = await run(`
import os
def handler(e, c):
  ours, theirs = os.pipe()
  if os.fork() == 0:
    mine = os.open("/dev/null", os.O_RDONLY)
    if os.fork() == 0:
      os.fstat(mine)
      os.write(theirs, b"%d" % mine)
    else:
      os.wait()
    os._exit(0)
  os.wait()
  os.close(theirs)
  return os.read(ours, 9).decode()`);
    assert.equal(value, "3");
  });

  it("splits what is longer than an entry may be, and tears no character", async () => {
    const { value, result } = await run("def handler(e, c):\n  print('☃' * 100000)\n  return 1");
    assert.equal(value, 1);
    const own = () => bench.lines.filter(({ requestId }) => requestId === result.requestId);
    await until(() => own().some(({ message }) => message.startsWith("REPORT")));
    const printed = own().filter(({ message }) => message.startsWith("☃"));
    assert.equal(printed.length, 2);
    assert.equal(printed.map(({ message }) => message).join(""), "☃".repeat(100_000));
  });

  it("takes context.log", async () => {
    const { log } = await run("def handler(e, c):\n  c.log('said\\nso\\n')\n  c.log(1)");
    assert.deepEqual(body(log), ["said", "so", "1"]);
  });

  it("says so where it runs on another Python than it asked for", async (t) => {
    const source = "import sys\ndef handler(e, c):\n  return sys.version_info[1]";
    const { value } = await run(source, { runtime: "python3.14" });
    if (value === 14) return t.skip("this machine has Python 3.14");
    const note =
      /^\[yunque\] python3\.14 is not installed here, so this runs on Python 3\.\d+\.\d+$/;
    assert.equal(bench.lines.filter(({ message }) => note.test(message)).length, 1);
  });

  describe("in JSON", () => {
    const json = async (source: string, environment = {}) => {
      const changes = { logFormat: "JSON" as const, environment };
      const { result } = await run(source, changes);
      return bench.lines
        .filter(({ requestId }) => requestId === result.requestId)
        .map(({ message }): Record<string, unknown> => JSON.parse(message))
        .filter(({ type }) => type === undefined)
        .map(({ timestamp, ...fields }) => {
          assert.match(String(timestamp), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
          return fields.requestId === result.requestId ? { ...fields, requestId: "id" } : fields;
        });
    };

    it("has each record as an object, from INFO on, with what came as extra", async () => {
      const entries = await json(`
import logging
def handler(e, c):
  logging.debug("not shown")
  logging.info("said %s", "so", extra={"order": 1, "odd": {1}})
  logging.getLogger("mine").critical({"a": "☃"})`);
      assert.deepEqual(entries, [
        {
          level: "INFO",
          message: "said so",
          logger: "root",
          requestId: "id",
          order: 1,
          odd: "{1}",
        },
        { level: "CRITICAL", message: { a: "☃" }, logger: "mine", requestId: "id" },
      ]);
    });

    it("has an exception as fields, and the error that ends an invocation", async () => {
      const entries = await json(`
import logging
def handler(e, c):
  try:
    {}["a"]
  except KeyError:
    logging.exception("caught")
  raise ValueError("thrown")`);
      const [caught, thrown] = entries;
      assert.deepEqual(
        [caught?.["errorType"], caught?.["errorMessage"], caught?.["message"]],
        ["KeyError", "'a'", "caught"],
      );
      assert.match(String(caught?.["location"]), /app\.py:handler:7$/);
      assert.match(String(caught?.["stackTrace"]), /app\.py", line 5/);
      assert.deepEqual(
        [thrown?.["level"], thrown?.["errorType"], thrown?.["errorMessage"], thrown?.["requestId"]],
        ["ERROR", "ValueError", "thrown", "id"],
      );
    });
  });
});
