import {
  GetObjectCommand,
  type GetObjectCommandInput,
  HeadObjectCommand,
} from "@aws-sdk/client-s3";
import type { Recordings } from "../harness.ts";
import type { Answered, S3Fixture } from "./fixture.ts";

const HOUR = 3_600_000;

/** Ranges and conditions. */
export function playReading({ play }: Recordings, s3: () => S3Fixture): void {
  const get = (Bucket: string, Key: string, more: Partial<GetObjectCommandInput> = {}) =>
    s3().send(new GetObjectCommand({ Bucket, Key, ...more }));

  play("TestS3ObjectCRUD::test_get_object_range", async (answers) => {
    const bucket = await s3().bucket();
    await s3().put(bucket, "key", "0123456789");
    const ranges: [name: string, range: string][] = [
      ["0-8", "bytes=0-8"],
      ["1-1", "bytes=1-1"],
      ["1-0", "bytes=1-0"],
      ["1-", "bytes=1-"],
      ["-1-", "bytes=-1-"],
      ["-2", "bytes=-2"],
      ["-9", "bytes=-9"],
      ["-15", "bytes=-15"],
      ["0-100", "bytes=0-100"],
      ["0-0", "bytes=0-0"],
      ["0--1", "bytes=0--1"],
      ["multiple-ranges", "bytes=0-1,3-4,6-9"],
      ["wrong-format", "0-9"],
      ["-", "bytes=-"],
      ["-0", "bytes=-0"],
      ["100-200", "bytes=100-200"],
    ];
    for (const [name, Range] of ranges)
      answers.equal(`get-${name}`, await get(bucket, "key", { Range, ChecksumMode: "ENABLED" }));
    const checked = await get(bucket, "key", { Range: "bytes=0-8", ChecksumMode: "ENABLED" });
    answers.equal("get-0-8-checksum", checked);
    const put = await s3().put(bucket, "key", "01234567890123456789");
    answers.equal("put-after-failed", put);
  });

  play("TestS3::test_invalid_range_error", async (answers) => {
    const bucket = await s3().bucket();
    await s3().put(bucket, "key", "abcdefgh");
    answers.equal("exc", await get(bucket, "key", { Range: "bytes=1024-4096" }));
  });

  play("TestS3::test_s3_get_object_preconditions[get_object]", async (answers) => {
    const bucket = await s3().bucket();
    await s3().put(bucket, "key", "data");
    const { ETag, LastModified } = await s3()
      .client()
      .send(new HeadObjectCommand({ Bucket: bucket, Key: "key" }));
    const [earlier, later] = [new Date(Date.now() - HOUR), new Date(Date.now() + HOUR)];
    const conditions: [name: string, conditions: Partial<GetObjectCommandInput>][] = [
      ["precondition-if-match", { IfMatch: "none" }],
      ["precondition-if-unmodified-since", { IfUnmodifiedSince: earlier }],
      ["precondition-if-none-match", { IfNoneMatch: ETag }],
      ["copy-precondition-if-modified-since", { IfModifiedSince: LastModified }],
      ["obj-ignore-future-modified-since", { IfModifiedSince: later }],
      ["etag-missing-quotes", { IfNoneMatch: ETag?.replaceAll('"', "") }],
      ["precondition-if-unmodified-since-is-object", { IfUnmodifiedSince: LastModified }],
      ["precondition-if-modified-since-is-object", { IfModifiedSince: LastModified }],
      [
        "obj-success",
        { IfMatch: ETag, IfNoneMatch: "other", IfModifiedSince: earlier, IfUnmodifiedSince: later },
      ],
    ];
    for (const [name, condition] of conditions)
      answers.equal(name, await get(bucket, "key", { ...condition, ChecksumMode: "ENABLED" }));
  });

  play("TestS3::test_s3_get_object_headers", async (answers) => {
    const bucket = await s3().bucket();
    const { ETag } = (await s3().put(bucket, "key", "data")) as { ETag: string };
    const bare = ETag.replaceAll('"', "");
    const status = (answered: Answered) =>
      (answered["ResponseMetadata"] as { HTTPStatusCode: number }).HTTPStatusCode;
    const fails = async (name: string, condition: Partial<GetObjectCommandInput>) =>
      answers.equal(name, (await get(bucket, "key", condition))["Error"]);
    const succeeds = async (name: string, condition: Partial<GetObjectCommandInput>) =>
      answers.equal(name, status(await get(bucket, "key", condition)));
    await fails("if_none_match_err_1", { IfNoneMatch: ETag });
    await fails("if_none_match_err_2", { IfNoneMatch: bare });
    await succeeds("if_none_match_1", { IfNoneMatch: "etag" });
    await succeeds("if_match_1", { IfMatch: ETag });
    await succeeds("if_match_2", { IfMatch: bare });
    await fails("if_match_err_1", { IfMatch: "etag" });
  });
}
