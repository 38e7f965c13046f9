import { PutBucketWebsiteCommand, type WebsiteConfiguration } from "@aws-sdk/client-s3";
import type { Recordings } from "../harness.ts";
import { botoError, newName, type S3Fixture } from "./fixture.ts";

/** Buckets as websites. */
export function playWebsites({ play }: Recordings, s3: () => S3Fixture): void {
  const put = (Bucket: string, configuration: unknown) =>
    s3().send(
      new PutBucketWebsiteCommand({
        Bucket,
        WebsiteConfiguration: configuration as WebsiteConfiguration,
      }),
    );
  const visit = async (bucket: string, path = "/", method = "GET") => {
    const host = `${bucket}.s3-website.localhost`;
    return (await s3().raw(method, path, { headers: { host } })).text;
  };
  const INDEX = { IndexDocument: { Suffix: "index.html" } };

  play("TestS3StaticWebsiteHosting::test_validate_website_configuration", async (answers) => {
    const bucket = await s3().bucket();
    const Redirect = { ReplaceKeyPrefixWith: "documents/" };
    const wrong: unknown[] = [
      { IndexDocument: { Suffix: "/index.html" } },
      { IndexDocument: { Suffix: "" } },
      { ...INDEX, RedirectAllRequestsTo: { HostName: "test.com" } },
      {},
      { ...INDEX, RoutingRules: [{ Redirect: { ...Redirect, Protocol: "protocol" } }] },
      { ...INDEX, RoutingRules: [{ Redirect: { ...Redirect, ReplaceKeyWith: "key" } }] },
      { ...INDEX, RoutingRules: [{ Condition: {}, Redirect }] },
      { ...INDEX, RoutingRules: [] },
    ];
    // An element without content is nothing to boto3, and an empty text to the JavaScript SDK.
    const body =
      "<WebsiteConfiguration><IndexDocument><Suffix></Suffix></IndexDocument></WebsiteConfiguration>";
    const empty = botoError(await s3().raw("PUT", `/${bucket}?website`, { body }));
    for (const [index, configuration] of wrong.entries())
      answers.equal(
        `invalid-website-conf-${index}`,
        index === 1 ? empty : await put(bucket, configuration),
      );
  });

  play(
    "TestS3StaticWebsiteHosting::test_website_hosting_no_such_website",
    async (answers) => {
      const [nowhere, bucket] = [newName(), await s3().bucket()];
      answers.equal("no-such-bucket", await visit(nowhere));
      answers.equal("no-such-website-config", await visit(bucket));
      answers.equal("no-such-website-config-key", await visit(bucket, "/key"));
    },
    { anything: ["<request-id>", "<host-id>", "<bucket-name>"] },
  );

  play(
    "TestS3StaticWebsiteHosting::test_website_hosting_http_methods",
    async (answers) => {
      const bucket = await s3().bucket();
      await put(bucket, INDEX);
      answers.equal("not-allowed-post", { content: await visit(bucket, "/", "POST") });
      answers.equal("not-allowed-delete", { content: await visit(bucket, "/", "DELETE") });
    },
    { anything: ["<request-id>", "<host-id>"] },
  );

  play(
    "TestS3StaticWebsiteHosting::test_website_hosting_404",
    async (answers) => {
      const bucket = await s3().bucket();
      await put(bucket, INDEX);
      answers.equal("404-no-such-key", await visit(bucket));
      await put(bucket, { ...INDEX, ErrorDocument: { Key: "error.html" } });
      answers.equal("404-no-such-key-nor-custom", await visit(bucket));
    },
    { anything: ["<request-id>", "<host-id>"] },
  );
}
