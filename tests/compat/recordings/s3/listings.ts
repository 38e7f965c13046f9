import {
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListBucketsCommand,
  ListMultipartUploadsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
} from "@aws-sdk/client-s3";
import type { Recordings } from "../harness.ts";
import { botoError, decoded, type S3Fixture } from "./fixture.ts";

const TREE = ["test/foo/bar/123", "test/foo/bar/456", "test/bar/foo/123"];

/** Listing objects in both forms. */
export function playListings({ play }: Recordings, s3: () => S3Fixture): void {
  const v1 = async (Bucket: string, more: object = {}) =>
    decoded(await s3().send(new ListObjectsCommand({ Bucket, EncodingType: "url", ...more })));
  const v2 = async (Bucket: string, more: Partial<ListObjectsV2CommandInput> = {}) =>
    decoded(await s3().send(new ListObjectsV2Command({ Bucket, EncodingType: "url", ...more })));
  const filled = async (keys: readonly string[], body: string) => {
    const bucket = await s3().bucket();
    for (const key of keys) await s3().put(bucket, key, body);
    return bucket;
  };

  play("TestS3ListObjects::test_list_objects_with_prefix[]", async (answers) => {
    const bucket = await filled(["test/foo/bar/123"], "content 123");
    const page = { Prefix: "test/", Delimiter: "", MaxKeys: 1 };
    answers.equal("list-objects", await v1(bucket, page));
  });

  play("TestS3ListObjects::test_s3_list_objects_empty_marker", async (answers) => {
    answers.equal("list-objects", await v1(await s3().bucket(), { Marker: "" }));
  });

  play("TestS3ListObjectsV2::test_list_objects_v2_with_prefix", async (answers) => {
    const bucket = await filled(TREE, "content 123");
    for (const [index, Prefix] of ["test/", "test/foo", "test/foo/bar"].entries())
      answers.equal(`list-objects-v2-${index + 1}`, await v2(bucket, { Prefix }));
    const raw = await s3().raw("GET", `/${bucket}?list-type=2&prefix=test/foo`);
    answers.equal("list-objects-v2-no-encoding", { ListBucketResult: elements(raw.text) });
  });

  play("TestS3ListObjectsV2::test_list_objects_v2_with_prefix_and_delimiter", async (answers) => {
    const bucket = await filled(TREE, "content 123");
    const list = (Prefix: string, more = {}) => v2(bucket, { Prefix, Delimiter: "/", ...more });
    answers.equal("list-objects-v2-1", await list("test/"));
    answers.equal("list-objects-v2-1-with-max-keys", await list("test/", { MaxKeys: 1 }));
    answers.equal("list-objects-v2-2", await list("test/foo"));
    answers.equal("list-objects-v2-3", await list("test/foo/bar"));
  });

  play(
    "TestS3ListObjectsV2::test_list_objects_v2_continuation_common_prefixes",
    async (answers) => {
      const keys = ["aSubfolder/subFile1", "aSubfolder/subFile2", "file1", "file2"];
      const bucket = await filled(
        keys.map((key) => `folder/${key}`),
        "content 123",
      );
      answers.equal("list-objects-v2-all-keys", await v2(bucket));
      let token: string | undefined;
      for (const name of ["start", "next-1", "end"]) {
        const page = await v2(bucket, {
          Prefix: "folder/",
          Delimiter: "/",
          MaxKeys: 1,
          ...(token && { ContinuationToken: token }),
        });
        answers.equal(`list-objects-v2-${name}`, page);
        token = (page as { NextContinuationToken?: string }).NextContinuationToken;
      }
    },
  );

  play(
    "TestS3ListObjectsV2::test_list_ops_encoding_type_validation[list_multipart_uploads]",
    async (answers) => {
      const Bucket = await s3().bucket();
      const wrong = new ListMultipartUploadsCommand({ Bucket, EncodingType: "value" as "url" });
      answers.equal("list_multipart_uploads-error-wrong-value", await s3().send(wrong));
      const empty = await s3().raw("GET", `/${Bucket}?uploads&encoding-type=`);
      answers.equal("list_multipart_uploads-error-empty-value", botoError(empty));
    },
  );

  play("TestS3::test_s3_put_more_than_1000_items", async (answers) => {
    const bucket = await s3().bucket();
    const numbers = Array.from({ length: 1010 }, (_, n) => n);
    for (let at = 0; at < numbers.length; at += 50)
      await Promise.all(
        numbers.slice(at, at + 50).map((n) => s3().put(bucket, `test-key-${n}`, `test-${n}`)),
      );
    for (const n of [1009, 0]) {
      const get = new GetObjectCommand({
        Bucket: bucket,
        Key: `test-key-${n}`,
        ChecksumMode: "ENABLED",
      });
      answers.equal(`get_object-${n}`, await s3().send(get));
    }
    const page = (await v1(bucket, { Delimiter: "/" })) as { NextMarker: string };
    answers.equal("list-objects", page);
    answers.equal("list-objects-next_marker", await v1(bucket, { Marker: page.NextMarker }));
  });

  play(
    "TestS3::test_delete_bucket_with_content",
    async (answers) => {
      const bucket = await s3().bucket();
      for (let n = 0; n < 10; n++) await s3().put(bucket, `test-key-${n}`, `test-${n}`);
      const listing = (await v1(bucket, { MaxKeys: 100 })) as { Contents: { Key: string }[] };
      answers.equal("list-objects", listing);
      for (const { Key } of listing.Contents)
        await s3().send(new DeleteObjectCommand({ Bucket: bucket, Key }));
      await s3().send(new DeleteBucketCommand({ Bucket: bucket }));
      // Other tests have buckets, too: what is compared is the list of one.
      const other = await s3().bucket();
      const all = (await s3().send(new ListBucketsCommand({}))) as { Buckets: { Name: string }[] };
      answers.equal("list-buckets", {
        ...all,
        Buckets: all.Buckets.filter(({ Name }) => Name === other),
      });
    },
    { words: [] },
  );
}

/** A flat listing as xmltodict reads it: texts, and lists of what comes more than once. */
function elements(xml: string): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  const inside = /<ListBucketResult[^>]*>(.*)<\/ListBucketResult>/s.exec(xml)?.[1] ?? "";
  for (const [, name = "", text = ""] of inside.matchAll(/<(\w+)>(.*?)<\/\1>/gs)) {
    const value = /<\w+>/.test(text)
      ? Object.fromEntries(
          [...text.matchAll(/<(\w+)>(.*?)<\/\1>/gs)].map(([, key, t]) => [key, unquoted(t ?? "")]),
        )
      : text;
    const before = found[name];
    found[name] = before === undefined ? value : [before, value].flat();
  }
  return found;
}

const unquoted = (text: string) => text.replaceAll("&quot;", '"');
