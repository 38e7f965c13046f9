import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import type { Recordings } from "../harness.ts";
import { bodiless, errorOf, type S3Fixture } from "./fixture.ts";

/** Presigned URLs. Signatures themselves are not verified before there are identities. */
export function playPresigned({ play }: Recordings, s3: () => S3Fixture): void {
  const sign = async (command: GetObjectCommand | PutObjectCommand, more: object = {}) =>
    new URL(
      await getSignedUrl(s3().client(), command as GetObjectCommand, { expiresIn: 60, ...more }),
    );
  const fetched = (url: URL, method = "GET", body = "") =>
    s3().raw(method, `${url.pathname}${url.search}`, { body });

  play("TestS3PresignedUrl::test_put_object", async (answers) => {
    const name = { Bucket: await s3().bucket(), Key: "key" };
    await fetched(await sign(new PutObjectCommand(name)), "PUT", "something");
    const get = new GetObjectCommand({ ...name, ChecksumMode: "ENABLED" });
    answers.equal("get_object", bodiless(await s3().send(get)));
  });

  play(
    "TestS3PresignedUrl::test_s3_presigned_url_expired[s3v4]",
    async (answers) => {
      const name = { Bucket: await s3().bucket(), Key: "key" };
      const signingDate = new Date(Date.now() - 60_000);
      const url = await sign(new GetObjectCommand(name), { expiresIn: 2, signingDate });
      answers.equal("expired-exception", errorOf((await fetched(url)).text));
    },
    { words: ["host-id"] },
  );

  play(
    "TestS3PresignedUrl::test_s3_presigned_url_expired[s3]",
    async (answers) => {
      const bucket = await s3().bucket();
      const query = `AWSAccessKeyId=test&Signature=none&Expires=${Math.floor(Date.now() / 1000) - 60}`;
      const { text } = await s3().raw("GET", `/${bucket}/key?${query}`);
      answers.equal("expired-exception", errorOf(text));
    },
    { words: ["host-id"] },
  );

  play(
    "TestS3PresignedUrl::test_s3_put_presigned_url_missing_sig_param[s3v4]",
    async (answers) => {
      const name = { Bucket: await s3().bucket(), Key: "key" };
      const url = await sign(new PutObjectCommand(name));
      url.searchParams.delete("X-Amz-Signature");
      const { text, status } = await fetched(url, "PUT", "data");
      answers.equal("missing-param-exception", { ...errorOf(text), StatusCode: status });
    },
    { words: ["host-id"] },
  );

  play(
    "TestS3PresignedUrl::test_presigned_double_encoded_credentials",
    async (answers) => {
      const name = { Bucket: await s3().bucket(), Key: "key" };
      const url = await sign(new GetObjectCommand(name));
      const credential = url.searchParams.get("X-Amz-Credential") ?? "";
      url.searchParams.set("X-Amz-Credential", encodeURIComponent(credential));
      answers.equal("error-malformed", errorOf((await fetched(url)).text));
    },
    { words: ["host-id"] },
  );

  play("TestS3PresignedUrl::test_presigned_url_v4_x_amz_in_qs", async (answers) => {
    const name = { Bucket: await s3().bucket(), Key: "key" };
    const Metadata = { foo: "bar-complicated-no-random" };
    await fetched(await sign(new PutObjectCommand({ ...name, Metadata })), "PUT", "123456");
    const head = new HeadObjectCommand({ ...name, ChecksumMode: "ENABLED" });
    answers.equal("head-object", await s3().send(head));
  });

  play("TestS3PresignedUrl::test_put_unicode_metadata_with_sig_s3", async (answers) => {
    const name = { Bucket: await s3().bucket(), Key: "key" };
    const value = Buffer.from("non-ascii-%E2%80%94_—_é_", "utf8").toString("latin1");
    const headers = { "x-amz-meta-foo": value };
    await s3().raw("PUT", `/${name.Bucket}/${name.Key}`, { headers });
    answers.equal("head_object", await s3().send(new HeadObjectCommand(name)));
  });
}
