import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { announce, announcedToken, announcementDirectory } from "./announcement.ts";

const TOKEN = "0123456789abcdef";
let root: string;
let directory: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "yunque-announcement-"));
  directory = join(root, "yunque");
});
afterEach(() => rmSync(root, { recursive: true }));

const found = (origin: string) => announcedToken(origin, directory);

test("the directory is the session's, else one in the user's caches", () => {
  assert.equal(announcementDirectory({ XDG_RUNTIME_DIR: "/run/user/1" }), "/run/user/1/yunque");
  for (const XDG_RUNTIME_DIR of [undefined, "", "relative"])
    assert.match(announcementDirectory({ XDG_RUNTIME_DIR }), /\.cache\/yunque$/);
});

test("a platform's token is found by its address until it is taken back", () => {
  const takeBack = announce("http://127.0.0.1:4566", TOKEN, directory);
  assert.equal(found("http://127.0.0.1:4566"), TOKEN);
  assert.equal(found("http://localhost:4566"), TOKEN);
  assert.equal(found("http://yunque.localhost:4566"), TOKEN);
  assert.equal(found("http://127.0.0.1:4567"), undefined);
  assert.equal(found("http://10.0.0.1:4566"), undefined);
  takeBack();
  takeBack();
  assert.equal(found("http://127.0.0.1:4566"), undefined);
  assert.deepEqual(readdirSync(directory), []);
});

test("one that listens everywhere is found on this machine, never at the address of another one", () => {
  announce("http://0.0.0.0:4566", TOKEN, directory);
  assert.equal(found("http://127.0.0.1:4566"), TOKEN);
  assert.equal(found("http://10.0.0.1:4566"), undefined);
  announce("http://[::]:4567", TOKEN, directory);
  for (const host of ["[::1]", "127.0.0.1", "localhost"])
    assert.equal(found(`http://${host}:4567`), TOKEN, host);
});

test("nobody but this user can read it, whatever the umask is", () => {
  const before = process.umask(0);
  try {
    announce("http://[::1]:4566", TOKEN, directory);
  } finally {
    process.umask(before);
  }
  assert.equal(statSync(directory).mode & 0o777, 0o700);
  const [name = ""] = readdirSync(directory);
  assert.equal(statSync(join(directory, name)).mode & 0o777, 0o600);
});

test("what was put in its place by a later platform stays", () => {
  const takeBack = announce("http://127.0.0.1:4566", TOKEN, directory);
  const [name = ""] = readdirSync(directory);
  const later = JSON.stringify({ pid: 1, token: "another" });
  writeFileSync(join(directory, name), later, { mode: 0o600 });
  takeBack();
  assert.equal(readFileSync(join(directory, name), "utf8"), later);
});

test("the token of a platform that is gone is told to nobody, and swept away", () => {
  const { pid } = spawnSync(process.execPath, ["-e", ""]);
  announce("http://127.0.0.1:4566", TOKEN, directory);
  const [name = ""] = readdirSync(directory);
  writeFileSync(join(directory, name), JSON.stringify({ pid, token: TOKEN }));
  assert.equal(found("http://127.0.0.1:4566"), undefined);
  announce("http://127.0.0.1:4567", TOKEN, directory);
  assert.deepEqual(readdirSync(directory), ["127.0.0.1_4567"]);
});

test("a directory that others may enter is not believed, and shut before it is used; a link never is", () => {
  announce("http://127.0.0.1:4566", TOKEN, directory);
  chmodSync(directory, 0o755);
  assert.equal(found("http://127.0.0.1:4566"), undefined);
  announce("http://127.0.0.1:4566", TOKEN, directory);
  assert.equal(statSync(directory).mode & 0o777, 0o700);
  const link = join(root, "link");
  mkdirSync(join(root, "real"), { mode: 0o700 });
  symlinkSync(join(root, "real"), link);
  assert.throws(() => announce("http://127.0.0.1:4566", TOKEN, link), /alone/);
});

test("what lies there and is no announcement is none", () => {
  announce("http://127.0.0.1:4566", TOKEN, directory);
  for (const text of ["", "{}", "null", '{"pid":"1","token":"x"}', `{"pid":${process.pid}}`]) {
    writeFileSync(join(directory, "127.0.0.1_4566"), text);
    assert.equal(found("http://127.0.0.1:4566"), undefined, text);
  }
});
