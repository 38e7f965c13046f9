import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  type CompleteMultipartUploadCommandInput,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  DeleteObjectCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
  type UploadPartCopyCommandInput,
} from "@aws-sdk/client-s3";
import type { Recordings } from "../harness.ts";
import { type Answered, bodiless, type S3Fixture } from "./fixture.ts";

const MB5 = Buffer.alloc(5 * 1024 * 1024 + 1, "a");
const PEOPLE = ["i-d", "display-name", "bucket", "owner-id"];
const HOUR = 3_600_000;

/** Multipart uploads and what comes of them. */
export function playUploads({ play }: Recordings, s3: () => S3Fixture): void {
  const { begin, complete, head } = uploadCalls(s3);

  play("TestS3::test_multipart_no_such_upload", async (answers) => {
    const name = { Bucket: await s3().bucket(), Key: "key", UploadId: "fakeid" };
    const part = new UploadPartCommand({ ...name, PartNumber: 1, Body: "data" });
    answers.equal("upload-exc", await s3().send(part));
    answers.equal("complete-exc", await complete(name, [{ ETag: "none", PartNumber: 1 }]));
    answers.equal("abort-exc", await s3().send(new AbortMultipartUploadCommand(name)));
  });

  play("TestS3::test_multipart_complete_multipart_too_small", async (answers) => {
    const { name, part } = await begin("key");
    const [one, two] = [await part(1, "data"), await part(2, "data")];
    answers.equal("upload-part1", one);
    answers.equal("upload-part2", two);
    answers.equal("complete-exc-no-parts", await complete(name, []));
    answers.equal("complete-exc-too-small", await complete(name, chosen(one, two)));
  });

  play(
    "TestS3::test_complete_multipart_parts_order",
    async (answers) => {
      const { name, part } = await begin("test-order-parts");
      const bodies = [MB5, MB5, MB5];
      answers.equal("upload-part-negative-part-number", await part(-1, "data"));
      const parts = [];
      for (const [index, body] of bodies.entries()) parts.push(await part(index + 1, body));
      const ordered = chosen(...parts);
      answers.equal("complete-multipart-unordered", await complete(name, ordered.toReversed()));
      answers.equal("complete-multipart-ordered", await complete(name, ordered));
      const steps = await begin("key-sequence-with-step-2", {}, name.Bucket);
      const stepped: CompletedPart[] = [];
      for (const [index, body] of bodies.entries()) {
        const PartNumber = index * 2 + 1;
        stepped.push({ ...chosen(await steps.part(PartNumber, body))[0], PartNumber });
      }
      answers.equal("complete-multipart-with-step-2", await complete(steps.name, stepped));
    },
    { words: PEOPLE },
  );

  play(
    "TestS3::test_multipart_with_unicode_character_location",
    async (answers) => {
      const { created, name, part } = await begin("test-unicode_—_file");
      answers.equal("create-multipart", created);
      answers.equal(
        "complete-multipart",
        await complete(name, chosen(await part(1, "upload-part-1"))),
      );
    },
    { words: PEOPLE },
  );

  play("TestS3::test_multipart_copy_object_etag", async (answers) => {
    const { name, part } = await begin("test.file");
    answers.equal(
      "multipart-upload",
      await complete(name, chosen(await part(1, "test content 123"))),
    );
    const { Bucket } = name;
    const copy = (Key: string, more = {}) =>
      s3().send(new CopyObjectCommand({ Bucket, Key, CopySource: `${Bucket}/test.file`, ...more }));
    answers.equal("copy-object", await copy("copied"));
    answers.equal(
      "copy-object-in-place",
      await copy("test.file", { MetadataDirective: "REPLACE" }),
    );
    answers.equal("head-obj", await head(Bucket, "test.file", { ChecksumMode: "ENABLED" }));
  });

  play("TestS3::test_get_object_part_checksum[COMPOSITE]", async (answers) => {
    const { created, name, part } = await begin("test-multipart-checksum", {
      ChecksumAlgorithm: "CRC32C",
    });
    const one = await part(1, "test content 123", { ChecksumAlgorithm: "CRC32C" });
    answers.equal("create-mpu-checksum", created);
    answers.equal("upload-part", one);
    answers.equal("complete-multipart-checksum", await complete(name, chosenWithChecksums(one)));
    const { Bucket, Key } = name;
    const read = { Bucket, Key, PartNumber: 1, ChecksumMode: "ENABLED" } as const;
    answers.equal("head-object-part", await s3().send(new HeadObjectCommand(read)));
    answers.equal("get-object-part", await s3().send(new GetObjectCommand(read)));
  });

  play("TestS3::test_upload_file_multipart", async (answers) => {
    const checked = { ChecksumAlgorithm: "CRC32" } as const;
    const { name, part } = await begin("key", checked);
    await complete(name, chosenWithChecksums(await part(1, "1".repeat(6144), checked)));
    const { Bucket, Key } = name;
    const get = new GetObjectCommand({ Bucket, Key, ChecksumMode: "ENABLED" });
    answers.equal("get_object", bodiless(await s3().send(get)));
  });

  play(
    "TestS3ListMultipartUploads::test_list_multiparts_next_marker",
    async (answers) => {
      const Bucket = await s3().bucket();
      const list = (more: object = {}) =>
        s3().send(new ListMultipartUploadsCommand({ Bucket, ...more }));
      answers.equal("list-multiparts-empty", await list());
      // In this order the recording binds its names: the last key in the alphabet was begun first.
      const keys = ["test_c", "test_b", "test_a", "test_a", "test_a"];
      const ids: string[] = [];
      for (const key of keys) ids.push((await begin(key, {}, Bucket)).name.UploadId);
      answers.equal("upload-ids-order", { UploadIds: ids.map((UploadId) => ({ UploadId })) });
      const [, b, a1, , a3] = ids;
      answers.equal("list-multiparts-all", await list());
      const pages: [name: string, page: object][] = [
        ["max-1", {}],
        ["next-key-only", { KeyMarker: "test_a" }],
        ["next-key-last", { KeyMarker: "test_c" }],
        ["next-upload-only", { UploadIdMarker: a1 }],
        ["both-markers", { KeyMarker: "test_a", UploadIdMarker: a1 }],
        ["both-markers-2", { KeyMarker: "test_a", UploadIdMarker: a3 }],
        ["get-last-upload-no-truncate", { KeyMarker: "test_b", UploadIdMarker: b }],
        ["wrong-id-for-key", { KeyMarker: "test_a", UploadIdMarker: b }],
        ["next-key-empty", { KeyMarker: "" }],
      ];
      for (const [name, page] of pages)
        answers.equal(`list-multiparts-${name}`, await list({ MaxUploads: 1, ...page }));
    },
    { words: PEOPLE },
  );

  play(
    "TestS3ListParts::test_list_parts_via_object_attrs_pagination",
    async (answers) => {
      const checked = { ChecksumAlgorithm: "SHA256" } as const;
      const { name, part } = await begin("test-object-attrs-pagination", checked);
      const parts = [await part(1, MB5, checked), await part(2, MB5, checked)];
      answers.equal("list-parts", await s3().send(new ListPartsCommand(name)));
      answers.equal("complete-mpu", await complete(name, chosenWithChecksums(...parts)));
      const { Bucket, Key } = name;
      const attributes = (more: object = {}) =>
        s3().send(
          new GetObjectAttributesCommand({
            Bucket,
            Key,
            ObjectAttributes: ["ObjectParts"],
            ...more,
          }),
        );
      answers.equal("get-object-attrs-all", await attributes());
      answers.equal("get-object-attrs-1", await attributes());
      answers.equal(
        "get-object-attrs-next",
        await attributes({ MaxParts: 1, PartNumberMarker: "1" }),
      );
      answers.equal(
        "get-object-attrs-wrong-part",
        await attributes({ MaxParts: 1, PartNumberMarker: "10" }),
      );
    },
    { words: PEOPLE },
  );
}

/** Uploads under conditions, and parts that are copied under conditions. */
export function playUploadConditions({ play }: Recordings, s3: () => S3Fixture): void {
  const { begin, complete, head } = uploadCalls(s3);
  const key = "test-precondition";

  play("TestS3ObjectWritePrecondition::test_multipart_if_none_match_with_put", async (answers) => {
    const { created, name, part } = await begin(key);
    answers.equal("create-multipart", created);
    const parts = chosen(await part(1, "test"));
    answers.equal("put-obj", await s3().put(name.Bucket, key, ""));
    const refused = await complete(name, parts, { IfNoneMatch: "*" });
    answers.equal("complete-multipart-if-none-match-put-during", refused);
  });

  play("TestS3ObjectWritePrecondition::test_multipart_if_match_with_put", async (answers) => {
    const bucket = await s3().bucket();
    const before = await s3().put(bucket, key, "test");
    answers.equal("put-obj", before);
    const first = await begin(key, {}, bucket);
    answers.equal("create-multipart", first.created);
    const parts = chosen(await first.part(1, "test"));
    const during = await s3().put(bucket, key, "test2");
    answers.equal("put-obj-during", during);
    const tag = (answered: Answered) => ({ IfMatch: answered["ETag"] as string });
    const stale = await complete(first.name, parts, tag(before));
    answers.equal("complete-multipart-if-match-put-before", stale);
    const conflict = await complete(first.name, parts, tag(during));
    answers.equal("complete-multipart-if-match-put-during", conflict);
    const second = await begin(key, {}, bucket);
    answers.equal("create-multipart-again", second.created);
    const again = chosen(await second.part(1, "test"));
    const done = await complete(second.name, again, tag(during));
    answers.equal("complete-multipart-if-match-put-before-restart", done);
  });

  play("TestS3ObjectWritePrecondition::test_multipart_if_match_with_delete", async (answers) => {
    const bucket = await s3().bucket();
    const put = await s3().put(bucket, key, "test");
    answers.equal("put-obj", put);
    const { created, name, part } = await begin(key, {}, bucket);
    answers.equal("create-multipart", created);
    const parts = chosen(await part(1, "test"));
    const condition = { IfMatch: put["ETag"] as string };
    answers.equal(
      "del-obj",
      await s3().send(new DeleteObjectCommand({ Bucket: bucket, Key: key })),
    );
    answers.equal("complete-multipart-after-del", await complete(name, parts, condition));
    answers.equal("put-obj-2", await s3().put(bucket, key, "test"));
    answers.equal("complete-multipart-if-match-after-put", await complete(name, parts, condition));
  });

  type Conditions = Pick<
    UploadPartCopyCommandInput,
    | "CopySourceIfMatch"
    | "CopySourceIfNoneMatch"
    | "CopySourceIfModifiedSince"
    | "CopySourceIfUnmodifiedSince"
  >;
  const [past, future] = [new Date(Date.now() - HOUR), new Date(Date.now() + HOUR)];
  const copies: [recording: string, name: string, conditions: (etag: string) => Conditions][] = [
    ["if_match_success", "upload-part-copy-if-match", (etag) => ({ CopySourceIfMatch: etag })],
    [
      "if_match_none_success",
      "upload-part-copy-if-none-match",
      () => ({ CopySourceIfNoneMatch: "none" }),
    ],
    [
      "if_unmodified_since_success",
      "upload-part-copy-if-unmodified-since",
      () => ({ CopySourceIfUnmodifiedSince: future }),
    ],
    [
      "if_modified_since_success",
      "upload-part-copy-if-modified-since",
      () => ({ CopySourceIfModifiedSince: past }),
    ],
    [
      "if_match_and_if_unmodified_since_match",
      "upload-part-copy",
      (etag) => ({ CopySourceIfMatch: etag, CopySourceIfUnmodifiedSince: past }),
    ],
    ["if_match_failed", "upload-part-copy-source-if-match", () => ({ CopySourceIfMatch: "none" })],
    [
      "if_none_match_failed",
      "upload-part-copy-source-if-none-match",
      (etag) => ({ CopySourceIfNoneMatch: etag }),
    ],
    [
      "if_none_match_and_if_unmodified_since_match_failed",
      "upload-part-copy-source-unmodified-since-and-if-none-match",
      () => ({ CopySourceIfNoneMatch: "none", CopySourceIfUnmodifiedSince: past }),
    ],
  ];
  for (const [recording, name, conditions] of copies)
    play(
      `TestS3Multipart::test_upload_part_copy_with_copy_source_${recording}`,
      async (answers) => {
        const { answer, parts } = await copiedPart(conditions);
        answers.equal(name, answer);
        if (name === "upload-part-copy" || recording.endsWith("_success"))
          answers.equal("list-parts", parts);
      },
      { words: PEOPLE },
    );

  play("TestS3Multipart::test_upload_part_copy_with_if_modified_since_failed", async (answers) => {
    const { answer } = await copiedPart(() => ({ CopySourceIfModifiedSince: new Date() }));
    answers.equal("upload-part-copy-source-modified-since-match", answer);
  });

  const copiedPart = async (conditions: (etag: string) => Conditions) => {
    const { name } = await begin("destination_file.txt");
    const { Bucket } = name;
    await s3().put(Bucket, "source", "0123456789");
    const { ETag } = await head(Bucket, "source");
    const copy = new UploadPartCopyCommand({
      ...name,
      PartNumber: 1,
      CopySource: `${Bucket}/source`,
      ...conditions(ETag as string),
    });
    return { answer: await s3().send(copy), parts: await s3().send(new ListPartsCommand(name)) };
  };
}

/** The usual calls of an upload. */
export function uploadCalls(s3: () => S3Fixture) {
  type Name = { readonly Bucket: string; readonly Key: string; readonly UploadId: string };
  return {
    begin: async (
      Key: string,
      more: Partial<CreateMultipartUploadCommandInput> = {},
      Bucket?: string,
    ) => {
      const bucket = Bucket ?? (await s3().bucket());
      const create = new CreateMultipartUploadCommand({ Bucket: bucket, Key, ...more });
      const created = await s3().send(create);
      const name: Name = { Bucket: bucket, Key, UploadId: String(created["UploadId"]) };
      const part = (PartNumber: number, Body: string | Uint8Array, with_: object = {}) =>
        s3().send(new UploadPartCommand({ ...name, PartNumber, Body, ...with_ }));
      return { created, name, part };
    },
    complete: (
      name: Name,
      Parts: CompletedPart[],
      more: Partial<CompleteMultipartUploadCommandInput> = {},
    ) =>
      s3().send(
        new CompleteMultipartUploadCommand({ ...name, MultipartUpload: { Parts }, ...more }),
      ),
    head: (Bucket: string, Key: string, more: object = {}) =>
      s3().send(new HeadObjectCommand({ Bucket, Key, ...more })),
  };
}

/** The parts of these answers, from 1 on, as a completion names them. */
export function chosen(...answers: readonly Answered[]): CompletedPart[] {
  return answers.map(({ ETag }, index) => ({ ETag: String(ETag), PartNumber: index + 1 }));
}

/** The same with the checksum of each part, as the completion of a composite upload wants it. */
export function chosenWithChecksums(...answers: readonly Answered[]): CompletedPart[] {
  return answers.map(({ ResponseMetadata: _, ServerSideEncryption: __, ...part }, index) => ({
    ...part,
    PartNumber: index + 1,
  }));
}
