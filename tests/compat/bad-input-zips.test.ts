/** Archives that are no archives, lie, or reach out of themselves: CreateFunction, UpdateFunctionCode and layers refuse each. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import {
  CreateFunctionCommand,
  GetFunctionCommand,
  PublishLayerVersionCommand,
  UpdateFunctionCodeCommand,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { CreateBucketCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { type FixtureEntry, makeZip } from "../../packages/server/src/domain/zip-fixture.ts";
import { zipOf } from "../zip.ts";
import { assertRefusal, openTarget, refusalOf, SOUND, type Target } from "./bad-input.ts";

const MB = 1024 * 1024;
const UNZIP = "Could not unzip uploaded file. Please check your file, then try to upload again.";
const UNSAFE =
  /^Could not unzip uploaded file: .+\. Please check your file, then try to upload again\.$/;
const TOO_LARGE = "Unzipped size must be smaller than 262144000 bytes";

const handler: FixtureEntry = { name: "index.mjs", data: "export const handler = () => 1;" };
const zeros = (name: string, size: number): FixtureEntry => ({
  name,
  data: Buffer.alloc(size),
});
const link = (name: string, target: string): FixtureEntry => ({
  name,
  data: target,
  stored: true,
  mode: 0o120777,
});

interface BadZip {
  readonly what: string;
  readonly zip: () => Uint8Array | Promise<Uint8Array>;
  /** Lambda's own words, unless the refusal says more. */
  readonly message?: string | RegExp;
}

const BAD: readonly BadZip[] = [
  { what: "a text", zip: () => Buffer.from("this is no zip archive, whatever its name says") },
  { what: "one byte", zip: () => Buffer.from("P") },
  { what: "a tar", zip: () => Buffer.alloc(10_240) },
  { what: "half an archive", zip: async () => (await sound()).subarray(0, 90) },
  { what: "an archive without its first bytes", zip: async () => (await sound()).subarray(10) },
  { what: "an archive without its last byte", zip: async () => (await sound()).subarray(0, -1) },
  {
    what: "something before the archive",
    zip: () => Buffer.concat([Buffer.alloc(7), makeZip([handler])]),
  },
  { what: "a wrong checksum", zip: () => makeZip([{ ...handler, stored: true, crc: 1 }]) },
  {
    what: "a wrong checksum of a deflated file",
    zip: () => makeZip([{ ...handler, crc: 1 }]),
  },
  { what: "fewer entries than announced", zip: () => makeZip([handler], { count: 2 }) },
  {
    what: "more entries than announced",
    zip: () => makeZip([handler, { name: "b", data: "b" }], { count: 1 }),
  },
  {
    what: "two names of one entry",
    zip: () => makeZip([{ ...handler, local: { name: "other.mjs" } }]),
  },
  { what: "the same file twice", zip: () => makeZip([handler, handler]) },
  {
    what: "a file that is a directory, too",
    zip: () =>
      makeZip([
        { name: "a", data: "" },
        { name: "a/b", data: "" },
      ]),
  },
  { what: "an encrypted file", zip: () => makeZip([{ ...handler, flags: 1 }]) },
  { what: "a strongly encrypted directory", zip: () => makeZip([{ ...handler, flags: 0x2000 }]) },
  { what: "an unknown method", zip: () => makeZip([{ ...handler, method: 97 }]) },
  {
    what: "a name that is not UTF-8",
    zip: () => makeZip([{ name: Buffer.from([0xff, 0xfe, 0x61]) }]),
  },
  { what: "a name with a NUL", zip: () => makeZip([{ name: "a\0b" }]) },
  { what: "an empty name", zip: () => makeZip([{ name: "" }]) },
  { what: "a name of 300 bytes", zip: () => makeZip([{ name: "n".repeat(300) }]) },
  { what: "a device", zip: () => makeZip([{ name: "null", mode: 0o020666 }]) },

  {
    what: "a name above the root",
    zip: () => makeZip([{ ...handler, name: "../escaped.mjs" }]),
    message: UNSAFE,
  },
  {
    what: "a name above the root on its way",
    zip: () => makeZip([{ ...handler, name: "a/../../escaped.mjs" }]),
    message: UNSAFE,
  },
  {
    what: "an absolute name",
    zip: () => makeZip([{ ...handler, name: "/tmp/yunque-escaped.mjs" }]),
    message: UNSAFE,
  },
  {
    what: "a name with backslashes",
    zip: () => makeZip([{ ...handler, name: "..\\escaped.mjs" }]),
    message: UNSAFE,
  },
  {
    what: "a name with a drive",
    zip: () => makeZip([{ ...handler, name: "C:escaped.mjs" }]),
    message: UNSAFE,
  },
  {
    what: "a link above the root",
    zip: () => makeZip([handler, link("out", "../../../etc/passwd")]),
    message: UNSAFE,
  },
  {
    what: "an absolute link",
    zip: () => makeZip([handler, link("out", "/etc/passwd")]),
    message: UNSAFE,
  },
  {
    what: "a file through a link",
    zip: () => makeZip([link("d", "sub"), { name: "sub/" }, { name: "d/f", data: "f" }]),
    message: UNSAFE,
  },
  {
    what: "a file through a link that leads out",
    zip: () => makeZip([link("d", "/tmp"), { name: "d/f", data: "f" }]),
    message: UNSAFE,
  },
  {
    what: "links that lead out together",
    zip: () => makeZip([{ name: "a/b/" }, link("a/b/c", "../.."), link("x", "a/b/c/..")]),
    message: UNSAFE,
  },
  {
    what: "links in a circle",
    zip: () => makeZip([link("a", "b"), link("b", "a")]),
    message: UNSAFE,
  },

  {
    what: "250 MB and a byte, in truth",
    zip: () => makeZip([zeros("a", 150 * MB), zeros("b", 100 * MB + 1)]),
    message: TOO_LARGE,
  },
  {
    what: "4 GB, as it says",
    zip: () => makeZip([{ ...zeros("a", 1), size: 0xffff_fffe }]),
    message: TOO_LARGE,
  },
  {
    what: "100 MB, saying that it is one byte",
    zip: () => makeZip([{ ...zeros("a", 100 * MB), size: 1 }]),
  },
  {
    what: "a byte, saying that it is 200 MB",
    zip: () => makeZip([{ ...zeros("a", 1), size: 200 * MB }]),
  },
  {
    what: "more files than any application has",
    zip: () => makeZip(Array.from({ length: 40_000 }, (_, n) => ({ name: `${n}/a/b` }))),
    message: UNSAFE,
  },
];

const sound = () => zipOf({ "index.mjs": "export const handler = () => 1;" });

describe("archives that are refused", () => {
  let target: Target;

  before(async () => {
    target = await openTarget();
    const { lambda, s3 } = target;
    await lambda.send(
      new CreateFunctionCommand({
        FunctionName: "there",
        ...SOUND,
        Code: { ZipFile: await sound() },
      }),
    );
    await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 20 }, { FunctionName: "there" });
    await s3.send(new CreateBucketCommand({ Bucket: "archives" }));
    await s3.send(
      new PutObjectCommand({ Bucket: "archives", Key: "slip", Body: makeZip([{ name: "../a" }]) }),
    );
    await target.settle();
  });
  after(() => target[Symbol.asyncDispose]());

  for (const { what, zip, message = UNZIP } of BAD)
    test(`${what}: refused as code and as a layer, and nothing is left`, async () => {
      const { lambda } = target;
      const ZipFile = await zip();
      const calls = [
        new CreateFunctionCommand({ FunctionName: "bad", ...SOUND, Code: { ZipFile } }),
        new UpdateFunctionCodeCommand({ FunctionName: "there", ZipFile }),
        new PublishLayerVersionCommand({ LayerName: "bad", Content: { ZipFile } }),
      ];
      for (const call of ZipFile.length > MB ? calls.slice(0, 1) : calls) {
        const refusal = await refusalOf(lambda.send(call as CreateFunctionCommand));
        assertRefusal(refusal, "InvalidParameterValueException", 400, message);
      }
      await target.unchanged();
    });

  const elsewhere = [
    { what: "no archive at all", code: {}, message: /./ },
    {
      what: "an empty archive",
      code: { ZipFile: new Uint8Array() },
      message: "Uploaded file must be a non-empty zip",
    },
    {
      what: "an archive with nothing in it",
      code: { ZipFile: makeZip([]) },
      message: "Uploaded file must be a non-empty zip",
    },
    {
      what: "an archive and an object",
      code: { ZipFile: makeZip([handler]), S3Bucket: "archives", S3Key: "slip" },
      message: /./,
    },
    {
      what: "a bucket that is not there",
      code: { S3Bucket: "nowhere", S3Key: "slip" },
      message:
        "Error occurred while GetObject. S3 Error Code: NoSuchBucket. S3 Error Message: The specified bucket does not exist",
    },
    {
      what: "an object that is not there",
      code: { S3Bucket: "archives", S3Key: "nothing" },
      message:
        "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist.",
    },
    {
      what: "an object that reaches out of itself",
      code: { S3Bucket: "archives", S3Key: "slip" },
      message: UNSAFE,
    },
    { what: "a bucket without a key", code: { S3Bucket: "archives" }, message: /./ },
  ];
  for (const { what, code, message } of elsewhere)
    test(`code from ${what}`, async () => {
      const call = new CreateFunctionCommand({ FunctionName: "bad", ...SOUND, Code: code });
      assertRefusal(
        await refusalOf(target.lambda.send(call)),
        "InvalidParameterValueException",
        400,
        message,
      );
      await target.unchanged();
    });

  test("50 MB of zip: one byte less is taken for an archive, 50 MB are too large", async () => {
    const of = (length: number) => {
      const call = new CreateFunctionCommand({
        FunctionName: "bad",
        ...SOUND,
        Code: { ZipFile: Buffer.alloc(length) },
      });
      return refusalOf(target.lambda.send(call));
    };
    assertRefusal(await of(50 * MB - 1), "InvalidParameterValueException", 400, UNZIP);
    assertRefusal(
      await of(50 * MB),
      "RequestEntityTooLargeException",
      413,
      "Zipped size must be smaller than 52428800 bytes",
    );
    assertRefusal(
      await of(51 * MB),
      "RequestEntityTooLargeException",
      413,
      "Request must be smaller than 70167211 bytes for the CreateFunction operation",
    );
    await target.unchanged();
  });

  test("what was there is as it was", async () => {
    const { Configuration } = await target.lambda.send(
      new GetFunctionCommand({ FunctionName: "there" }),
    );
    assert.equal(Configuration?.LastUpdateStatus, "Successful");
    await assert.rejects(readFile(join(target.platform.dataDir, "escaped.mjs")), {
      code: "ENOENT",
    });
    await assert.rejects(readFile("/tmp/yunque-escaped.mjs"), { code: "ENOENT" });
  });
});
