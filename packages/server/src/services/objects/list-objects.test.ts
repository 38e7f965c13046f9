import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createMemoryEngine } from "../../engines/memory/engine.ts";
import { BUCKET, caller, openFixture } from "./fixture.ts";

type Request = { prefix?: string; delimiter?: string; after?: string; max?: number };

async function bucketOf(keys: readonly string[]) {
  const { objects, put } = await openFixture(createMemoryEngine());
  await Promise.all(keys.map((key) => put(key, "x")));
  const list = async (request: Request = {}) => {
    const page = await objects.listObjects(caller, {
      bucket: BUCKET,
      prefix: "",
      after: "",
      max: 1000,
      ...request,
    });
    return { keys: page.objects.map(({ key }) => key), prefixes: page.prefixes, next: page.next };
  };
  /** All pages, one after the other: keys and common prefixes as they came. */
  const walk = async (request: Request) => {
    const all: string[] = [];
    for (let after: string | undefined = request.after ?? ""; after !== undefined; ) {
      const page: Awaited<ReturnType<typeof list>> = await list({ ...request, after });
      all.push(...[...page.keys, ...page.prefixes].sort());
      after = page.next;
    }
    return all;
  };
  return { list, walk };
}

describe("listing a bucket", () => {
  it("is in the order of the keys' UTF-8, not of their UTF-16", async () => {
    const { list } = await bucketOf(["b", "a", "é", "\u{1F600}", "\uFF5E", "B"]);
    assert.deepEqual((await list()).keys, ["B", "a", "b", "é", "\uFF5E", "\u{1F600}"]);
  });

  it("rolls up what shares a prefix to the delimiter", async () => {
    const { list } = await bucketOf(["a/1", "a/2", "b", "c/1/x", "c/2"]);
    assert.deepEqual(await list({ delimiter: "/" }), {
      keys: ["b"],
      prefixes: ["a/", "c/"],
      next: undefined,
    });
    assert.deepEqual(await list({ delimiter: "/", prefix: "c/" }), {
      keys: ["c/2"],
      prefixes: ["c/1/"],
      next: undefined,
    });
    assert.deepEqual((await list({ delimiter: "/", prefix: "c" })).prefixes, ["c/"]);
  });

  it("counts a common prefix as one, and goes on behind it", async () => {
    const { list } = await bucketOf(["a/1", "a/2", "b", "c"]);
    const first = await list({ delimiter: "/", max: 1 });
    assert.deepEqual(first, { keys: [], prefixes: ["a/"], next: "a/" });
    const second = await list({ delimiter: "/", max: 2, after: "a/" });
    assert.deepEqual(second, { keys: ["b", "c"], prefixes: [], next: undefined });
  });

  it("shows a prefix again where it begins inside of it", async () => {
    const { list } = await bucketOf(["a/1", "a/2", "b"]);
    assert.deepEqual((await list({ delimiter: "/", after: "a/1" })).prefixes, ["a/"]);
  });

  it("of nothing, or with a page of nothing, ends at once", async () => {
    const { list } = await bucketOf(["a"]);
    assert.deepEqual(await list({ prefix: "x" }), { keys: [], prefixes: [], next: undefined });
    assert.deepEqual(await list({ max: 0 }), { keys: [], prefixes: [], next: undefined });
  });

  it("page by page gives the same as at once, whatever the size of the page", async () => {
    const keys = Array.from({ length: 90 }, (_, n) => `${n % 3}/${n % 7}/${n}`);
    keys.push("0", "1", "x\u{10FFFF}/1", "x\u{10FFFF}\u{10FFFF}/2", "y/\u{10FFFF}a", "y/b");
    const { walk } = await bucketOf(keys);
    for (const request of [
      {},
      { delimiter: "/" },
      { delimiter: "/", prefix: "1/" },
      { delimiter: "/1" },
    ]) {
      const whole = await walk(request);
      assert.equal(new Set(whole).size, whole.length, "nothing twice");
      for (const max of [1, 2, 7, 33])
        assert.deepEqual((await walk({ ...request, max })).sort(), whole.sort());
    }
  });

  it("of one huge prefix among others reads past it", async () => {
    const keys = Array.from({ length: 3000 }, (_, n) => `big/${n}`);
    const { list } = await bucketOf(["a", ...keys, "z"]);
    assert.deepEqual(await list({ delimiter: "/" }), {
      keys: ["a", "z"],
      prefixes: ["big/"],
      next: undefined,
    });
  });
});
