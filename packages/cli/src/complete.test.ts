import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { before, test } from "node:test";
import type { Command } from "commander";
import { complete } from "./complete.ts";
import { createProgram } from "./program.ts";

let program: Command;
before(async () => {
  program = await createProgram("all");
});

test("first come the nouns, without those of our own scripts", async () => {
  const nouns = await complete(program, [""]);
  for (const noun of ["up", "functions", "services", "doctor", "config", "completion"])
    assert.ok(nouns.includes(noun), noun);
  assert.ok(!nouns.includes("__complete"));
});

test("then the verbs of a noun that begin as the word does", async () => {
  assert.deepEqual(await complete(program, ["functions", "l"]), ["list", "logs"]);
});

test("a dash asks for the options of that very command", async () => {
  const flags = await complete(program, ["functions", "invoke", "hello", "--"]);
  assert.ok(flags.includes("--payload") && flags.includes("--json"));
  assert.ok(!flags.includes("--port"));
});

test("an option with choices asks for one of them, another one for nothing", async () => {
  assert.deepEqual(await complete(program, ["up", "--engine", ""]), ["embedded", "memory"]);
  assert.deepEqual(await complete(program, ["up", "--host", ""]), []);
});

test("a value that was given is no argument", async () => {
  const shells = await complete(program, ["completion", ""]);
  assert.deepEqual(shells, ["bash", "fish", "zsh"]);
  assert.deepEqual(await complete(program, ["completion", "bash", ""]), []);
});

test("an argument that may be repeated is offered again", async () => {
  const names = ["nodejs20.x", "nodejs22.x", "nodejs24.x", "nodejs26.x"];
  for (const given of [[], ["nodejs18.x"], ["nodejs18.x", "nodejs20.x"]])
    assert.deepEqual(await complete(program, ["runtimes", "install", ...given, "nodejs2"]), names);
});

test("where a function belongs the platform's functions are offered", async () => {
  const functions = JSON.stringify({
    Functions: [{ FunctionName: "hello" }, { FunctionName: "b" }],
  });
  const server = createServer((_request, response) => void response.end(functions));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  process.env["YUNQUE_ENDPOINT"] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    assert.deepEqual(await complete(program, ["functions", "invoke", ""]), ["b", "hello"]);
    assert.deepEqual(await complete(program, ["functions", "invoke", "--async", "h"]), ["hello"]);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
  assert.deepEqual(await complete(program, ["functions", "invoke", ""]), []);
  delete process.env["YUNQUE_ENDPOINT"];
});
