import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { deflateRawSync } from "node:zlib";
import { ZipFile } from "yazl";
import { fileBytes, readZip, type ZipEntry, type ZipLimits } from "./zip.ts";
import { ZipError, type ZipFault } from "./zip-error.ts";
import { type FixtureEntry, makeZip } from "./zip-fixture.ts";

const LIMITS: ZipLimits = { unpackedBytes: 1 << 20, files: 100 };
const LINK = 0o120777;

const read = (...entries: FixtureEntry[]): ZipEntry[] => readZip(makeZip(entries), LIMITS);

/** Every entry's path with its content, as unpacking would see it. */
function contents(zip: Uint8Array, limits = LIMITS): Record<string, string> {
  const texts = readZip(zip, limits).map((entry): [string, string] => {
    if (entry.type === "file") return [entry.path, Buffer.from(fileBytes(zip, entry)).toString()];
    return [entry.path, entry.type === "link" ? `-> ${entry.target}` : "/"];
  });
  return Object.fromEntries(texts);
}

function refuses(zip: Uint8Array, fault: ZipFault, message?: RegExp, limits = LIMITS): void {
  assert.throws(
    () => contents(zip, limits),
    (error) => {
      assert.ok(error instanceof ZipError, String(error));
      assert.equal(error.fault, fault, error.message);
      if (message) assert.match(error.message, message);
      return true;
    },
  );
}

const refusesEntries = (fault: ZipFault, message: RegExp | undefined, ...entries: FixtureEntry[]) =>
  refuses(makeZip(entries), fault, message);

describe("well-formed archives", () => {
  it("stored, deflated and empty files, directories and links are read", () => {
    const zip = makeZip([
      { name: "dir/", mode: 0o040755 },
      { name: "dir/stored.txt", data: "stored", stored: true },
      { name: "dir/deflated.txt", data: "deflated ".repeat(100) },
      { name: "empty" },
      { name: "empty stored", stored: true },
      { name: "dir/link", data: "stored.txt", mode: LINK },
    ]);
    assert.deepEqual(contents(zip), {
      dir: "/",
      "dir/stored.txt": "stored",
      "dir/deflated.txt": "deflated ".repeat(100),
      empty: "",
      "empty stored": "",
      "dir/link": "-> stored.txt",
    });
  });

  it("an archive without entries is one", () => {
    assert.deepEqual(contents(makeZip([])), {});
  });

  it("permission bits are kept, everything above them is not; without any they are 0", () => {
    const modes = read(
      { name: "run", mode: 0o100755 },
      { name: "private", mode: 0o100600 },
      { name: "setuid", mode: 0o106755 },
      { name: "sticky/", mode: 0o041777 },
      { name: "dos" },
      { name: "none", mode: 0o100000 },
      { name: "no type", mode: 0o000644 },
    ).map(({ path, mode }) => [path, mode.toString(8)]);
    assert.deepEqual(modes, [
      ["run", "755"],
      ["private", "600"],
      ["setuid", "755"],
      ["sticky", "777"],
      ["dos", "0"],
      ["none", "0"],
      ["no type", "644"],
    ]);
  });

  it("names are UTF-8, with the flag and without", () => {
    const paths = read({ name: "é/中.txt" }, { name: "\u{1F426}", flags: 0x0800 }).map(
      (e) => e.path,
    );
    assert.deepEqual(paths, ["é/中.txt", "\u{1F426}"]);
  });

  it("dots and doubled slashes vanish from paths", () => {
    assert.deepEqual(
      read({ name: "./a" }, { name: "b//c" }, { name: "d/./e" }, { name: "./" }).map((e) => e.path),
      ["a", "b/c", "d/e"],
    );
  });

  it("names that objects have too are plain names", () => {
    const zip = makeZip([
      { name: "__proto__/a", data: "1" },
      { name: "constructor", data: "2" },
    ]);
    assert.deepEqual(
      readZip(zip, LIMITS).map(({ path }) => path),
      ["__proto__/a", "constructor"],
    );
  });

  it("checksum and sizes may follow the data", () => {
    const zip = makeZip([
      { name: "a", data: "first", descriptor: true },
      { name: "b", data: "second", descriptor: true },
    ]);
    assert.deepEqual(contents(zip), { a: "first", b: "second" });
  });

  it("zip64 is read: its end record, and fields of entries", () => {
    const zip = makeZip(
      [
        { name: "a", data: "wide", zip64: true },
        { name: "b", data: "plain" },
      ],
      { zip64: true },
    );
    assert.deepEqual(contents(zip), { a: "wide", b: "plain" });
  });

  it("a comment may follow, even one that looks like an end", () => {
    assert.deepEqual(
      contents(makeZip([{ name: "a" }], { comment: "PK\x05\x06 and so on".padEnd(60) })),
      { a: "" },
    );
  });

  it("an archive inside of a larger buffer is read", () => {
    const zip = makeZip([{ name: "a", data: "inside" }]);
    const buffer = new Uint8Array(zip.length + 100).fill(0x50);
    buffer.set(zip, 37);
    assert.deepEqual(contents(buffer.subarray(37, 37 + zip.length)), { a: "inside" });
  });

  it("what a real zip library writes is read, zip64 and streamed too", async () => {
    for (const forceZip64Format of [false, true]) {
      const archive = new ZipFile();
      archive.addBuffer(Buffer.from("hello"), "greeting.txt", { mode: 0o100644, forceZip64Format });
      archive.addEmptyDirectory("empty");
      archive.addReadStreamLazy("streamed", { mode: 0o100755, forceZip64Format }, async (done) => {
        const { Readable } = await import("node:stream");
        done(null, Readable.from([Buffer.from("in "), Buffer.from("pieces")]));
      });
      archive.end({ forceZip64Format, comment: "" });
      const chunks: Buffer[] = [];
      for await (const chunk of archive.outputStream) chunks.push(Buffer.from(chunk));
      assert.deepEqual(contents(Buffer.concat(chunks)), {
        "greeting.txt": "hello",
        empty: "/",
        streamed: "in pieces",
      });
    }
  });
});

describe("paths that lead out", () => {
  for (const name of [
    "../a",
    "a/../../b",
    "a/..",
    "..",
    "/etc/passwd",
    "/",
    "\\a",
    "a\\..\\b",
    "C:/a",
    "c:a",
  ])
    it(`${name} is refused`, () => refusesEntries("escapes", undefined, { name, stored: true }));

  it("names with NUL, without any character, or not in UTF-8 are refused", () => {
    refusesEntries("malformed", undefined, { name: "a\0b" });
    refusesEntries("malformed", undefined, { name: "" });
    refusesEntries("malformed", /UTF-8/, { name: Uint8Array.of(0x61, 0xff) });
    refusesEntries("malformed", undefined, { name: "." });
  });

  it("names that no file system takes are refused", () => {
    refusesEntries("malformed", /long/, { name: "a".repeat(256) });
    refusesEntries("malformed", /long/, { name: `dir/${"é".repeat(128)}` });
    refusesEntries("malformed", /bytes/, { name: "a/".repeat(1025) });
    assert.equal(read({ name: "a".repeat(255) }).length, 1);
  });
});

describe("links", () => {
  const link = (name: string, data: string): FixtureEntry => ({ name, data, mode: LINK });

  it("links inside are kept, those that dangle or lead to the root too", () => {
    const entries = read(
      link("lib/libx.so", "libx.so.1"),
      { name: "lib/libx.so.1" },
      link("up", "lib/../lib/libx.so.1"),
      link("lib/root", ".."),
      link("dangling", "nowhere/at/all"),
    );
    assert.deepEqual(
      entries.flatMap((entry) => (entry.type === "link" ? [entry.target] : [])),
      ["libx.so.1", "lib/../lib/libx.so.1", "..", "nowhere/at/all"],
    );
  });

  for (const [where, target] of [
    ["a", "/etc/passwd"],
    ["a", ".."],
    ["a", "../x"],
    ["d/a", "../.."],
    ["d/a", "x/../../../y"],
  ] as const)
    it(`a link at ${where} to ${target} is refused`, () =>
      refusesEntries("escapes", /link/, link(where, target)));

  it("a link that leads out through another link is refused", () => {
    refusesEntries(
      "escapes",
      /link/,
      link("deep/er/root", "../.."),
      link("out", "deep/er/root/.."),
    );
    refusesEntries(
      "escapes",
      /link/,
      link("out", "deep/er/root/.."),
      link("deep/er/root", "../.."),
    );
    assert.equal(read(link("deep/er/root", "../.."), link("in", "deep/er/root/x")).length, 2);
  });

  it("links that lead in circles are refused", () => {
    refusesEntries("escapes", undefined, link("a", "b"), link("b", "a"));
    refusesEntries("escapes", undefined, link("a", "a/a"));
  });

  it("nothing is written through a link, whichever comes first", () => {
    refusesEntries("escapes", /through/, link("a", "b"), { name: "a/x" });
    refusesEntries("escapes", /through/, { name: "a/b/x" }, link("a", "b"));
    refusesEntries("escapes", /through/, link("a", "b"), link("a/c", "d"));
  });

  it("targets that are empty, too long, with NUL or not UTF-8 are refused", () => {
    refusesEntries("malformed", undefined, link("a", ""));
    refusesEntries("malformed", undefined, link("a", "x\0"));
    refusesEntries("malformed", undefined, link("a", "x".repeat(2049)));
    refusesEntries("malformed", undefined, { name: "a", data: Uint8Array.of(0xff), mode: LINK });
  });

  it("links that take endless time to follow are refused", () => {
    const winding = "x/../".repeat(400);
    const links = Array.from({ length: 1300 }, (_, n) => link(`l${n}`, `${winding}y`));
    refuses(makeZip(links), "malformed", /entangled/, {
      ...LIMITS,
      unpackedBytes: 1 << 24,
      files: 2000,
    });
    assert.equal(read(...links.slice(0, 50)).length, 50);
  });
});

describe("entries that do not fit together", () => {
  it("two entries in one place are refused, directories but once more are not", () => {
    refusesEntries("malformed", /twice/, { name: "a" }, { name: "a" });
    refusesEntries("malformed", /twice/, { name: "a/b" }, { name: "a/./b" });
    refusesEntries("malformed", /twice/, { name: "a/" }, { name: "a" });
    assert.equal(read({ name: "a/" }, { name: "a/" }).length, 2);
  });

  it("names that differ in case alone are two", () => {
    assert.equal(read({ name: "a" }, { name: "A" }).length, 2);
  });

  it("a file that is a directory too is refused, whichever comes first", () => {
    refusesEntries("malformed", /directory/, { name: "a" }, { name: "a/b" });
    refusesEntries("malformed", /directory/, { name: "a/b/c" }, { name: "a" });
  });

  it("devices, pipes, sockets, and directories with content are refused", () => {
    for (const type of [0o010000, 0o020000, 0o060000, 0o140000])
      refusesEntries("malformed", /no file/, { name: "a", mode: type | 0o644 });
    refusesEntries("malformed", /no file/, { name: "a/", mode: LINK });
    refusesEntries("malformed", /content/, { name: "a/", data: "x" });
  });
});

describe("limits", () => {
  it("what says it is too large unpacked is refused before it is unpacked", () => {
    const half = (name: string): FixtureEntry => ({ name, data: "x", size: 1 << 19 });
    assert.equal(read(half("a"), half("b")).length, 2);
    refusesEntries("tooLarge", undefined, half("a"), half("b"), { name: "c", data: "x" });
    refusesEntries("tooLarge", undefined, { name: "a", data: "x", size: 0xfffffffe });
  });

  it("what is larger than it says is refused, and never unpacked whole", () => {
    const bomb = deflateRawSync(Buffer.alloc(64 << 20));
    const entry = { name: "a", data: bomb, stored: true, method: 8, crc: 0, size: 10 };
    refusesEntries("malformed", /larger/, entry);
    refusesEntries("malformed", /damaged/, { name: "a", data: "some text", size: 8 });
    refusesEntries("malformed", /damaged/, { name: "a", data: "some text", size: 10 });
  });

  it("too many entries, and too many directories of their paths, are refused", () => {
    const files = (count: number) => Array.from({ length: count }, (_, n) => ({ name: `f${n}` }));
    assert.equal(read(...files(100)).length, 100);
    refusesEntries("tooManyFiles", undefined, ...files(101));
    refusesEntries("tooManyFiles", undefined, { name: `${"d/".repeat(100)}f` });
    refuses(makeZip([], { zip64: true, count: 2 ** 40 }), "malformed");
  });

  it("entries that share their data are refused", () => {
    const kernel = { name: "a", data: "x".repeat(1000) };
    refusesEntries("malformed", undefined, kernel, { ...kernel, offset: 0 });
    refusesEntries(
      "malformed",
      /overlap/,
      { name: "a", data: "aaaa", stored: true, size: 40, compressedSize: 40 },
      { name: "b", stored: true },
    );
  });
});

describe("damage", () => {
  const good = makeZip([
    { name: "a", data: "some text" },
    { name: "b", data: "more" },
  ]);

  it("nothing, and what is no archive at all, is refused", () => {
    refuses(new Uint8Array(0), "malformed");
    refuses(Buffer.from("this is no zip archive, however long it may be"), "malformed");
    refuses(new Uint8Array(100_000), "malformed");
  });

  it("an archive cut off anywhere is refused", () => {
    for (let length = 0; length < good.length; length++)
      refuses(good.subarray(0, length), "malformed");
  });

  it("an archive with something before, between or behind is refused", () => {
    refuses(Buffer.concat([Buffer.from("#!/bin/sh\n"), good]), "malformed");
    refuses(Buffer.concat([good, Buffer.from("x")]), "malformed");
    refuses(makeZip([{ name: "a" }], { gap: 1 }), "malformed");
  });

  it("a changed byte is refused or changes nothing that is unpacked", () => {
    const before = contents(good);
    for (let at = 0; at < good.length; at++)
      for (const bit of [0x01, 0x10, 0x80]) {
        const changed = good.slice();
        changed[at] = (changed[at] ?? 0) ^ bit;
        let after: Record<string, string>;
        try {
          after = contents(changed);
        } catch (error) {
          assert.ok(error instanceof ZipError, `${at}: ${error}`);
          continue;
        }
        assert.deepEqual(Object.values(after), Object.values(before), `byte ${at}`);
      }
  });

  it("wrong checksums are refused", () => {
    refusesEntries("malformed", /damaged/, { name: "a", data: "text", crc: 1 });
    refusesEntries("malformed", /damaged/, { name: "a", data: "text", crc: 1, stored: true });
  });

  it("central directory and local headers that differ are refused", () => {
    for (const local of [{ name: "b" }, { method: 0 }, { crc: 1 }, { size: 1 }])
      refusesEntries("malformed", /two different/, { name: "a", data: "text", local });
    refusesEntries("malformed", /two different sizes/, {
      name: "a",
      data: "text",
      stored: true,
      size: 3,
    });
    refusesEntries("malformed", undefined, { name: "a", offset: 1 });
    refusesEntries("malformed", undefined, { name: "a", offset: 0xfffffff0 });
  });

  it("encrypted entries and unknown methods are refused", () => {
    for (const flags of [0x0001, 0x0041, 0x2000])
      refusesEntries("malformed", /encrypted/, { name: "a", flags });
    refusesEntries("malformed", /encrypted/, { name: "a", local: { flags: 1 } });
    for (const method of [1, 9, 12, 14, 93, 99])
      refusesEntries("malformed", /method/, { name: "a", method });
  });

  it("parts of several, and counts that are not true, are refused", () => {
    for (const zip64 of [false, true]) {
      refuses(makeZip([{ name: "a" }], { disk: 1, zip64 }), "malformed", /parts/);
      refuses(makeZip([{ name: "a" }, { name: "b" }], { count: 1, zip64 }), "malformed");
      refuses(makeZip([{ name: "a" }], { count: 2, zip64 }), "malformed");
    }
  });
});
