/** Functions that mistreat the APIs of their own instance: they hurt themselves, and nobody else. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openBench, until } from "../../runtimes.fixture.ts";
import { isGone } from "../../sandboxes/walls/process-tree.ts";
import { program, runtime } from "./custom.fixture.ts";

const CUSTOM = { runtime: "provided.al2023", handler: "any.thing" };

describe("a function that mistreats its own APIs", () => {
  it("gets nowhere with what is no HTTP, and goes on", async () => {
    await using bench = await openBench();
    const fn = await bench.deploy(
      {
        bootstrap: runtime(`
          const { connect } = require("node:net");
          const send = (text) => new Promise((resolve) => {
            let answer = "";
            const socket = connect(Number(port), host, () => socket.write(text));
            socket.on("data", (chunk) => { answer += chunk; });
            socket.on("error", () => {});
            socket.on("close", () => resolve(answer.slice(9, 12)));
          });
          const path = "/2018-06-01/runtime/invocation/next";
          return [
            await send("\\x16\\x03\\x01\\x00garbage\\r\\n\\r\\n"),
            await send("GET " + path + " HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\nContent-Length: -1\\r\\n\\r\\n"),
            await send("GET " + path + " HTTP/1.1\\r\\nX: " + "y".repeat(2 << 20) + "\\r\\n\\r\\n"),
            await send("DELETE /__proto__ HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n"),
          ];`),
      },
      CUSTOM,
    );
    assert.deepEqual((await bench.invoke(fn)).value, ["", "", "", "404"]);
    assert.equal((await bench.invoke(fn)).failed, false);
  });

  it("has no more connections than there is room for, and goes on", async () => {
    await using bench = await openBench();
    const fn = await bench.deploy(
      {
        bootstrap: runtime(`
          const { connect } = require("node:net");
          globalThis.open ??= Array.from({ length: event.count }, () => connect(Number(port), host).on("error", () => {}));
          await Promise.all(globalThis.open.map((socket) => socket.connecting && new Promise((go) => { socket.once("connect", go); socket.once("close", go); })));
          return 1;`),
      },
      CUSTOM,
    );
    for (let i = 0; i < 3; i++) assert.equal((await bench.invoke(fn, { count: 100 })).value, 1);
  });

  it("ends with its supervisor where it kills it, and leaves nothing", async () => {
    await using bench = await openBench();
    const fn = await bench.deploy(
      {
        bootstrap: runtime(`
          if (event.kill) process.kill(process.ppid, "SIGKILL");
          if (event.kill) await new Promise((go) => setTimeout(go, 60_000));
          return process.pid;`),
      },
      CUSTOM,
    );
    const pid = Number((await bench.invoke(fn)).value);
    const { value } = await bench.invoke(fn, { kill: true });
    assert.match(JSON.stringify(value), /Runtime.ExitError.*signal: killed/);
    await until(() => isGone(pid));
    assert.equal((await bench.invoke(fn)).failed, false, "the next one gets a fresh instance");
  });

  it("gets neither the platform's channel nor the fence", async () => {
    await using bench = await openBench();
    const fn = await bench.deploy(
      {
        bootstrap: `#!/bin/bash
API="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation"
OPEN=$(readlink /proc/$$/fd/* | grep -cE 'socket|fence')
ID=$(curl -sS -D - -o /dev/null "$API/next" | grep -Fi Aws-Request-Id | tr -d '[:space:]' | cut -d: -f2)
curl -sS -o /dev/null "$API/$ID/response" -d "\\"$OPEN\\""
curl -sS "$API/next"
`,
      },
      CUSTOM,
    );
    assert.equal((await bench.invoke(fn)).value, "0");
  });

  it("may claim what it likes of itself: answers count only for what runs", async () => {
    await using bench = await openBench();
    const fn = await bench.deploy(
      {
        bootstrap: program(`
          for (;;) {
            const got = await next();
            const early = await respond("../" + got.id, 1).catch(() => ({ status: 0 }));
            await respond(got.id, early.status);
          }`),
      },
      CUSTOM,
    );
    assert.equal((await bench.invoke(fn)).value, 404);
  });
});
