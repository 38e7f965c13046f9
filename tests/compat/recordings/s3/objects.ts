import { crc32 } from "node:zlib";
import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  type GetObjectCommandInput,
  HeadObjectCommand,
  ListObjectsV2Command,
  type StorageClass,
} from "@aws-sdk/client-s3";
import type { Recordings } from "../harness.ts";
import { type Answered, bodiless, decoded, type S3Fixture } from "./fixture.ts";

const WITH_CHECKSUM = { ChecksumMode: "ENABLED" } as const;
/** `1234567890 ` a hundred times, as gzip of 2023-02-16 writes it. */
export const GZIP = Buffer.from(
  "H4sIABRs7mMC/zM0MjYxNTO3sDRQMBxljjJHmaNMcpkAl2dzU0wEAAA=",
  "base64",
);

/** Putting, getting and deleting, and the names that objects may have. */
export function playObjects({ play }: Recordings, s3: () => S3Fixture): void {
  const get = (Bucket: string, Key: string, more: Partial<GetObjectCommandInput> = {}) =>
    s3().send(new GetObjectCommand({ Bucket, Key, ...WITH_CHECKSUM, ...more }));
  const head = (Bucket: string, Key: string) => s3().send(new HeadObjectCommand({ Bucket, Key }));
  const list = async (Bucket: string) =>
    decoded(await s3().send(new ListObjectsV2Command({ Bucket, EncodingType: "url" })));

  const oneObject: [recording: string, key: string, body: string, answer: string][] = [
    ["TestS3::test_get_object_with_anon_credentials", "key", "body data", "get_object"],
    ["TestS3::test_putobject_with_multiple_keys", "aws/key1/key2/key3", "test", "get_object"],
  ];
  for (const [recording, key, body, name] of oneObject)
    play(recording, async (answers) => {
      const bucket = await s3().bucket();
      await s3().put(bucket, key, body);
      answers.equal(name, await get(bucket, key));
    });

  for (const [recording, key, body] of [
    ["TestS3::test_put_and_get_object_with_utf8_key", "Ā0Ä", "abc123"],
    ["TestS3::test_put_and_get_object_with_hash_prefix", "#key-with-hash-prefix", "test 123"],
  ] as const)
    play(recording, async (answers) => {
      const bucket = await s3().bucket();
      answers.equal("put-object", await s3().put(bucket, key, body));
      answers.equal("get-object", bodiless(await get(bucket, key)));
    });

  for (const key of ["test%123", "test%percent", "test key/", "test key//", "a/%F0%9F%98%80/"])
    play(`TestS3::test_put_get_object_special_character[${key}]`, async (answers) => {
      const bucket = await s3().bucket();
      answers.equal("put-object-special-char", await s3().put(bucket, key, "test"));
      answers.equal("list-object-special-char", await list(bucket));
      answers.equal("get-object-special-char", await get(bucket, key));
      const gone = new DeleteObjectCommand({ Bucket: bucket, Key: key });
      answers.equal("del-object-special-char", await s3().send(gone));
    });

  play("TestS3::test_put_get_object_single_character_trailing_slash", async (answers) => {
    const bucket = await s3().bucket();
    for (const key of ["a/", "t/", "u/"]) {
      answers.equal(`put-object-single-char-${key}`, await s3().put(bucket, key, "test"));
      answers.equal(`get-object-single-char-${key}`, await get(bucket, key));
    }
    answers.equal("list-objects-single-char", await list(bucket));
  });

  for (const style of ["True", "False"])
    play(`TestS3::test_url_encoded_key[${style}]`, async (answers) => {
      const bucket = await s3().bucket();
      const byPath = style === "False";
      const put = (path: string, body: string) =>
        s3().raw("PUT", byPath ? `/${bucket}${path}` : path, {
          headers: {
            ...(!byPath && { host: `${bucket}.s3.localhost` }),
            "x-amz-checksum-crc32": crc32Of(body),
          },
          body,
        });
      await put("/test@key/", "test-non-encoded");
      await put("/test%2540key/", "test-encoded");
      await put("/test%2540key", "test-encoded-no-trailing");
      answers.equal("list-object-encoded-char", await list(bucket));
    });

  play("TestS3::test_object_with_slashes_in_key[True]", async (answers) => {
    const bucket = await s3().bucket();
    await s3().put(bucket, "/foo", "foobar");
    await s3().put(bucket, "bar", "barfoo");
    await s3().put(bucket, "/bar/foo/", "test");
    answers.equal("list-objects-slashes", await list(bucket));
  });

  play("TestS3::test_s3_uppercase_key_names", async (answers) => {
    const bucket = await s3().bucket();
    await s3().put(bucket, "CamelCaseKey", "something");
    answers.equal("response", await get(bucket, "CamelCaseKey"));
    answers.equal("wrong-case-key", await get(bucket, "camelcasekey"));
  });

  play("TestS3::test_head_object_fields", async (answers) => {
    const bucket = await s3().bucket();
    await s3().put(bucket, "key", "abcdefgh");
    answers.equal("head-object", await head(bucket, "key"));
    answers.equal("head-object-404", await head(bucket, "other"));
  });

  play("TestS3::test_metadata_header_character_decoding", async (answers) => {
    const bucket = await s3().bucket();
    await s3().put(bucket, "key", "foo", { Metadata: { TEST_META_1: "foo", __meta_2: "bar" } });
    answers.equal("head-object", await head(bucket, "key"));
  });

  play("TestS3::test_system_metadata_with_unicode", async (answers) => {
    const bucket = await s3().bucket();
    const put = await s3().put(bucket, "key", "", {
      CacheControl: latin1("ÄMÄZÕÑ S3"),
      ContentDisposition: latin1('attachment; filename="test_—_file%E2%80%94_é_2.pdf"'),
      ContentLanguage: "de",
    });
    answers.equal("put-object", put);
    answers.equal("get-object", await get(bucket, "key"));
  });

  play("TestS3::test_s3_upload_download_gzip", async (answers) => {
    const bucket = await s3().bucket();
    const put = await s3().put(bucket, "test.gz", GZIP, { ContentEncoding: "gzip" });
    answers.equal("put-object", put);
    answers.equal("get-object", bodiless(await get(bucket, "test.gz")));
  });

  play("TestS3::test_s3_get_object_header_overrides", async (answers) => {
    const bucket = await s3().bucket();
    await s3().put(bucket, "key", "something");
    const overridden = await get(bucket, "key", {
      ResponseCacheControl: "max-age=74",
      ResponseContentDisposition: 'attachment; filename="foo.jpg"',
      ResponseContentEncoding: "identity",
      ResponseContentLanguage: "de-DE",
      ResponseContentType: "image/jpeg",
      ResponseExpires: new Date("2015-10-21T07:28:00Z"),
    });
    answers.equal("get-object", overridden);
  });

  play("TestS3::test_s3_object_expires", async (answers) => {
    const bucket = await s3().bucket();
    for (const [when, year] of [
      ["future", 2100],
      ["past", 2000],
    ] as const) {
      const put = await s3().put(bucket, when, "foo", { Expires: new Date(Date.UTC(year, 1, 1)) });
      answers.equal(`put-object-expires-${when}`, put);
      answers.equal(`head-object-expires-${when}`, await head(bucket, when));
      answers.equal(`get-object-expires-${when}`, await get(bucket, when));
    }
  });

  play("TestS3::test_upload_big_file", async (answers) => {
    const bucket = await s3().bucket();
    const ones = Buffer.alloc(10_000_000, 1);
    const letters = Buffer.alloc(10_000_000, "a");
    answers.equal("put_object_key1", await s3().put(bucket, "key1", ones));
    answers.equal("put_object_key2", await s3().put(bucket, "key2", letters));
    await s3().put(bucket, "key1", letters);
    answers.equal("head_object_key1", await head(bucket, "key1"));
    answers.equal("head_object_key2", await head(bucket, "key2"));
  });

  play("TestS3::test_etag_on_get_object_call", async (answers) => {
    const bucket = await s3().bucket();
    await s3().put(bucket, "key", "Lorem ipsum dolor sit amet, ... ".repeat(30));
    answers.equal("get_object", await get(bucket, "key"));
    answers.equal("get_object_range", await get(bucket, "key", { Range: "bytes=0-16" }));
  });

  for (const style of ["True", "False"])
    play(
      `TestS3::test_get_object_content_length_with_virtual_host[${style}]`,
      async (answers) => {
        const bucket = await s3().bucket();
        await s3().put(bucket, "key", "123");
        const { headers } =
          style === "True"
            ? await s3().raw("GET", "/key", { headers: { host: `${bucket}.s3.localhost` } })
            : await s3().raw("GET", `/${bucket}/key`);
        const { connection: _, "keep-alive": __, ...found } = headers; // of the connection, not of S3
        answers.equal("get-obj-content-len-headers", found);
      },
      { words: ["date", "last-modified"] },
    );

  for (const [name, readable] of [
    ["STANDARD", "True"],
    ["STANDARD_IA", "True"],
    ["GLACIER", "False"],
    ["GLACIER_IR", "True"],
    ["ONEZONE_IA", "True"],
    ["INTELLIGENT_TIERING", "True"],
    ["DEEP_ARCHIVE", "False"],
  ] as const)
    play(`TestS3::test_put_object_storage_class[${name}-${readable}]`, async (answers) => {
      const bucket = await s3().bucket();
      await s3().put(bucket, "key", "body-test", { StorageClass: name as StorageClass });
      const attributes = new GetObjectAttributesCommand({
        Bucket: bucket,
        Key: "key",
        ObjectAttributes: ["StorageClass"],
      });
      answers.equal("get-object-storage-class", await s3().send(attributes));
      answers.equal("get-object", modelled(await get(bucket, "key"), "StorageClass"));
    });

  play("TestS3::test_delete_non_existing_keys", async (answers) => {
    const bucket = await s3().bucket();
    const Objects = ["dummy1", "dummy2", "test-key-nonexistent"].map((Key) => ({ Key }));
    const gone = new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects } });
    answers.equal("deleted-resp", await s3().send(gone));
  });

  play("TestS3ObjectCRUD::test_delete_objects", async (answers) => {
    const bucket = await s3().bucket();
    const remove = (...Objects: { Key: string; VersionId?: string }[]) =>
      s3().send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects } }));
    answers.equal("put-object", await s3().put(bucket, "test-delete", "test-delete"));
    const versioned = { Key: "test-delete", VersionId: "HPniJFCxqTsMuIH9KX8K8wEjNUgmABCD" };
    answers.equal("delete-object-wrong-version-id", await remove(versioned));
    const keys = ["a-wrong-key", "c-wrong-key", "test-delete"].map((Key) => ({ Key }));
    answers.equal("delete-objects", await remove(...keys));
  });

  play(
    "TestS3DeletePrecondition::test_delete_object_if_match_modified_non_express",
    async (answers) => {
      const bucket = await s3().bucket();
      await s3().put(bucket, "key", "test");
      const gone = new DeleteObjectCommand({
        Bucket: bucket,
        Key: "key",
        IfMatchLastModifiedTime: new Date(),
      });
      answers.equal("delete-obj-if-match-last-modified", await s3().send(gone));
    },
  );
}

/** boto3 shows a member of an error that the model knows a second time, beside the error. */
export function modelled(answered: Answered, name: string): Answered {
  const error = answered["Error"] as Record<string, unknown> | undefined;
  return error === undefined ? answered : { ...answered, [name]: error[name] };
}

/** The SDK writes headers in Latin-1; what is recorded was sent in UTF-8. */
const latin1 = (text: string) => Buffer.from(text, "utf8").toString("latin1");

function crc32Of(text: string): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(text));
  return bytes.toString("base64");
}
