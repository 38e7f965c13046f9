import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { identities, passwdOf } from "./identity.ts";

describe("identities", () => {
  it("as root every program is a user of its own, and never root", () => {
    const next = identities(true);
    const uids = Array.from({ length: 100 }, () => next().uid);
    assert.equal(new Set(uids).size, 100);
    assert.ok(uids.every((uid) => uid >= 2_000_000_000 && uid < 2 ** 31));
  });

  it("a number is given again once its program is gone", () => {
    const next = identities(true);
    const first = next();
    const second = next();
    first.release();
    assert.equal(next().uid, first.uid);
    assert.notEqual(next().uid, second.uid);
  });

  it("as an ordinary user all are Lambda's user, each in a namespace of its own", () => {
    const next = identities(false);
    assert.equal(next().uid, next().uid);
    assert.equal(next().kind, "mapped");
    assert.match(passwdOf(next()), /^sbx_user1051:x:993:990:/m);
  });
});
