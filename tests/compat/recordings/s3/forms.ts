import { GetObjectCommand, GetObjectTaggingCommand, HeadObjectCommand } from "@aws-sdk/client-s3";
import type { Recordings } from "../harness.ts";
import { errorOf, type S3Fixture } from "./fixture.ts";

const BOUNDARY = "----recordings";
const WORDS = { anything: ["host-id"] };
type Fields = Readonly<Record<string, string>>;

/** Uploads by the form of a browser. Their signatures are not verified before there are identities. */
export function playForms({ play }: Recordings, s3: () => S3Fixture): void {
  const post = async (bucket: string, fields: Fields, file: string | undefined, type?: string) => {
    const parts = Object.entries(fields).map(([name, value]) => part(name, value));
    if (file !== undefined) parts.push(part('file"; filename="file.txt', file));
    const body = `${parts.join("")}--${BOUNDARY}--\r\n`;
    const headers = { "content-type": type ?? `multipart/form-data; boundary=${BOUNDARY}` };
    return s3().raw("POST", `/${bucket}`, { headers, body });
  };
  const refused = async (...args: Parameters<typeof post>) => {
    const { text, status } = await post(...args);
    return { ...errorOf(text), StatusCode: status };
  };
  const get = (Bucket: string, Key: string) =>
    s3().send(new GetObjectCommand({ Bucket, Key, ChecksumMode: "ENABLED" }));

  for (const [version, fields, missing] of [
    ["s3", { AWSAccessKeyId: "test", Signature: "none" }, "AWSAccessKeyId"],
    ["s3v4", V4, "X-Amz-Algorithm"],
  ] as const)
    play(
      `TestS3PresignedPost::test_post_request_missing_fields[${version}]`,
      async (answers) => {
        const bucket = await s3().bucket();
        const policy = { key: "key", policy: policyOf([]) };
        const { [missing]: _, ...rest } = fields as Fields;
        answers.equal(
          "exception-missing-fields",
          await refused(bucket, { ...policy, ...rest }, "data"),
        );
        answers.equal("exception-no-sig-related-fields", await refused(bucket, policy, "data"));
      },
      WORDS,
    );

  play(
    "TestS3PresignedPost::test_post_request_missing_signature[s3v4]",
    async (answers) => {
      const { "X-Amz-Signature": _, ...rest } = V4;
      const fields = { key: "key", policy: policyOf([]), ...rest };
      answers.equal(
        "exception-missing-signature",
        await refused(await s3().bucket(), fields, "data"),
      );
    },
    WORDS,
  );

  play("TestS3PresignedPost::test_post_object_with_tags[single]", async (answers) => {
    const Bucket = await s3().bucket();
    const tagging =
      "<Tagging><TagSet><Tag><Key>TagName</Key><Value>TagValue</Value></Tag></TagSet></Tagging>";
    await post(Bucket, { key: "key", tagging }, "test-body-tagging");
    answers.equal(
      "get-tagging",
      await s3().send(new GetObjectTaggingCommand({ Bucket, Key: "key" })),
    );
  });

  play("TestS3PresignedPost::test_post_object_with_tags[notxml]", async (answers) => {
    const { text } = await post(await s3().bucket(), { key: "key", tagging: "not-xml" }, "data");
    answers.equal("tagging-error", errorOf(text));
  });

  play("TestS3PresignedPost::test_post_object_with_metadata", async (answers) => {
    const Bucket = await s3().bucket();
    const fields = {
      key: "key",
      "x-amz-meta-test-1": "test-meta-1",
      "x-amz-meta-TEST-2": "test-meta-2",
      "Content-Type": "text/plain",
      Expires: new Date(Date.UTC(2100, 0, 1)).toUTCString(),
    };
    await post(Bucket, fields, "test-body-tagging");
    answers.equal("head-object", await s3().send(new HeadObjectCommand({ Bucket, Key: "key" })));
  });

  play("TestS3PresignedPost::test_post_object_with_wrong_content_type", async (answers) => {
    const { text } = await post(await s3().bucket(), { key: "key" }, "data", "text/html");
    answers.equal("invalid-content-type-error", errorOf(text));
  });

  play("TestS3PresignedPost::test_post_object_policy_validation_size", async (answers) => {
    const bucket = await s3().bucket();
    const sized = (min: unknown, max: unknown) => signed([["content-length-range", min, max]]);
    const error = async (fields: Fields, length: number) =>
      errorOf((await post(bucket, fields, "a".repeat(length))).text);
    answers.equal("invalid-content-length-too-big", await error(sized(5, 10), 12));
    answers.equal("invalid-content-length-too-small", await error(sized(5, 10), 1));
    await post(bucket, sized(5, 10), "a".repeat(10));
    answers.equal("final-object", await get(bucket, "key"));
    answers.equal("invalid-content-length-wrong-type", await error(sized("test", 10), 10));
  });

  play(
    "TestS3PresignedPost::test_post_object_policy_conditions_validation_starts_with",
    async (answers) => {
      const bucket = await s3().bucket();
      const starts = (success_action_redirect: string) => ({
        ...signed([["starts-with", "$success_action_redirect", "http://localhost"]]),
        success_action_redirect,
      });
      const error = async (redirect: string) =>
        errorOf((await post(bucket, starts(redirect), "abcdef")).text);
      answers.equal("invalid-condition-starts-with", await error("https://localhost"));
      answers.equal("invalid-condition-starts-with-casing", await error("HTTP://localhost"));
      await post(bucket, starts("http://localhost/redirect"), "abcdef");
      answers.equal("get-object-1", await get(bucket, "key"));
      await post(bucket, starts("http://localhost"), "manual value to change ETag");
      answers.equal("get-object-2", await get(bucket, "key"));
    },
  );
}

const V4 = {
  "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
  "X-Amz-Credential": "test/20260101/us-east-1/s3/aws4_request",
  "X-Amz-Date": "20260101T000000Z",
  "X-Amz-Signature": "0",
} as const;

/** The fields of a form for `key` under these conditions. */
function signed(conditions: readonly unknown[]): Fields {
  const all = [
    ...conditions,
    ["eq", "$key", "key"],
    ...Object.entries(V4).map(([name, value]) => ({ [name]: value })),
  ];
  return { key: "key", policy: policyOf(all), ...V4 };
}

function policyOf(conditions: readonly unknown[]): string {
  const expiration = new Date(Date.now() + 3_600_000).toISOString();
  return Buffer.from(JSON.stringify({ expiration, conditions })).toString("base64");
}

const part = (name: string, value: string) =>
  `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
