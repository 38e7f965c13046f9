import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { ConfigError } from "./config.ts";
import { loadConfig } from "./config-sources.ts";

let directory = "";
before(async () => {
  directory = await mkdtemp(join(tmpdir(), "yunque-config-"));
});
after(() => rm(directory, { recursive: true }));

const load = (options: Partial<Parameters<typeof loadConfig>[0]> = {}) =>
  loadConfig({ directory, environment: {}, flags: {}, ...options });

test("without a yunque.json the defaults hold", () => {
  assert.equal(load().file, undefined);
  assert.equal(load().config.port, 4566);
});

test("strings of the environment and of flags become what the setting is", () => {
  const { config, origin } = load({
    environment: { YUNQUE_INSTANCES_MAX: "7", YUNQUE_ACCOUNT: "123456789012", YUNQUE_PORT: "" },
    flags: { port: "0" },
  });
  assert.equal(config.instances.max, 7);
  assert.equal(config.account, "123456789012");
  assert.equal(config.port, 0);
  assert.equal(origin["instances.max"], "environment");
});

test("a switch is true or false, and nothing else", () => {
  const fast = (text: string) =>
    load({ environment: { YUNQUE_FAST_FRONT: text } }).config.fastFront;
  assert.deepEqual([fast(""), fast("true"), fast("false")], [true, true, false]);
  assert.equal(load({ flags: { fastFront: "false" } }).config.fastFront, false);
  assert.throws(() => fast("no"), /environment: YUNQUE_FAST_FRONT:/);
});

test("a certificate and its key go together, each relative to where it is named", () => {
  const { tls } = load({ flags: { "tls.cert": "a.pem", "tls.key": "/b.pem" } }).config;
  assert.deepEqual(tls, { cert: resolve(directory, "a.pem"), key: "/b.pem" });
  assert.throws(() => load({ flags: { "tls.key": "b.pem" } }), /flag: tls: .* go together/);
});

test("text where a number belongs is refused under the variable's name", () => {
  assert.throws(() => load({ environment: { YUNQUE_PORT: "http" } }), /environment: YUNQUE_PORT:/);
  assert.throws(() => load({ flags: { port: " " } }), /flag: --port:/);
});

test("an unknown variable of ours is a warning with a guess; others are not looked at", () => {
  const { warnings } = load({
    environment: { YUNQUE_PROT: "1", YUNQUE_STARTED: "1", YUNQUE_ENDPOINT: "x", PORT: "9" },
  });
  assert.deepEqual(warnings, ["environment: YUNQUE_PROT is no setting; did you mean YUNQUE_PORT?"]);
});

test("yunque.json of the working directory is read; its data directory is relative to the file", async () => {
  const nested = join(directory, "nested.json");
  await writeFile(nested, '{"$schema":"./schema.json","dataDir":"data","port":1}');
  const { config, file } = load({ directory: "/", file: nested });
  assert.equal(file, nested);
  assert.equal(config.dataDir, join(directory, "data"));

  const usual = join(directory, "yunque.json");
  await writeFile(usual, '{"port":2}');
  assert.equal(load().config.port, 2);
  assert.equal(load().file, usual);
  assert.equal(load({ environment: { YUNQUE_CONFIG: nested } }).config.port, 1);
  await rm(usual);
});

test("a file that was named must be there, and be JSON", async () => {
  assert.throws(() => load({ file: "missing.json" }), /file: cannot read .*missing\.json/);
  await writeFile(join(directory, "broken.json"), "{");
  assert.throws(() => load({ file: "broken.json" }), ConfigError);
  await writeFile(join(directory, "list.json"), "[1]");
  assert.throws(() => load({ file: "list.json" }), /the whole file: .*expected object/);
});
