import assert from "node:assert/strict";
import { test } from "node:test";
import type { FunctionSettings } from "./function.ts";
import {
  checkSettings,
  checkUnpackedSize,
  fingerprintOf,
  mergeLogging,
} from "./function-settings.ts";

const settings: FunctionSettings = {
  description: "",
  role: "r",
  runtime: "nodejs22.x",
  handler: "index.handler",
  architecture: "x86_64",
  memoryMB: 128,
  timeoutSeconds: 3,
  ephemeralStorageMB: 512,
  layers: [],
  logging: { format: "Text", group: "/aws/lambda/f" },
  tracing: "PassThrough",
  snapStart: "None",
};
const code = { package: "p", sha256: "s", size: 1, unpackedSize: 1 };

test("deprecated runtimes are refused in other words than unknown ones", () => {
  assert.throws(() => checkSettings({ ...settings, runtime: "nodejs14.x" }), {
    message: /^The runtime parameter of nodejs14.x is no longer supported/,
  });
  assert.throws(() => checkSettings({ ...settings, runtime: "NODEJS22.X" }), {
    message: /^Value NODEJS22.X at 'runtime' failed to satisfy constraint: .* or be a valid ARN$/,
  });
  checkSettings({ ...settings, runtime: "provided.al2023" });
});

test("SnapStart is for the runtimes that have it", () => {
  checkSettings({ ...settings, runtime: "java21", snapStart: "PublishedVersions" });
  assert.throws(() => checkSettings({ ...settings, snapStart: "PublishedVersions" }), {
    message: "nodejs22.x is not supported for SnapStart enabled functions.",
  });
});

test("the environment is at most 4 KB of JSON, names and quotes included", () => {
  const fits = "x".repeat(4096 - '{"A":""}'.length);
  checkSettings({ ...settings, environment: { A: fits } });
  assert.throws(() => checkSettings({ ...settings, environment: { A: `${fits}x` } }), {
    message: /exceeded the 4KB limit. String measured: \{"A":"x+"\}$/,
  });
  assert.throws(() => checkSettings({ ...settings, environment: { A: "ü".repeat(2_045) } }));
});

test("variables that Lambda sets itself are not the caller's", () => {
  assert.throws(() => checkSettings({ ...settings, environment: { AWS_REGION: "x", B: "y" } }), {
    message: /Reserved keys used in this request: AWS_REGION$/,
  });
});

test("code and layers fit together, unpacked", () => {
  const layer = { arn: "l", codeSize: 1, unpackedSize: 200_000_000, package: "p" };
  checkUnpackedSize(62_144_000, { ...settings, layers: [layer] });
  assert.throws(() => checkUnpackedSize(62_144_001, { ...settings, layers: [layer] }), {
    message: /exceeds the maximum allowed size of 262144000 bytes. The actual size is 262144001/,
  });
});

test("log levels come with JSON and go with it", () => {
  const json = mergeLogging(settings.logging, { format: "JSON", systemLevel: "DEBUG" });
  assert.deepEqual(json, {
    format: "JSON",
    group: "/aws/lambda/f",
    applicationLevel: "INFO",
    systemLevel: "DEBUG",
  });
  assert.deepEqual(mergeLogging(json, { format: "Text" }), settings.logging);
});

test("a fingerprint depends on what is there, not on the order in which it was said", () => {
  const one = { ...settings, environment: { A: "1", B: "2" } };
  const other = { environment: { B: "2", A: "1" }, ...settings };
  assert.equal(fingerprintOf(one, code), fingerprintOf({ ...other }, code));
  assert.notEqual(fingerprintOf(one, code), fingerprintOf({ ...one, description: "x" }, code));
  assert.notEqual(fingerprintOf(one, code), fingerprintOf(one, { ...code, sha256: "t" }));
});
