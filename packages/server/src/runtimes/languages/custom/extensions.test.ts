/** The Extensions API, by extensions written against its documentation. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { type Bench, openBench, until } from "../../runtimes.fixture.ts";
import { program, runtime } from "./custom.fixture.ts";

const CUSTOM = { runtime: "provided.al2023", handler: "any.thing" };

interface ErrorObject {
  readonly errorType: string;
  readonly errorMessage: string;
}

/** An external extension that logs its events, does these lines for each, and ends with its SHUTDOWN. */
const recorder = (name: string, lines = ""): string =>
  program(`
    await register("${name}", ["INVOKE", "SHUTDOWN"]);
    for (;;) {
      const { json, headers } = await event();
      console.log("${name} " + json.eventType + " " + (json.requestId ?? json.shutdownReason));
      ${lines}
      if (json.eventType === "SHUTDOWN") process.exit(0);
    }`);

async function deploy(
  bench: Bench,
  extensions: Readonly<Record<string, string>>,
  bootstrap: string,
  changes = {},
) {
  const files = Object.entries(extensions).map(([name, text]) => [`extensions/${name}`, text]);
  const layer = await bench.store(Object.fromEntries(files));
  return bench.deploy({ bootstrap }, { ...CUSTOM, layers: [layer], ...changes });
}

const logOf = (bench: Bench): string => bench.lines.map(({ message }) => message).join("\n");

describe("the Extensions API", () => {
  it("starts what lies in /opt/extensions before the runtime, and tells it of each invocation", async () => {
    await using bench = await openBench();
    const fn = await deploy(
      bench,
      { one: recorder("one"), two: recorder("two") },
      runtime("return 1;"),
    );
    const first = await bench.invoke(fn);
    const second = await bench.invoke(fn);
    await until(() => logOf(bench).split(" INVOKE ").length === 5);
    const log = logOf(bench);
    for (const name of ["one", "two"]) {
      assert.match(
        log,
        new RegExp(
          `^EXTENSION\\tName: ${name}\\tState: Ready\\tEvents: \\[INVOKE,SHUTDOWN\\]$`,
          "m",
        ),
      );
      for (const { result } of [first, second])
        assert.ok(log.includes(`${name} INVOKE ${result.requestId}`));
    }
  });

  it("says what an extension registered for, and tells the account to who asks", async () => {
    await using bench = await openBench();
    const fn = await deploy(
      bench,
      {
        curious: program(`
          const got = await register("curious", [], { "Lambda-Extension-Accept-Feature": "accountId" });
          console.log(JSON.stringify([got.status, got.json, Object.keys(process.env).filter((name) => /^(_HANDLER|LAMBDA_TASK_ROOT|AWS_REGION|MINE)$/.test(name)).sort()]));
          await event();`),
      },
      runtime("return 1;"),
      { environment: { MINE: "1" } },
    );
    await bench.invoke(fn);
    const line = bench.lines.find(({ message }) => message.startsWith("[200"))?.message ?? "";
    assert.deepEqual(JSON.parse(line), [
      200,
      {
        functionName: "hello",
        functionVersion: "$LATEST",
        handler: "any.thing",
        accountId: "000000000000",
      },
      ["AWS_REGION", "MINE"],
    ]);
  });

  it("tells an INVOKE event as documented", async () => {
    await using bench = await openBench();
    const fn = await deploy(
      bench,
      {
        look: program(`
          await register("look", ["INVOKE"]);
          const got = await event();
          console.log(JSON.stringify([got.json, /^[0-9a-f-]{36}$/.test(got.headers["lambda-extension-event-identifier"])]));
          await event();`),
      },
      runtime("return 1;"),
    );
    const { result } = await bench.invoke(fn);
    await until(() => logOf(bench).includes('"eventType"'));
    const line = bench.lines.find(({ message }) => message.startsWith("[{"))?.message ?? "";
    const [{ deadlineMs, ...told }, hasId] = JSON.parse(line);
    assert.ok(deadlineMs > Date.now() - 60_000 && hasId);
    assert.deepEqual(told, {
      eventType: "INVOKE",
      requestId: result.requestId,
      invokedFunctionArn: "arn:aws:lambda:us-east-1:000000000000:function:hello:live",
      tracing: {
        type: "X-Amzn-Trace-Id",
        value: "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1",
      },
    });
  });

  it("begins the next invocation only when every extension is done with the last", async () => {
    await using bench = await openBench();
    const fn = await deploy(
      bench,
      {
        slow: recorder(
          "slow",
          `if (json.eventType === "INVOKE") { await new Promise((go) => setTimeout(go, 150)); console.log("slow is done with " + json.requestId); }`,
        ),
      },
      runtime("console.log('began ' + got.id); return 1;"),
    );
    const { result } = await bench.invoke(fn);
    // The caller does not wait for the extension, and the next one does not get in its way.
    assert.ok(!logOf(bench).includes(`done with ${result.requestId}`));
    const { result: second } = await bench.invoke(fn);
    await until(() => logOf(bench).includes(`done with ${second.requestId}`));
    const streams = new Set(bench.lines.map(({ stream }) => stream));
    for (const stream of streams) {
      const log = bench.lines
        .filter((line) => line.stream === stream)
        .map(({ message }) => message);
      const ours = log.filter((line) => /^(began|slow is done)/.test(line));
      assert.deepEqual(
        ours.map((line) => line.split(" ")[0]),
        ours.map((_, i) => (i % 2 === 0 ? "began" : "slow")),
      );
    }
  });

  it("takes internal extensions from the runtime, until it asks for its first invocation", async () => {
    await using bench = await openBench();
    const fn = await bench.deploy(
      {
        bootstrap: program(
          `
          const brief = ({ status, json }) => [status, json?.errorType, json?.errorMessage];
          const told = [];
          told.push(brief(await register("", [])), brief(await register("me", ["SHUTDOWN"])));
          told.push(brief(await register("me", ["OTHER"])));
          told.push(brief(await call("POST", EXTENSION + "/register", { headers: { "Lambda-Extension-Name": "me" }, body: "{" })).slice(0, 2));
          told.push([(await register("me", ["INVOKE"])).status], brief(await register("me", [])));
          const mine = me;
          for (let i = 0; i < 10; i++) last = await register("more" + i, []);
          told.push(brief(last));
          me = ""; told.push(brief(await event()));
          me = "x"; told.push(brief(await event()));
          me = "${"0".repeat(8)}-0000-0000-0000-${"0".repeat(12)}"; told.push(brief(await event()));
          process.stdout.write(JSON.stringify(told) + "\\n");
          process.exit(0);
          let last;`
            .replace("let last;", "")
            .replace("const told", "let last; const told"),
        ),
      },
      CUSTOM,
    );
    await bench.invoke(fn);
    const line = bench.lines.find(({ message }) => message.startsWith("[["))?.message ?? "";
    const state = "State transition from Started to Registered failed";
    assert.ok(!line.includes(state));
    assert.deepEqual(JSON.parse(line), [
      [403, "Extension.InvalidExtensionName", "Empty extension name"],
      [
        403,
        "Extension.InvalidEventType",
        "SHUTDOWN: ShutdownEventNotSupportedForInternalExtension",
      ],
      [403, "Extension.InvalidEventType", "OTHER: ErrorInvalidEventType"],
      [403, "InvalidRequestFormat"],
      [200],
      [403, "Extension.InvalidExtensionState", "Extension with this name already registered"],
      [403, "Extension.TooManyExtensions", "Extension limit (10) reached"],
      [403, "Extension.MissingExtensionIdentifier", "Missing Lambda-Extension-Identifier header"],
      [403, "Extension.InvalidExtensionIdentifier", "Invalid Lambda-Extension-Identifier"],
      [
        403,
        "Extension.UnknownExtensionIdentifier",
        "Unknown extension 00000000-0000-0000-0000-000000000000",
      ],
    ]);
  });

  it("has an internal extension hold the next invocation back, too", async () => {
    await using bench = await openBench();
    const fn = await bench.deploy(
      {
        bootstrap: program(`
          await register("inside", ["INVOKE"]);
          const watch = async () => { for (;;) { const { json } = await event(); console.log("inside " + json.eventType); } };
          void watch();
          for (;;) {
            const got = await next();
            const { json } = await register("late", []);
            await respond(got.id, json.errorType);
          }`),
      },
      CUSTOM,
    );
    assert.equal((await bench.invoke(fn)).value, "Extension.RegistrationClosed");
    assert.equal((await bench.invoke(fn)).value, "Extension.RegistrationClosed");
    await until(() => logOf(bench).split("inside INVOKE").length === 3);
  });

  for (const [reason, end] of [
    ["SPINDOWN", "retired"],
    ["TIMEOUT", "timed out"],
    ["FAILURE", "lost its runtime"],
  ] as const)
    it(`says SHUTDOWN with ${reason} where the instance is ${end}, and leaves time for it`, async () => {
      const marks = await mkdtemp(join(tmpdir(), "yunque-marks-"));
      try {
        const file = join(marks, "goodbye");
        await using bench = await openBench();
        const write = `if (json.eventType === "SHUTDOWN") {
          const left = json.deadlineMs - Date.now();
          await new Promise((go) => setTimeout(go, 100));
          require("node:fs").writeFileSync("${file}", json.shutdownReason + " " + (left > 0 && left <= 2000));
        }`;
        const fn = await deploy(
          bench,
          { polite: recorder("polite", write) },
          runtime(`
            if (event.end === "TIMEOUT") await new Promise((go) => setTimeout(go, 60_000));
            if (event.end === "FAILURE") process.exit(5);
            return 1;`),
          { timeoutSeconds: 1 },
        );
        const { value } = await bench.invoke(fn, { end: reason });
        if (reason === "SPINDOWN") bench.executor.retire(fn.id);
        else
          assert.equal(
            (value as ErrorObject).errorType,
            reason === "TIMEOUT" ? "Sandbox.Timedout" : "Runtime.ExitError",
          );
        await until(() =>
          bench.executor.snapshot().deployments.every(({ busy, idle }) => busy + idle === 0),
        );
        const told = await readWhenThere(file);
        assert.equal(told, `${reason} true`);
      } finally {
        await rm(marks, { recursive: true });
      }
    });

  it("does not wait longer than two seconds for a goodbye", async () => {
    await using bench = await openBench();
    const fn = await deploy(
      bench,
      {
        deaf: program(
          `await register("deaf", ["SHUTDOWN"]); await event(); console.log("stays"); setInterval(() => {}, 1000);`,
        ),
      },
      runtime("process.exit(1);"),
    );
    const { value } = await bench.invoke(fn);
    assert.equal((value as ErrorObject).errorType, "Runtime.ExitError");
    assert.ok(logOf(bench).includes("stays"));
  });

  it("lets the runtime end by itself first: SIGTERM, then 300 ms", async () => {
    await using bench = await openBench();
    const fn = await deploy(
      bench,
      { polite: recorder("polite") },
      program(`
        process.on("SIGTERM", () => { console.log("the runtime ends"); process.exit(0); });
        for (;;) { const got = await next(); await respond(got.id, 1); }`),
    );
    await bench.invoke(fn);
    bench.executor.retire(fn.id);
    await until(() => logOf(bench).includes("SHUTDOWN SPINDOWN"));
    assert.match(logOf(bench), /the runtime ends[\s\S]*polite SHUTDOWN SPINDOWN/);
  });

  for (const [what, lines, type, why] of [
    ["crashes", "process.exit(9)", "Extension.Crash", "exit status 9"],
    [
      "says that it failed",
      `await report("exit", "Extension.Mine"); process.exit(0);`,
      "Extension.ExitError",
      "exit code 0",
    ],
  ] as const)
    it(`fails the invocation whose extension ${what}`, async () => {
      await using bench = await openBench();
      const fn = await deploy(
        bench,
        {
          bad: program(`await register("bad", ["INVOKE"]); await event(); ${lines}`),
          good: recorder("good"),
        },
        runtime("await new Promise((go) => setTimeout(go, 60_000));"),
      );
      const { value, failed, log, result } = await bench.invoke(fn);
      assert.equal(failed, true);
      const errorMessage = `RequestId: ${result.requestId} Error: ${why}`;
      assert.deepEqual(value, { errorType: type, errorMessage });
      assert.ok(log.includes(`${errorMessage}\n${type}`), log);
      await until(() => logOf(bench).includes("good SHUTDOWN FAILURE"));
    });

  for (const [what, text, type, why] of [
    [
      "crashes before it registers",
      program("process.exit(2)"),
      "Extension.Crash",
      /Error: exit status 2$/,
    ],
    [
      "reports that its init failed",
      program(
        `await register("bad", []); await report("init", "Extension.Mine"); process.exit(1);`,
      ),
      "Extension.InitError",
      /Error: exit status 1$/,
    ],
    [
      "cannot be started",
      "no program",
      "Extension.LaunchError",
      /Error: fork\/exec \S+\/extensions\/bad: permission denied$/,
    ],
  ] as const)
    it(`fails the init where an extension ${what}`, async () => {
      await using bench = await openBench();
      const fn = await deploy(bench, { bad: text }, runtime("return 1;"));
      const { value, failed, result } = await bench.invoke(fn);
      const { errorType, errorMessage } = value as ErrorObject;
      assert.deepEqual([failed, errorType], [true, type]);
      assert.match(errorMessage, why);
      assert.ok(errorMessage.startsWith(`RequestId: ${result.requestId} `));
      await until(() => /INIT_REPORT .*Error Type: Extension\./.test(logOf(bench)));
    });

  it("starts no more than ten", async () => {
    await using bench = await openBench();
    const many = Object.fromEntries(
      Array.from({ length: 11 }, (_, i) => [`e${i}`, recorder(`e${i}`)]),
    );
    const fn = await deploy(bench, many, runtime("return 1;"));
    const { errorType } = (await bench.invoke(fn)).value as ErrorObject;
    assert.equal(errorType, "Extension.TooManyExtensions");
  });
});

async function readWhenThere(file: string): Promise<string> {
  for (;;) {
    const text = await readFile(file, "utf8").catch(() => "");
    if (text !== "") return text;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
