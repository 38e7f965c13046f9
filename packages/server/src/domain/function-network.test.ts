import assert from "node:assert/strict";
import { test } from "node:test";
import {
  checkNetwork,
  FUNCTION_NETWORKS,
  type FunctionNetwork,
  networkOf,
} from "./function-network.ts";

const rule = (widest: FunctionNetwork) => ({ widest, enforced: true });
const asking = (network?: string, runtime = "nodejs22.x") => ({
  runtime,
  environment: network === undefined ? {} : { YUNQUE_NETWORK: network },
});

test("a function that says nothing has what the platform gives", () => {
  for (const widest of FUNCTION_NETWORKS) {
    assert.equal(networkOf(rule(widest), asking()), widest);
    assert.equal(networkOf(rule(widest), { runtime: "nodejs22.x" }), widest);
  }
});

test("the stricter one counts: a function can narrow, never widen", () => {
  const table: readonly [FunctionNetwork, FunctionNetwork, FunctionNetwork][] = [
    ["host", "loopback-only", "loopback-only"],
    ["host", "none", "none"],
    ["loopback-only", "host", "loopback-only"],
    ["loopback-only", "none", "none"],
    ["none", "host", "none"],
    ["none", "loopback-only", "none"],
  ];
  for (const [widest, asked, given] of table)
    assert.equal(networkOf(rule(widest), asking(asked)), given, `${widest} ${asked}`);
});

test("custom runtimes keep their own loopback: their Runtime API is there", () => {
  for (const runtime of ["provided", "provided.al2", "provided.al2023"]) {
    assert.equal(networkOf(rule("host"), asking("none", runtime)), "loopback-only");
    assert.equal(networkOf(rule("none"), asking(undefined, runtime)), "loopback-only");
    assert.equal(networkOf(rule("host"), asking(undefined, runtime)), "host");
  }
});

test("a word that means nothing is refused with those that do; where it got through, it is the strictest", () => {
  for (const word of ["", "HOST", "internet", "none ", "__proto__"]) {
    assert.throws(() => checkNetwork(rule("host"), asking(word)), {
      code: "InvalidFunction",
      message: /YUNQUE_NETWORK.*\[host, loopback-only, none\]/,
    });
    assert.equal(networkOf(rule("host"), asking(word)), "none");
  }
  for (const word of FUNCTION_NETWORKS) checkNetwork(rule("host"), asking(word));
});

test("where nothing can hold a function to it, asking for less is refused", () => {
  const open = { widest: "host", enforced: false } as const;
  checkNetwork(open, asking());
  checkNetwork(open, asking("host"));
  for (const word of ["loopback-only", "none"])
    assert.throws(() => checkNetwork(open, asking(word)), {
      code: "InvalidFunction",
      message: /without a sandbox.*--isolation auto.*yunque doctor/,
    });
});
