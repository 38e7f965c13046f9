/** Nobody but the function's own processes may speak with its APIs, although its port is there for the whole machine. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { describe, it } from "node:test";
import { openBench } from "../../runtimes.fixture.ts";
import { createPeerCheck } from "./bootstrap/peers.ts";
import { program } from "./custom.fixture.ts";

const linux = process.platform === "linux" ? false : "only Linux tells in /proc whose a socket is";

describe("who may speak with the APIs", { skip: linux }, () => {
  it("is not a process outside of the instance", async () => {
    await using bench = await openBench();
    const fn = await bench.deploy(
      {
        bootstrap: program(`for (;;) {
          const got = await next();
          await respond(got.id, process.env.AWS_LAMBDA_RUNTIME_API);
        }`),
      },
      { runtime: "provided.al2023" },
    );
    const { value } = await bench.invoke(fn);
    const [host = "", port] = String(value).split(":");
    const socket = connect(Number(port), host);
    let answer = "";
    socket.on("data", (chunk) => {
      answer += chunk;
    });
    socket.on("error", () => {}); // the connection is reset
    socket.write("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: x\r\n\r\n");
    await new Promise((resolve) => socket.once("close", resolve));
    assert.equal(answer, "");
    assert.equal((await bench.invoke(fn)).failed, false, "the function goes on");
  });

  for (const [who, script] of [
    ["a child", "connect(process.env.PORT).on('close', () => process.exit());"],
    [
      "a grandchild whose parent is gone",
      `if (process.env.SECOND) { connect(process.env.PORT).on("close", () => process.exit()); }
       else { require("node:child_process").spawn(process.execPath, process.execArgv.concat("-e", process.env.SCRIPT),
         { stdio: "ignore", env: { ...process.env, SECOND: "1" } }).unref(); }`,
    ],
  ] as const)
    it(`may be ${who}`, async () => {
      const isOurs = createPeerCheck(false);
      const server = createServer().listen(0, "127.0.0.1");
      await once(server, "listening");
      const { port } = server.address() as { port: number };
      const text = `const { connect } = require("node:net"); process.stdout.write(""); ${script}`;
      const child = spawn(process.execPath, ["-e", text], {
        stdio: "ignore",
        env: { PORT: String(port), SCRIPT: text },
      });
      let hangUp = () => {};
      try {
        const [socket] = await once(server, "connection");
        hangUp = () => socket.destroy();
        if (who !== "a child") await (child.exitCode ?? once(child, "exit"));
        assert.equal(isOurs(socket.remotePort, port), true);
        assert.equal(isOurs(socket.remotePort, port + 1), false);
      } finally {
        hangUp(); // both end with their connection
        child.kill("SIGKILL");
        server.close();
      }
    });

  it("is not this process itself, nor who has hung up", async () => {
    const isOurs = createPeerCheck(false);
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    const mine = connect(port, "127.0.0.1");
    const [socket] = await once(server, "connection");
    assert.equal(isOurs(socket.remotePort, port), false);
    mine.destroy();
    socket.destroy();
    server.close();
    assert.equal(isOurs(socket.remotePort ?? 1, port), false);
  });
});
