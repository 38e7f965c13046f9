import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";

const LAUNCH = JSON.stringify(new URL("../bin/launch.mjs", import.meta.url).href);

/** A process that launches Node.js with `-e script`: by replacing itself, or staying beside it as older ones do. */
function launched(way: "replace" | "beside", script: string): ChildProcess {
  const program = `
    ${way === "beside" ? "process.execve = undefined;" : ""}
    const { launch } = await import(${LAUNCH});
    launch(["-e", ${JSON.stringify(script)}]);
  `;
  return spawn(process.execPath, ["--input-type=module", "-e", program]);
}

async function outcome(
  child: ChildProcess,
): Promise<{ code: unknown; signal: unknown; out: string }> {
  let out = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  const [code, signal] = await once(child, "close");
  return { code, signal, out };
}

for (const way of ["replace", "beside"] as const) {
  test(`${way}: output and exit code are the program's`, async () => {
    const { code, out } = await outcome(launched(way, "console.log('hello'); process.exit(7)"));
    assert.deepEqual([code, out], [7, "hello\n"]);
  });

  test(`${way}: a signal reaches the program, which may end in its own way`, async () => {
    const script = `
      process.on("SIGTERM", () => process.exit(3));
      setInterval(() => {}, 1000);
      console.log("ready");
    `;
    const child = launched(way, script);
    child.stdout?.once("data", () => child.kill("SIGTERM"));
    assert.equal((await outcome(child)).code, 3);
  });

  test(`${way}: who is killed by a signal is seen to be`, async () => {
    const child = launched(
      way,
      "process.kill(process.pid, 'SIGTERM'); setInterval(() => {}, 1000)",
    );
    assert.equal((await outcome(child)).signal, "SIGTERM");
  });
}

test("the command itself runs on the Node.js that starts it where that is new enough", async () => {
  const bin = new URL("../bin/yunque.mjs", import.meta.url).pathname;
  const version = await new Promise((resolve) => {
    execFile(process.execPath, [bin, "--version"], (_error, stdout) => resolve(stdout.trim()));
  });
  assert.match(String(version), /^\d+\.\d+\.\d+$/);
});
