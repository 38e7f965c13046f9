import {
  CopyObjectCommand,
  type CopyObjectCommandInput,
  GetObjectAttributesCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  type ObjectAttributes,
  type PutObjectCommandInput,
  type StorageClass,
} from "@aws-sdk/client-s3";
import type { Recordings } from "../harness.ts";
import { decoded, type S3Fixture } from "./fixture.ts";

const JSON_TEXT = '{"key": "value"}';
const DESCRIBED = { ContentType: "application/json", Metadata: { key: "value" } };

/** Copying objects: what goes with the bytes, what does not, and copies of an object to itself. */
export function playCopies({ play }: Recordings, s3: () => S3Fixture): void {
  const copy = (
    Bucket: string,
    from: string,
    to: string,
    more: Partial<CopyObjectCommandInput> = {},
  ) => {
    const CopySource = `${Bucket}/${encodeURIComponent(from)}`;
    return s3().send(new CopyObjectCommand({ Bucket, Key: to, CopySource, ...more }));
  };
  const head = (Bucket: string, Key: string) => s3().send(new HeadObjectCommand({ Bucket, Key }));
  const attributes = (Bucket: string, Key: string, ...wanted: ObjectAttributes[]) =>
    s3().send(new GetObjectAttributesCommand({ Bucket, Key, ObjectAttributes: wanted }));
  const tags = (Bucket: string, Key: string) =>
    s3().send(new GetObjectTaggingCommand({ Bucket, Key }));

  play("TestS3::test_s3_copy_content_type_and_metadata", async (answers) => {
    const bucket = await s3().bucket();
    answers.equal("put_object", await s3().put(bucket, "a", JSON_TEXT, DESCRIBED));
    answers.equal("head_object", await head(bucket, "a"));
    answers.equal("copy_object", await copy(bucket, "a", "b"));
    answers.equal("head_object_copy", await head(bucket, "b"));
    answers.equal(
      "copy_object_second",
      await copy(bucket, "a", "c", { Metadata: { another: "value" } }),
    );
    answers.equal("head_object_second_copy", await head(bucket, "c"));
  });

  play("TestS3::test_s3_copy_object_in_place_metadata_directive", async (answers) => {
    const bucket = await s3().bucket();
    const inPlace = (more: Partial<CopyObjectCommandInput>) => copy(bucket, "key", "key", more);
    const step = async (name: string, more: Partial<CopyObjectCommandInput>) => {
      answers.equal(`copy-${name}`, await inPlace(more));
      answers.equal(`head-${name}`, await head(bucket, "key"));
    };
    answers.equal("put_object", await s3().put(bucket, "key", JSON_TEXT, DESCRIBED));
    answers.equal("head_object", await head(bucket, "key"));
    answers.equal("no-metadata-directive-fail", await inPlace({ Metadata: { key2: "value2" } }));
    await step("replace-directive", { MetadataDirective: "REPLACE", Metadata: { key2: "value2" } });
    await step("copy-directive", { MetadataDirective: "COPY", StorageClass: "STANDARD" });
    await step("copy-directive-ignore", {
      MetadataDirective: "COPY",
      Metadata: { key3: "value3" },
      StorageClass: "STANDARD",
    });
    await step("replace-directive-empty", { MetadataDirective: "REPLACE" });
  });

  play("TestS3::test_s3_copy_object_in_place_storage_class", async (answers) => {
    const bucket = await s3().bucket();
    const same = { StorageClass: "STANDARD" } as const;
    answers.equal("put-object", await s3().put(bucket, "key", "test"));
    answers.equal("head-object", await head(bucket, "key"));
    answers.equal("object-attrs", await attributes(bucket, "key", "StorageClass"));
    answers.equal(
      "copy-object-in-place-with-storage-class",
      await copy(bucket, "key", "key", same),
    );
    answers.equal("object-attrs-after-copy", await attributes(bucket, "key", "StorageClass"));
  });

  play("TestS3::test_s3_copy_object_in_place_website_redirect_location", async (answers) => {
    const bucket = await s3().bucket();
    const redirect = { WebsiteRedirectLocation: "/test/direct" };
    answers.equal("put-object", await s3().put(bucket, "key", "test", redirect));
    answers.equal("head-object", await head(bucket, "key"));
    answers.equal(
      "copy-object-in-place-with-website-redirection",
      await copy(bucket, "key", "key", redirect),
    );
    answers.equal("head-object-after-copy", await head(bucket, "key"));
  });

  for (const algorithm of ["CRC32C", "SHA1"] as const)
    play(`TestS3::test_s3_copy_object_with_checksum[${algorithm}]`, async (answers) => {
      const bucket = await s3().bucket();
      answers.equal("put-object-no-checksum", await s3().put(bucket, "key", JSON_TEXT));
      answers.equal("object-attrs", await attributes(bucket, "key", "Checksum"));
      const inPlace = { ChecksumAlgorithm: algorithm, MetadataDirective: "REPLACE" } as const;
      answers.equal(
        "copy-object-in-place-with-checksum",
        await copy(bucket, "key", "key", inPlace),
      );
      answers.equal("object-attrs-after-copy", await attributes(bucket, "key", "Checksum"));
      answers.equal("copy-object-to-dest-keep-checksum", await copy(bucket, "key", "dest"));
    });

  for (const algorithm of ["CRC32", "SHA1", "SHA256", "CRC64NVME"] as const)
    play(`TestS3::test_s3_copy_object_with_default_checksum[${algorithm}]`, async (answers) => {
      const bucket = await s3().bucket();
      const checked: Partial<PutObjectCommandInput> =
        algorithm === "CRC64NVME"
          ? { ChecksumCRC64NVME: "pX30eiUx5C0=" }
          : { ChecksumAlgorithm: algorithm };
      answers.equal("put-object-no-checksum", await s3().put(bucket, "key", JSON_TEXT, checked));
      answers.equal("object-attrs", await attributes(bucket, "key", "Checksum"));
      const inPlace = await copy(bucket, "key", "key", { MetadataDirective: "REPLACE" });
      answers.equal("copy-object-in-place-with-no-checksum", inPlace);
      answers.equal("object-attrs-after-copy", await attributes(bucket, "key", "Checksum"));
      answers.equal("copy-object-to-dest-keep-checksum", await copy(bucket, "key", "dest"));
      answers.equal("dest-object-attrs-after-copy", await attributes(bucket, "dest", "Checksum"));
    });

  for (const TaggingDirective of ["COPY", "REPLACE"] as const)
    play(`TestS3::test_s3_copy_tagging_directive[${TaggingDirective}]`, async (answers) => {
      const bucket = await s3().bucket();
      const put = await s3().put(bucket, "a", "test", { Tagging: "key1=value1" });
      answers.equal("put-object", put);
      answers.equal("get-object-tag", await tags(bucket, "a"));
      const tagged = { TaggingDirective, Tagging: "key2=value2" };
      answers.equal("copy-object", await copy(bucket, "a", "b", tagged));
      answers.equal("get-copy-object-tag", await tags(bucket, "b"));
      answers.equal("copy-object-tag-empty", await copy(bucket, "a", "c", { TaggingDirective }));
      answers.equal("get-copy-object-tag-empty", await tags(bucket, "c"));
    });

  play("TestS3::test_copy_object_special_character", async (answers) => {
    const [from, to] = [await s3().bucket(), await s3().bucket()];
    const keys = [
      "file%2Fname",
      "test@key/",
      "test key/",
      "test key//",
      "a/%F0%9F%98%80/",
      "test+key",
    ];
    for (const Key of keys) {
      answers.equal(`put-object-src-special-char-${Key}`, await s3().put(from, Key, "test"));
      const CopySource = `${from}/${encodeURIComponent(Key)}`;
      const made = await s3().send(new CopyObjectCommand({ Bucket: to, Key, CopySource }));
      answers.equal(`copy-object-special-char-${Key}`, made);
    }
    const list = new ListObjectsV2Command({ Bucket: to, EncodingType: "url" });
    answers.equal("list-object-copy-dest-special-char", decoded(await s3().send(list)));
  });

  play("TestS3::test_s3_copy_object_wrong_format", async (answers) => {
    const Bucket = await s3().bucket();
    const wrong = new CopyObjectCommand({ Bucket, Key: "key", CopySource: "wrongformat" });
    answers.equal("copy-object-wrong-copy-source", await s3().send(wrong));
  });

  play(
    "TestS3ObjectWritePrecondition::test_copy_object_if_none_match_in_place",
    async (answers) => {
      const bucket = await s3().bucket();
      await s3().put(bucket, "key", "source content");
      const conditions = { IfNoneMatch: "*", StorageClass: "STANDARD" as StorageClass };
      answers.equal("copy-obj-if-none-match-fail", await copy(bucket, "key", "key", conditions));
    },
  );

  play("TestS3ObjectWritePrecondition::test_copy_object_if_match_in_place", async (answers) => {
    const bucket = await s3().bucket();
    const { ETag } = (await s3().put(bucket, "key", "source content")) as { ETag: string };
    const conditions = { IfMatch: ETag, StorageClass: "STANDARD" as StorageClass };
    answers.equal("copy-obj-if-match-in-place", await copy(bucket, "key", "key", conditions));
  });
}
