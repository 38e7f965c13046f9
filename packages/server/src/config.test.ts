import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigError, isLoopback, parseConfig, publicConfig, settings } from "./config.ts";

const directory = "/srv";

function problemsOf(file: unknown): readonly string[] {
  try {
    parseConfig({ directory, file });
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.problems;
  }
  return [];
}

test("without sources every setting has its default, and the data directory is absolute", () => {
  const { config, origin, warnings } = parseConfig({ directory });
  assert.equal(config.host, "127.0.0.1");
  assert.equal(config.port, 4566);
  assert.equal(config.dataDir, "/srv/.yunque");
  assert.equal(config.instances.idleSeconds, 300);
  assert.equal("adminToken" in config, false);
  assert.deepEqual([...new Set(Object.values(origin))], ["default"]);
  assert.deepEqual(
    Object.keys(origin),
    settings.map(({ name }) => name),
  );
  assert.deepEqual(warnings, []);
});

test("later sources win, setting by setting, and the origin says which one did", () => {
  const { config, origin } = parseConfig({
    directory,
    file: { port: 1, region: "eu-west-1", instances: { max: 1, idleSeconds: 60 } },
    environment: { port: 2, instances: { max: 2 } },
    flag: { port: 3 },
  });
  assert.equal(config.port, 3);
  assert.deepEqual(config.instances, { max: 2, idleSeconds: 60 });
  assert.equal(config.region, "eu-west-1");
  assert.deepEqual(
    [origin["port"], origin["instances.max"], origin["region"], origin["engine"]],
    ["flag", "environment", "file", "default"],
  );
});

test("an unknown key is refused by its name, with the nearest known one", () => {
  assert.deepEqual(problemsOf({ prot: 1 }), [
    'file: there is no setting "prot"; did you mean "port"?',
  ]);
  assert.deepEqual(problemsOf({ instances: { maxx: 1 } }), [
    'file: there is no setting "instances.maxx"; did you mean "instances.max"?',
  ]);
  assert.match(problemsOf({ kubernetes: {} })[0] ?? "", /"kubernetes"; there are: host, port, /);
});

test("__proto__ is an unknown key like any other and pollutes nothing", () => {
  const problems = problemsOf(JSON.parse('{"__proto__":{"port":1,"polluted":true}}'));
  assert.match(problems[0] ?? "", /no setting "__proto__"/);
  assert.equal(Object.hasOwn(Object.prototype, "polluted"), false);
});

test("all problems of all sources are told at once, spelled as in their source", () => {
  assert.throws(
    () =>
      parseConfig({
        directory,
        file: { port: "4566" },
        environment: { logLevel: "loud" },
        flag: { instances: { max: 0 } },
      }),
    (error: ConfigError) => {
      assert.equal(error.problems.length, 3);
      assert.match(error.message, /^file: port: .*number/m);
      assert.match(error.message, /^environment: YUNQUE_LOG_LEVEL: .*"debug"/m);
      assert.match(error.message, /^flag: --instances-max: .*>=1/m);
      return true;
    },
  );
});

test("a wrong value is refused even where a later source overrides it", () => {
  assert.throws(
    () => parseConfig({ directory, file: { port: -1 }, flag: { port: 1 } }),
    ConfigError,
  );
});

for (const [what, file] of Object.entries({
  "a list": [],
  "null for a setting": { host: null },
  "a port out of range": { port: 65_536 },
  "a fractional port": { port: 1.5 },
  "an account of eleven digits": { account: "00000000000" },
  "a region with a newline": { region: "us-east-1\n" },
  "a short admin token": { adminToken: "secret" },
  "an unknown engine": { engine: "oracle" },
}))
  test(`${what} is refused`, () => assert.equal(problemsOf(file).length, 1));

test("an address outside loopback is allowed with a warning", () => {
  const { warnings } = parseConfig({ directory, file: { host: "0.0.0.0" } });
  assert.match(warnings.join(), /^listening on 0\.0\.0\.0: whoever reaches this address/);
});

test("what anybody may see has every setting but the secret ones", () => {
  const file = { adminToken: "0123456789abcdef", smtp: { url: "smtp://user:word@mail.example" } };
  const { config } = parseConfig({ directory, file });
  const { adminToken, smtp, ...rest } = config;
  assert.equal(adminToken, "0123456789abcdef");
  assert.equal(smtp.url, "smtp://user:word@mail.example");
  assert.deepEqual(publicConfig(config), { ...rest, smtp: { from: smtp.from } });
});

test("only addresses of this machine are loopback", () => {
  for (const host of ["127.0.0.1", "127.1.2.3", "::1", "localhost"]) assert.ok(isLoopback(host));
  for (const host of ["0.0.0.0", "::", "127.0.0.1.example.com", "10.0.0.1"])
    assert.ok(!isLoopback(host));
});

test("every setting has a meaning, its own variable and, unless it is secret, its own flag", () => {
  assert.ok(settings.every(({ meaning }) => meaning.length > 10));
  assert.equal(new Set(settings.map(({ variable }) => variable)).size, settings.length);
  assert.deepEqual(
    settings.filter(({ flag }) => flag === undefined).map(({ name }) => name),
    ["adminToken", "smtp.url"],
  );
  const idle = settings.find(({ name }) => name === "instances.idleSeconds");
  assert.equal(idle?.variable, "YUNQUE_INSTANCES_IDLE_SECONDS");
  assert.equal(idle?.flag, "--instances-idle-seconds");
});
