import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type InitMeter, type MeasuredModule, openInitMeter } from "./init-meter.ts";
import type { InitSubject } from "./start-probe.ts";

/** Keeps a module busy for so many milliseconds. */
const busy = (ms: number): string =>
  `{ const until = performance.now() + ${ms}; while (performance.now() < until); }`;

for (const tier of ["none", "auto"] as const) {
  describe(`the init meter, isolation ${tier}`, () => {
    let directory = "";
    let meter: InitMeter;
    before(async () => {
      directory = await mkdtemp(join(tmpdir(), "yunque-meter-"));
      await mkdir(join(directory, "opt"));
      await mkdir(join(directory, "meter"));
      meter = await openInitMeter({
        directory: join(directory, "meter"),
        endpoint: "http://127.0.0.1:1",
        tier,
        timeoutMs: 30_000,
      });
    });
    after(async () => {
      await meter.close();
      await rm(directory, { recursive: true, force: true });
    });

    let count = 0;
    async function subject(files: Readonly<Record<string, string>>): Promise<InitSubject> {
      const code = join(directory, `code-${++count}`);
      for (const [name, text] of Object.entries(files)) {
        await mkdir(dirname(join(code, name)), { recursive: true });
        await writeFile(join(code, name), text);
      }
      return {
        functionName: "f",
        code,
        layers: join(directory, "opt"),
        runtime: "nodejs22.x",
        handler: "index.handler",
        memoryMB: 256,
        region: "us-east-1",
        environment: { STAGE: "test" },
      };
    }

    async function trace(files: Readonly<Record<string, string>>): Promise<MeasuredModule[]> {
      const run = await meter.run(await subject(files), { trace: true });
      assert.ok("modules" in run, JSON.stringify(run));
      return run.modules.filter(({ origin }) => origin !== "node");
    }
    const find = (modules: readonly MeasuredModule[], path: string): MeasuredModule => {
      const found = modules.find((one) => one.path === path);
      assert.ok(found, `${path} of ${modules.map((one) => one.path).join(", ")}`);
      return found;
    };
    async function failure(files: Readonly<Record<string, string>>): Promise<string> {
      const run = await meter.run(await subject(files), { trace: false });
      assert.ok("failure" in run, JSON.stringify(run));
      return run.failure;
    }

    it("charges each CommonJS module what is its own, and says who asked for it first", async () => {
      const modules = await trace({
        "index.js": `require("a"); require("./b.js"); exports.handler = () => 1`,
        "b.js": busy(30),
        "node_modules/a/package.json": `{"name":"a","main":"main.js"}`,
        "node_modules/a/main.js": `require("../../b.js"); ${busy(20)}`,
      });
      assert.deepEqual(modules.map(({ origin, path }) => [origin, path]).sort(), [
        ["code", "b.js"],
        ["code", "index.js"],
        ["code", "node_modules/a/main.js"],
      ]);
      assert.ok(find(modules, "b.js").selfMs >= 30);
      const { selfMs, importer } = find(modules, "node_modules/a/main.js");
      assert.ok(selfMs >= 20);
      assert.deepEqual(importer, { origin: "code", path: "index.js" });
      assert.deepEqual(find(modules, "b.js").importer?.path, "node_modules/a/main.js");
      assert.equal(find(modules, "index.js").importer, undefined);
    });

    it("charges ES modules, and CommonJS below them, alike", async () => {
      const modules = await trace({
        "index.mjs": `#!/usr/bin/env node\nimport "./a.mjs"; ${busy(20)}; export const handler = () => 1`,
        "a.mjs": `import "./c.cjs"; ${busy(30)}`,
        "c.cjs": busy(25),
      });
      assert.ok(find(modules, "index.mjs").selfMs >= 20);
      assert.ok(find(modules, "a.mjs").selfMs >= 30);
      assert.ok(find(modules, "c.cjs").selfMs >= 25);
      assert.equal(find(modules, "c.cjs").importer?.path, "a.mjs");
    });

    it("adds up: the modules' own times and Node.js's are all of the time", async () => {
      const code = await subject({
        "index.mjs": `import "node:http"; await 0; ${busy(20)}; export const handler = () => 1`,
      });
      const run = await meter.run(code, { trace: true });
      assert.ok("modules" in run);
      const sum = run.modules.reduce((all, { selfMs }) => all + selfMs, 0);
      assert.ok(sum >= run.ms, `${sum} of ${run.ms}`);
    });

    it("loads what the runtime brings, and tells it apart", async () => {
      const modules = await trace({
        "index.mjs": `import { SSMClient } from "@aws-sdk/client-ssm"; export const handler = () => SSMClient`,
      });
      const sdk = modules.filter(({ origin }) => origin === "runtime");
      const client = sdk.find(({ path }) => path.startsWith("node_modules/@aws-sdk/client-ssm/"));
      assert.equal(client?.importer?.path, "index.mjs");
    });

    it("keeps the module's own lines in its stack traces", async () => {
      const code = await subject({
        "index.mjs": `import "./a.mjs";\nexport const handler = 1`,
        "a.mjs": "\n\nthrow new Error('third')",
      });
      const run = await meter.run(code, { trace: true });
      assert.ok("failure" in run);
      assert.match(run.failure, /third.*a\.mjs:3:/s);
    });

    it("gives the function its environment and none of ours", async () => {
      const words = await failure({
        "index.js": `throw new Error([process.env.STAGE, process.env.HOME, process.env.AWS_ACCESS_KEY_ID].join())`,
      });
      assert.match(words, /^Error: test,,test\n/);
    });

    it("tells why a handler does not load", async () => {
      assert.match(
        await failure({ "index.js": "require('not-there')" }),
        /Cannot find module 'not-there'/,
      );
      assert.match(
        await failure({ "index.js": "exports.other = 1" }),
        /index\.handler is undefined/,
      );
      assert.match(
        await failure({ "index.js": "console.error('bye'); process.exit(7)" }),
        /exit code 7\)\nbye/,
      );
      assert.match(
        await failure({ "index.mjs": "await new Promise(() => {})" }),
        /its process ended/,
      );
    });

    it("ends what does not end", async () => {
      const code = await subject({ "index.js": "for (;;);" });
      const short = await openShort(directory, tier);
      try {
        assert.deepEqual(await short.run(code, { trace: false }), {
          failure: "it did not load within 0.5 s",
        });
      } finally {
        await short.close();
      }
    });

    it("ends what runs when nobody waits for it any more, and runs nothing then", async () => {
      const stopping = new AbortController();
      const own = await mkdtemp(join(directory, "stopped-"));
      const { signal } = stopping;
      const stopped = await openInitMeter({
        directory: own,
        endpoint: "http://127.0.0.1:1",
        tier,
        signal,
      });
      try {
        const endless = await subject({ "index.js": "for (;;);" });
        const run = stopped.run(endless, { trace: false });
        stopping.abort(new Error("enough"));
        await assert.rejects(run, { message: "enough" });
        await assert.rejects(stopped.run(endless, { trace: false }), { message: "enough" });
      } finally {
        await stopped.close();
      }
    });

    it("believes nothing that the function tells in its place", async () => {
      for (const lie of [
        "no JSON",
        '{"ms":-1}',
        '{"ms":1,"modules":[{"url":1}]}',
        "x".repeat(1e5),
      ]) {
        const text = JSON.stringify(`${lie}\n`);
        const words = await failure({
          "index.js": `require("fs").writeSync(3, ${text}); process.exit(0)`,
        });
        assert.match(words, /its process ended/);
      }
    });
  });
}

async function openShort(directory: string, tier: "none" | "auto"): Promise<InitMeter> {
  const own = await mkdtemp(join(directory, "short-"));
  return openInitMeter({ directory: own, endpoint: "http://127.0.0.1:1", tier, timeoutMs: 500 });
}
