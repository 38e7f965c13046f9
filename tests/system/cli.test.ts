/** The real command line against a real platform, as a person types it. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { startPlatform, type TestPlatform } from "../platform.ts";
import { MAIN, type Run, runYunque } from "../yunque.ts";

let platform: TestPlatform;
let work = "";
before(async () => {
  work = await mkdtemp(join(tmpdir(), "yunque-cli-"));
  platform = await startPlatform();
});
after(async () => {
  await platform.stop();
  await rm(work, { recursive: true });
});

/** Runs `yunque WORDS` in the work directory. */
const yunque = (words: readonly string[], input = "", env = {}): Promise<Run> =>
  runYunque(words, { cwd: work, input, env: { YUNQUE_ENDPOINT: platform.origin, ...env } });

const HELLO = `
  export const handler = async (event) => {
    console.log("called with", JSON.stringify(event));
    if (event.fail) throw new TypeError("as asked");
    return { greeting: "Hello " + event.name, stage: process.env.STAGE };
  };`;

describe("a function's life", { concurrency: false }, () => {
  test("create zips a directory, reads its handler off the code and waits until it can be called", async () => {
    await mkdir(join(work, "hello"));
    await writeFile(join(work, "hello/index.mjs"), HELLO);
    const { code, out, err } = await yunque([
      "functions",
      "create",
      "hello",
      "hello",
      "--env",
      "STAGE=dev",
    ]);
    assert.equal(code, 0, err);
    assert.match(
      out,
      /^created arn:aws:lambda:us-east-1:\d{12}:function:hello \(nodejs22\.x, index\.handler\)/,
    );
  });

  test("create refuses a name that is taken, and says how to replace it", async () => {
    const { code, err } = await yunque(["functions", "create", "hello", "hello"]);
    assert.equal(code, 1);
    assert.match(err, /ResourceConflictException: Function already exist: hello\n.*--update/);
  });

  test("invoke prints the answer alone, and the log beside it", async () => {
    const { code, out, err } = await yunque([
      "functions",
      "invoke",
      "hello",
      "-p",
      '{"name":"Ada"}',
      "--log",
    ]);
    assert.deepEqual([code, out], [0, '{"greeting":"Hello Ada","stage":"dev"}\n']);
    assert.match(err, /START RequestId: .*called with.*REPORT RequestId: /s);
  });

  test("invoke takes its event from a file or from stdin", async () => {
    await writeFile(join(work, "event.json"), '{"name":"file"}');
    assert.match(
      (await yunque(["functions", "invoke", "hello", "-p", "@event.json"])).out,
      /Hello file/,
    );
    assert.match(
      (await yunque(["functions", "invoke", "hello", "-p", "-"], '{"name":"stdin"}')).out,
      /Hello stdin/,
    );
  });

  test("a function that fails gives the exit code 1 and its error", async () => {
    const { code, out, err } = await yunque([
      "functions",
      "invoke",
      "hello",
      "-p",
      '{"fail":1}',
      "--json",
    ]);
    assert.equal(code, 1, err);
    const answer = JSON.parse(out);
    assert.equal(answer.functionError, "Unhandled");
    assert.deepEqual(
      [answer.payload.errorType, answer.payload.errorMessage],
      ["TypeError", "as asked"],
    );
  });

  test("an asynchronous call is accepted, and shows in the log", async () => {
    const marker = `mark-${Date.now()}`;
    const child = spawn(
      process.execPath,
      [MAIN, "functions", "logs", "hello", "--follow", "--json"],
      {
        env: { ...process.env, YUNQUE_ENDPOINT: platform.origin },
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    const { code, out } = await yunque([
      "functions",
      "invoke",
      "hello",
      "--async",
      "-p",
      `{"name":"${marker}"}`,
    ]);
    assert.deepEqual([code, out], [0, "accepted\n"]);
    let text = "";
    for await (const chunk of child.stdout.setEncoding("utf8")) {
      text += chunk;
      if (text.includes(marker)) break;
    }
    const ended = once(child, "exit");
    child.kill("SIGINT");
    await ended;
    assert.ok(text.includes(marker));
  });

  test("logs shows lines with their times; since a moment to come there are none", async () => {
    const { out } = await yunque(["functions", "logs", "hello"]);
    assert.match(out, /^\d\d:\d\d:\d\d\.\d{3} {2}.*called with \{"name":"Ada"\}$/m);
    const none = await yunque(["functions", "logs", "hello", "--since", "2999-01-01"]);
    assert.deepEqual([none.code, none.out], [0, ""]);
  });

  test("create --update replaces code and settings", async () => {
    await writeFile(
      join(work, "hello/index.mjs"),
      "export const handler = async () => process.env.STAGE",
    );
    const words = ["functions", "create", "hello", "hello", "--update", "--env", "STAGE=prod"];
    const { code, out, err } = await yunque(words);
    assert.equal(code, 0, err);
    assert.match(out, /^updated /);
    assert.equal((await yunque(["functions", "invoke", "hello"])).out, '"prod"\n');
  });

  test("list shows it, and after delete no more", async () => {
    assert.match((await yunque(["functions", "list"])).out, /^hello +nodejs22\.x +index\.handler/m);
    assert.equal((await yunque(["functions", "delete", "hello"])).out, "deleted hello\n");
    assert.deepEqual(JSON.parse((await yunque(["functions", "list", "--json"])).out), []);
    const gone = await yunque(["functions", "logs", "hello"]);
    assert.deepEqual([gone.code, gone.err], [1, "yunque: There is no such function.\n"]);
  });
});

test("services tells how much of AWS is there", async () => {
  const { out } = await yunque(["services"]);
  assert.match(out, /^lambda +[1-9]\d* +\d+$/m);
  const lambda = JSON.parse((await yunque(["services", "lambda", "--json"])).out);
  assert.ok(lambda.implemented.includes("Invoke"));
  assert.equal((await yunque(["services", "nothing"])).code, 1);
});

test("doctor and config need no platform", async () => {
  const nowhere = { YUNQUE_ENDPOINT: "http://127.0.0.1:1" };
  const doctor = await yunque(["doctor", "--json"], "", nowhere);
  assert.equal(doctor.code, 0, doctor.err);
  assert.ok(JSON.parse(doctor.out).every((one: { gives: string }) => one.gives.length > 0));
  await writeFile(join(work, "yunque.json"), '{"port":5001}');
  const config = await yunque(["config"], "", { ...nowhere, YUNQUE_REGION: "eu-west-1" });
  await rm(join(work, "yunque.json"));
  assert.match(config.out, /^port +5001 +.*yunque\.json$/m);
  assert.match(config.out, /^region +eu-west-1 +YUNQUE_REGION$/m);
});

test("without a platform the hint is to start one", async () => {
  for (const words of [["functions", "list"], ["services"]]) {
    const { code, err } = await yunque(words, "", { YUNQUE_ENDPOINT: "http://127.0.0.1:1" });
    assert.equal(code, 1);
    assert.match(err, /no platform answers at http:\/\/127\.0\.0\.1:1\n.*yunque up/);
  }
});

test("a word that is slightly wrong is corrected, with the exit code of what is not understood", async () => {
  const { code, err } = await yunque(["functions", "lst"]);
  assert.equal(code, 2);
  assert.match(err, /Did you mean list\?/);
});

test("a reader that has enough ends the command quietly", async () => {
  const child = spawn(process.execPath, [MAIN, "services"], {
    env: { ...process.env, YUNQUE_ENDPOINT: platform.origin },
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.stdout.destroy();
  let err = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
  });
  const [code] = await once(child, "close");
  assert.deepEqual([code, err], [0, ""]);
});

describe("yunque up", () => {
  test("outlives the reader of its log", async () => {
    const place = ["--port", "0", "--engine", "memory", "--log-level", "debug"];
    const child = spawn(process.execPath, [MAIN, "up", ...place], { cwd: work });
    const ended = once(child, "exit");
    const [line] = await once(child.stdout.setEncoding("utf8"), "data");
    child.stderr.destroy();
    const health = `${/http:\S+/.exec(line)?.[0]}/_yunque/health`;
    assert.equal((await fetch(health)).status, 200);
    child.kill("SIGTERM"); // its stop is logged, to nobody
    assert.deepEqual(await ended, [0, null]);
  });

  test("tells the way out where its port is taken", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" ? String(address?.port) : "";
    const { code, err } = await yunque(["up", "--port", port, "--data-dir", join(work, "taken")]);
    server.close();
    assert.equal(code, 1);
    assert.match(
      err,
      new RegExp(`port ${port} of 127\\.0\\.0\\.1 is taken by another program\\n.*--port 0`),
    );
  });

  test("tells the way out where another platform holds the data directory", async () => {
    const { code, err } = await yunque(["up", "--port", "0", "--data-dir", platform.dataDir]);
    assert.equal(code, 1);
    assert.match(err, /another platform works on the data directory .*\n.*--data-dir/);
  });

  test("refuses a setting that does not exist, and names the nearest one", async () => {
    await writeFile(join(work, "bad.json"), '{"prot":1}');
    const file = await yunque(["up", "--config", "bad.json"]);
    assert.equal(file.code, 1);
    assert.match(file.err, /there is no setting "prot"; did you mean "port"\?/);
    const flag = await yunque(["up", "--prot", "1"]);
    assert.equal(flag.code, 2);
    assert.match(flag.err, /Did you mean --port\?/);
  });

  test("prints one line to stdout, logs JSON where asked, and ends with 0 on SIGTERM", async () => {
    const other = await startPlatform({ flags: ["--log", "json", "--engine", "memory"] });
    assert.equal((await fetch(`${other.origin}/_yunque/health`)).status, 200);
    assert.equal(await other.stop(), 0);
    for (const line of other.log().trim().split("\n").filter(Boolean))
      assert.ok(JSON.parse(line).message.length > 0, line);
  });
});
