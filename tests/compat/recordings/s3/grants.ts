import {
  type AccessControlPolicy,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeletePublicAccessBlockCommand,
  GetBucketAclCommand,
  GetObjectAclCommand,
  GetObjectAttributesCommand,
  HeadObjectCommand,
  type ObjectCannedACL,
  PutBucketAclCommand,
  PutBucketOwnershipControlsCommand,
  PutObjectAclCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import type { Recordings } from "../harness.ts";
import { type Answered, botoError, type S3Fixture } from "./fixture.ts";

const FAKE_GROUP = "http://acs.amazonaws.com/groups/s3/FakeGroup";

/** Access control lists. */
export function playGrants({ play }: Recordings, s3: () => S3Fixture): void {
  const open = async (Bucket: string) => {
    const OwnershipControls = { Rules: [{ ObjectOwnership: "ObjectWriter" as const }] };
    await s3().send(new PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls }));
    await s3().send(new DeletePublicAccessBlockCommand({ Bucket }));
  };
  const bucketAcl = (Bucket: string) => s3().send(new GetBucketAclCommand({ Bucket }));
  const objectAcl = (Bucket: string, Key: string) =>
    s3().send(new GetObjectAclCommand({ Bucket, Key }));
  const ownerOf = async (bucket: string) =>
    ((await bucketAcl(bucket)) as { Owner: { ID: string } }).Owner;

  play("TestS3::test_s3_multipart_upload_acls", async (answers) => {
    const Bucket = await s3().bucket();
    await open(Bucket);
    await s3().send(new PutBucketAclCommand({ Bucket, ACL: "public-read" }));
    answers.equal("bucket-acl", await bucketAcl(Bucket));
    const acls: (ObjectCannedACL | undefined)[] = [undefined, "private", "public-read-write"];
    for (const [index, ACL] of acls.entries()) {
      const Key = `key${index}`;
      const created = await s3().send(new CreateMultipartUploadCommand({ Bucket, Key, ACL }));
      const name = { Bucket, Key, UploadId: String(created["UploadId"]) };
      const part = await s3().send(new UploadPartCommand({ ...name, PartNumber: 1, Body: "x" }));
      const Parts = [{ ETag: String(part["ETag"]), PartNumber: 1 }];
      await s3().send(new CompleteMultipartUploadCommand({ ...name, MultipartUpload: { Parts } }));
      answers.equal(`permission-acl-key${index}`, await objectAcl(Bucket, Key));
    }
  });

  /** Every way of saying it wrongly, of buckets and of objects alike. */
  const wrongly = async (
    put: (input: object) => Promise<Answered>,
    raw: (headers: Record<string, string>) => Promise<Answered>,
    owner: { ID: string },
    check: (name: string, answer: Answered) => void,
  ) => {
    check("grant-acl-fake-uri", await put({ GrantWrite: `uri="${FAKE_GROUP}"` }));
    check("grant-acl-fake-key", await put({ GrantWrite: 'fakekey="1234"' }));
    check("grant-acl-wrong-id", await put({ GrantWrite: 'id="wrong-id"' }));
    const policies: unknown[] = [
      { Grants: [{ Grantee: { ID: "wrong-id", Type: "CanonicalUser" }, Permission: "WRITE" }] },
      { Owner: owner, Grants: [{ Grantee: { ID: owner.ID, Type: "CanonicalUser" } }] },
      {
        Owner: owner,
        Grants: [{ Grantee: { ID: "wrong-id", Type: "CanonicalUser" }, Permission: "WRITE" }],
      },
      {
        Owner: owner,
        Grants: [{ Grantee: { URI: FAKE_GROUP, Type: "Group" }, Permission: "WRITE" }],
      },
      {
        Owner: { ID: "wrong-id" },
        Grants: [{ Grantee: { ID: owner.ID, Type: "CanonicalUser" }, Permission: "WRITE" }],
      },
      {
        Owner: owner,
        Grants: [{ Grantee: { ID: owner.ID, Type: "CanonicalUser" }, Permission: "WROTE" }],
      },
    ];
    for (const [index, policy] of policies.entries())
      check(
        `acp-acl-${index + 1}`,
        await put({ AccessControlPolicy: policy as AccessControlPolicy }),
      );
    check("empty-acp", await put({ AccessControlPolicy: {} }));
    check("empty", await raw({}));
    check("two-type-acl", await put({ ACL: "private", GrantRead: `id="${owner.ID}"` }));
    const AccessControlPolicy = { Owner: owner, Grants: [] };
    check("two-type-acl-acp", await put({ ACL: "private", AccessControlPolicy }));
  };

  play("TestS3::test_s3_bucket_acl_exceptions", async (answers) => {
    const Bucket = await s3().bucket();
    await open(Bucket);
    const raw = async (headers: Record<string, string>) =>
      botoError(await s3().raw("PUT", `/${Bucket}?acl`, { headers }));
    answers.equal("put-bucket-canned-acl", await raw({ "x-amz-acl": "fake-acl" }));
    const put = (input: object) => s3().send(new PutBucketAclCommand({ Bucket, ...input }));
    await wrongly(put, raw, await ownerOf(Bucket), (name, answer) =>
      answers.equal(`put-bucket-${name}`, answer),
    );
  });

  play("TestS3::test_s3_object_acl_exceptions", async (answers) => {
    const [Bucket, Key] = [await s3().bucket(), "object-key-acl"];
    await open(Bucket);
    const fake = { "x-amz-acl": "fake-acl", "content-length": "0" };
    const made = await s3().raw("PUT", `/${Bucket}/${Key}`, { headers: fake });
    answers.equal("put-object-canned-acl", botoError(made));
    await s3().put(Bucket, Key, "test");
    const raw = async (headers: Record<string, string>) =>
      botoError(await s3().raw("PUT", `/${Bucket}/${Key}?acl`, { headers }));
    answers.equal("put-object-acl-canned-acl", await raw({ "x-amz-acl": "fake-acl" }));
    const put = (input: object) => s3().send(new PutObjectAclCommand({ Bucket, Key, ...input }));
    await wrongly(put, raw, await ownerOf(Bucket), (name, answer) =>
      answers.equal(name === "empty" ? "put-object-acl-empty" : `put-object-${name}`, answer),
    );
  });

  play(
    "TestS3::test_s3_copy_object_in_place",
    async (answers) => {
      const [Bucket, Key] = [await s3().bucket(), "source-object"];
      await open(Bucket);
      const put = { ContentType: "application/json", Metadata: { key: "value" } };
      answers.equal("put_object", await s3().put(Bucket, Key, '{"key": "value"}', put));
      answers.equal("head_object", await s3().send(new HeadObjectCommand({ Bucket, Key })));
      const ObjectAttributes = ["StorageClass" as const];
      const attributes = () =>
        s3().send(new GetObjectAttributesCommand({ Bucket, Key, ObjectAttributes }));
      const copy = (more: object) =>
        s3().send(new CopyObjectCommand({ Bucket, Key, CopySource: `${Bucket}/${Key}`, ...more }));
      answers.equal("object-attrs", await attributes());
      answers.equal("copy-object-in-place-no-change", await copy({}));
      const classed = await copy({ ChecksumAlgorithm: "SHA256", StorageClass: "STANDARD" });
      answers.equal("copy-object-in-place-with-storage-class", classed);
      answers.equal("object-attrs-after-copy", await attributes());
      answers.equal("object-acl", await objectAcl(Bucket, Key));
      answers.equal("copy-object-in-place-with-acl", await copy({ ACL: "public-read" }));
    },
    { anything: ["<owner-id:1>", "<owner-id:2>"] }, // the grantee and the owner are one account here
  );
}
