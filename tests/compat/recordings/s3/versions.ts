import {
  CopyObjectCommand,
  type CopyObjectCommandInput,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketVersioningCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandInput,
  PutBucketVersioningCommand,
} from "@aws-sdk/client-s3";
import type { Recordings } from "../harness.ts";
import { type Answered, botoError, decoded, newName, type S3Fixture } from "./fixture.ts";

type Status = "Enabled" | "Suspended";
const versionIn = (answered: Answered): string => String(answered["VersionId"]);

/** Buckets that keep versions. */
export function playVersions({ play }: Recordings, s3: () => S3Fixture): void {
  const keep = (Bucket: string, Status: Status | undefined) =>
    s3().send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }));
  const versioned = async () => {
    const bucket = await s3().bucket();
    await keep(bucket, "Enabled");
    return bucket;
  };
  const kept = (Bucket: string) => s3().send(new GetBucketVersioningCommand({ Bucket }));
  const list = async (Bucket: string, more: Partial<ListObjectVersionsCommandInput> = {}) =>
    decoded(
      await s3().send(new ListObjectVersionsCommand({ Bucket, EncodingType: "url", ...more })),
    );
  const current = async (Bucket: string) =>
    decoded(await s3().send(new ListObjectsV2Command({ Bucket, EncodingType: "url" })));
  const remove = (Bucket: string, Key: string, VersionId?: string) =>
    s3().send(new DeleteObjectCommand({ Bucket, Key, VersionId }));
  const removeAll = (Bucket: string, Objects: { Key: string; VersionId?: string }[]) =>
    s3().send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
  const head = (Bucket: string, Key: string) => s3().send(new HeadObjectCommand({ Bucket, Key }));
  const tags = (Bucket: string, Key: string, VersionId?: string) =>
    s3().send(new GetObjectTaggingCommand({ Bucket, Key, VersionId }));
  const copy = (
    Bucket: string,
    from: string,
    Key: string,
    more: Partial<CopyObjectCommandInput> = {},
  ) => s3().send(new CopyObjectCommand({ Bucket, Key, CopySource: `${Bucket}/${from}`, ...more }));

  play(
    "TestS3::test_s3_delete_object_with_version_id",
    async (answers) => {
      const bucket = await versioned();
      answers.equal("get_bucket_versioning", await kept(bucket));
      const one = await s3().put(bucket, "aws/s3/testkey1.txt", "x");
      await s3().put(bucket, "aws/s3/testkey2.txt", "b".repeat(960));
      const gone = [{ Key: "aws/s3/testkey1.txt", VersionId: versionIn(one) }];
      answers.equal("delete_objects", await removeAll(bucket, gone));
      answers.equal("list_object_versions_after_delete", await list(bucket));
      await keep(bucket, "Suspended");
      answers.equal("get_bucket_versioning_suspended", await kept(bucket));
    },
    { words: ['"c289c6e309be295fe68af649d1e6c6ec"'] },
  );

  play("TestS3::test_delete_keys_in_versioned_bucket", async (answers) => {
    const [bucket, Key] = [await versioned(), "test-key-versioned"];
    await s3().put(bucket, Key, "something");
    await s3().put(bucket, Key, "something-v2");
    answers.equal("list-objects-v2", await current(bucket));
    answers.equal("delete-object", await removeAll(bucket, [{ Key }]));
    const listing = (await list(bucket)) as {
      Versions: { VersionId: string }[];
      DeleteMarkers: { VersionId: string }[];
    };
    answers.equal("list-object-version", listing);
    const ids = listing.Versions.map(({ VersionId }) => ({ Key, VersionId })).toReversed();
    answers.equal("delete-object-version", await removeAll(bucket, ids));
    answers.equal("list-objects-v2-after-delete", await current(bucket));
    answers.equal("list-object-version-after-delete", await list(bucket));
    const markers = listing.DeleteMarkers.map(({ VersionId }) => ({ Key, VersionId }));
    answers.equal("delete-object-delete-marker", await removeAll(bucket, markers));
  });

  play(
    "TestS3::test_get_object_attributes_versioned",
    async (answers) => {
      const [bucket, Key] = [await versioned(), "key-attrs-versioned"];
      const attributes = (wanted: string[], VersionId?: string) =>
        s3().send(
          new GetObjectAttributesCommand({
            Bucket: bucket,
            Key,
            VersionId,
            ObjectAttributes: wanted as ["ETag"],
          }),
        );
      const one = await s3().put(bucket, Key, "test123");
      answers.equal("put-obj-v1", one);
      answers.equal("put-obj-v2", await s3().put(bucket, Key, "version 2"));
      const all = ["StorageClass", "ETag", "ObjectSize", "ObjectParts", "Checksum"];
      answers.equal("object-attrs", await attributes(all));
      answers.equal("delete-key", await remove(bucket, Key));
      answers.equal("deleted-object-attrs", await attributes(["StorageClass", "ETag"]));
      const some = ["StorageClass", "ETag", "ObjectSize", "ObjectParts"];
      answers.equal("get-object-attrs-v1", await attributes(some, versionIn(one)));
    },
    {
      words: ['"e92499db864217242396e8ef766079a9"', "e92499db864217242396e8ef766079a9", "WC+ANw=="],
    },
  );

  play("TestS3::test_s3_copy_object_in_place_suspended_only", async (answers) => {
    const [bucket, key] = [await s3().bucket(), "source-object"];
    const put = { ContentType: "application/json", Metadata: { key: "value" } };
    const get = async () => {
      const read = new GetObjectCommand({ Bucket: bucket, Key: key, ChecksumMode: "ENABLED" });
      const answered = await s3().send(read);
      return { ...answered, Body: JSON.parse(String(answered["Body"])) };
    };
    const replace = { MetadataDirective: "REPLACE" } as const;
    answers.equal("put_object", await s3().put(bucket, key, '{"key": "value"}', put));
    answers.equal("head_object", await head(bucket, key));
    answers.equal("copy-in-place-non-versioned", await copy(bucket, key, key, replace));
    answers.equal("head-object-copied", await head(bucket, key));
    answers.equal("get-object-copied", await get());
    await keep(bucket, "Suspended");
    const source = copy(bucket, key, key, replace);
    answers.equal("copy-in-place-versioned-suspended", await source);
    answers.equal("head-object-copied-suspended", await head(bucket, key));
    answers.equal("get-object-copied-suspended", await get());
    const again = copy(bucket, key, key, replace);
    answers.equal("copy-in-place-versioned-suspended-twice", await again);
  });

  play("TestS3::test_s3_copy_tagging_directive_versioned[REPLACE]", async (answers) => {
    const bucket = await versioned();
    const [from, to] = ["source-object", "dest-object"];
    const one = await s3().put(bucket, from, "test", { Tagging: "key1=value1" });
    answers.equal("put-object", one);
    answers.equal(
      "put-object-v2",
      await s3().put(bucket, from, "test-v2", { Tagging: "key1=value1-v2" }),
    );
    answers.equal("get-object-tag", await tags(bucket, from));
    answers.equal("get-object-tag-v1", await tags(bucket, from, versionIn(one)));
    const replace = { TaggingDirective: "REPLACE" } as const;
    const old = `${from}?versionId=${versionIn(one)}`;
    const steps: [name: string, source: string, more: object][] = [
      ["object", from, { Tagging: "key2=value2" }],
      ["object-tag-empty", from, {}],
      ["object-v1", old, { Tagging: "key2=value2" }],
      ["object-tag-empty-v1", old, {}],
    ];
    for (const [name, source, more] of steps) {
      answers.equal(`copy-${name}`, await copy(bucket, source, to, { ...replace, ...more }));
      const tagged = name.includes("tag") ? name : name.replace("object", "object-tag");
      answers.equal(`get-copy-${tagged}`, await tags(bucket, to));
    }
  });

  play("TestS3ObjectCRUD::test_list_object_versions_order_unversioned", async (answers) => {
    const bucket = await s3().bucket();
    answers.equal("list-empty", await list(bucket));
    answers.equal("put-object", await s3().put(bucket, "a-test-object-1", "test-object-1"));
    answers.equal("put-object-3", await s3().put(bucket, "c-test-object-3", "test-object-3"));
    answers.equal("put-object-2", await s3().put(bucket, "b-test-object-2", "test-object-2"));
    answers.equal("list-object-versions", await list(bucket));
  });

  play("TestS3ObjectCRUD::test_delete_objects_versioned", async (answers) => {
    const [bucket, Key] = [await versioned(), "test-delete"];
    const one = await s3().put(bucket, Key, "test-delete");
    answers.equal("put-object", one);
    const hidden = await removeAll(
      bucket,
      [Key, "wrongkey", "wrongkey-x"].map((name) => ({ Key: name })),
    );
    answers.equal("delete-objects-no-version-id", hidden);
    const [marker] = hidden["Deleted"] as { Key: string; DeleteMarkerVersionId: string }[];
    const VersionId = marker?.DeleteMarkerVersionId ?? "";
    answers.equal("delete-objects-marker", await removeAll(bucket, [{ Key, VersionId }]));
    const wrong = { VersionId: "HPniJFCxqTsMuIH9KX8K8wEjNUgmABCD" };
    const nobody = [
      { Key, ...wrong },
      { Key: "wrong-key-2", ...wrong },
    ];
    answers.equal("delete-objects-wrong-version-id", await removeAll(bucket, nobody));
    const last = [{ Key, VersionId: versionIn(one) }];
    answers.equal("delete-objects-version-id", await removeAll(bucket, last));
  });

  play("TestS3BucketVersioning::test_bucket_versioning_crud", async (answers) => {
    const [bucket, nowhere] = [await s3().bucket(), newName()];
    const put = async (name: string, status: string | undefined) =>
      answers.equal(name, await keep(bucket, status as Status));
    answers.equal("get-versioning-before", await kept(bucket));
    await put("put-versioning-suspended-before", "Suspended");
    answers.equal("get-versioning-after-suspended", await kept(bucket));
    await put("put-versioning-enabled-lowercase", "enabled");
    await put("put-versioning-enabled-capitalized", "Enabled");
    answers.equal("get-versioning-after-enabled", await kept(bucket));
    await put("put-versioning-suspended-after", "Suspended");
    await put("put-versioning-disabled", "Disabled");
    await put("put-versioning-empty", undefined);
    answers.equal("put-versioning-no-bucket", await keep(nowhere, "Suspended"));
    answers.equal("get-versioning-no-bucket", await kept(nowhere));
  });

  play(
    "TestS3ObjectWritePrecondition::test_copy_object_if_none_match_versioned_bucket",
    async (answers) => {
      const bucket = await versioned();
      await s3().put(bucket, "source-object", "source content");
      const first = () => copy(bucket, "source-object", "dest-object", { IfNoneMatch: "*" });
      answers.equal("copy-obj", await first());
      answers.equal("copy-obj-if-none-match-fail", await first());
      answers.equal("del-obj", await remove(bucket, "dest-object"));
      answers.equal("copy-obj-after-del", await first());
      answers.equal("list-object-versions", await list(bucket));
    },
  );

  play(
    "TestS3ObjectWritePrecondition::test_copy_object_if_match_versioned_bucket",
    async (answers) => {
      const bucket = await versioned();
      await s3().put(bucket, "source-object", "source content");
      const one = await s3().put(bucket, "dest-object", "destination-con".slice(0, 15));
      answers.equal("put-obj", one);
      const matching = (IfMatch: string) =>
        copy(bucket, "source-object", "dest-object", { IfMatch });
      answers.equal(
        "copy-obj-if-match-wrong-etag",
        await matching("d41d8cd98f00b204e9800998ecf8427e"),
      );
      answers.equal("del-obj", await remove(bucket, "dest-object"));
      answers.equal("copy-obj-after-del-exc", await matching(String(one["ETag"])));
      const two = await s3().put(bucket, "dest-object", "destination-content-two.");
      answers.equal("put-obj-after-del", two);
      answers.equal("copy-obj-if-match", await matching(String(two["ETag"])));
      const listing = await list(bucket);
      answers.equal("list-object-versions", listing);
    },
    {
      words: [
        '"38370d56e3e114d73ebedd6ac7b19028"',
        '"06becddd7457b4bad77f1d3bca3a3ad1"',
        "P8fZPQ==",
        "ORgJnw==",
      ],
    },
  );

  play("TestS3ListObjectVersions::test_list_objects_versions_markers", async (answers) => {
    const bucket = await versioned();
    const put = async (key: string, body: string) => versionIn(await s3().put(bucket, key, body));
    const keys = ["test_0", "test_1", "test_2"];
    const order: string[] = [];
    order.push(await put("test_0", "version 1"), await put("test_1", "version 1"));
    order.push(await put("test_2", "version 1"), await put("test_2", "version 2"));
    for (const key of keys) order.push(versionIn(await remove(bucket, key)));
    order.push(await put("test_0", "version 2"), await put("test_1", "version 2"));
    answers.equal("version-order", { Versions: order.map((VersionId) => ({ VersionId })) });
    answers.equal("list-objects-versions-all", await list(bucket));
    const page = (await list(bucket, { MaxKeys: 5 })) as Answered;
    answers.equal("list-objects-versions-5", page);
    const KeyMarker = String(page["NextKeyMarker"]);
    const VersionIdMarker = String(page["NextVersionIdMarker"]);
    const one = (more: object) => list(bucket, { MaxKeys: 1, ...more });
    answers.equal("list-objects-next-key-only", await one({ KeyMarker }));
    answers.equal("list-objects-next-key-last", await one({ KeyMarker: "test_2" }));
    answers.equal("list-objects-next-version-only", await one({ VersionIdMarker }));
    answers.equal("list-objects-both-markers", await one({ KeyMarker, VersionIdMarker }));
    answers.equal(
      "list-objects-last-key-last-version",
      await one({ KeyMarker: "test_2", VersionIdMarker: order[3] }),
    );
    answers.equal("list-objects-next-key-empty", await one({ KeyMarker: "" }));
  });

  play(
    "TestS3ListObjectsV2::test_list_ops_encoding_type_validation[list_object_versions]",
    async (answers) => {
      const Bucket = await s3().bucket();
      const wrong = new ListObjectVersionsCommand({ Bucket, EncodingType: "value" as "url" });
      answers.equal("list_object_versions-error-wrong-value", await s3().send(wrong));
      const empty = await s3().raw("GET", `/${Bucket}?versions&encoding-type=`);
      answers.equal("list_object_versions-error-empty-value", botoError(empty));
    },
  );

  play(
    "TestS3CopySourcePreconditions::test_s3_copy_object_if_source_unmodified_since_versioned",
    async (answers) => {
      const bucket = await versioned();
      const one = await s3().put(bucket, "key", "data");
      const source = `key?versionId=${versionIn(one)}`;
      await s3().put(bucket, "key", "data-2");
      const read = new HeadObjectCommand({ Bucket: bucket, Key: "key", VersionId: versionIn(one) });
      const described = await s3().send(read);
      answers.equal("head-object", described);
      const modified = described["LastModified"] as Date;
      const since = (CopySourceIfUnmodifiedSince: Date) =>
        copy(bucket, source, "copy", { CopySourceIfUnmodifiedSince });
      answers.equal("copy-if-unmodified-since", await since(modified));
      const past = new Date(modified.getTime() - 3_600_000);
      answers.equal("copy-past-if-unmodified-since", await since(past));
    },
  );
}
