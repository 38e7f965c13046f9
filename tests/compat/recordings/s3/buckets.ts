import { randomUUID } from "node:crypto";
import {
  type BucketLocationConstraint,
  CreateBucketCommand,
  DeleteBucketCommand,
  GetBucketLocationCommand,
  GetBucketTaggingCommand,
  ListBucketsCommand,
  ListObjectsCommand,
  type Tag,
} from "@aws-sdk/client-s3";
import type { Recordings } from "../harness.ts";
import { botoError, newName, responseMetadata, type S3Fixture } from "./fixture.ts";

/** Where buckets are, what they are called, and how they are listed. */
export function playBuckets({ play }: Recordings, s3: () => S3Fixture): void {
  /** As boto3 would: the JavaScript SDK adds a constraint where there is none. `null`: a configuration without one. */
  const create = async (Bucket: string, region: string, location?: string | null) => {
    if (location) {
      const LocationConstraint = location as BucketLocationConstraint;
      const CreateBucketConfiguration = { LocationConstraint };
      return s3().send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration }), region);
    }
    const scope = `test/20260101/${region}/s3/aws4_request`;
    const headers = {
      authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
    };
    const body = location === null ? "<CreateBucketConfiguration/>" : "";
    const created = await s3().raw("PUT", `/${Bucket}`, { headers, body });
    const { location: Location, "x-amz-bucket-arn": BucketArn } = created.headers;
    return created.status === 200
      ? { Location, BucketArn, ...responseMetadata(200) }
      : botoError(created);
  };
  const createTagged = (Bucket: string, Tags: Tag[]) =>
    s3().send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { Tags } }));
  const tagsOf = (Bucket: string) => s3().send(new GetBucketTaggingCommand({ Bucket }));
  const locationOf = async (Bucket: string) => ({
    LocationConstraint: null, // boto3 shows that nothing came
    ...(await s3().send(new GetBucketLocationCommand({ Bucket }))),
  });
  const list = (input: object) => s3().send(new ListBucketsCommand(input));

  play("TestS3::test_different_location_constraint", async (answers) => {
    const east2 = newName();
    const creations: [name: string, region: string, location?: string | null][] = [
      ["create-bucket-constraint-us-east-1", "us-east-1", "us-east-1"],
      ["create-bucket-constraint-us-east-1-with-None", "us-east-1", null],
      ["create-bucket-us-east-2-no-constraint-exc", "us-east-2"],
      ["create-bucket-constraint-us-east-2-with-None", "us-east-2", null],
      ["create-bucket-us-east-2-constraint-to-us-west-1", "us-east-2", "us-west-1"],
      ["create-bucket-us-west-1-constraint-to-us-east-2", "us-west-1", "us-east-2"],
      ["create-bucket-us-west-1-constraint-to-us-east-1", "us-west-1", "us-east-1"],
    ];
    for (const [name, region, location] of creations)
      answers.equal(name, await create(newName(), region, location));
    await create(east2, "us-east-2", "us-east-2");
    answers.equal("get-bucket-location-bucket-us-east-1", await locationOf(await s3().bucket()));
    answers.equal("get-bucket-location-bucket-us-east-2", await locationOf(east2));
    answers.equal("get-bucket-location-non-existent-bucket", await locationOf(newName()));
  });

  play("TestS3::test_create_bucket_with_eu_location_constraint", async (answers) => {
    const name = newName();
    await create(name, "us-east-1", "EU");
    answers.equal("get-bucket-location", await locationOf(name));
    answers.equal("list-bucket-response", await list({ Prefix: name }));
  });

  play("TestS3::test_create_bucket_with_eu_location_constraint_raises", async (answers) => {
    answers.equal("eu-location-constraint-error", await create(newName(), "us-east-2", "EU"));
  });

  play(
    "TestS3::test_create_bucket_with_invalid_location_constraint[us-east-1-foo]",
    async (answers) => {
      answers.equal(
        "us-east-1-location-constraint-foo-error",
        await create(newName(), "us-east-1", "foo"),
      );
    },
  );

  play(
    "TestS3::test_create_bucket_with_invalid_location_constraint[eu-west-1-bar]",
    async (answers) => {
      answers.equal(
        "eu-west-1-location-constraint-bar-error",
        await create(newName(), "eu-west-1", "bar"),
      );
    },
  );

  play("TestS3::test_bucket_constraint_aws_global[us-east-1]", async (answers) => {
    answers.equal("aws-global-constraint", await create(newName(), "us-east-1", "aws-global"));
  });

  play("TestS3::test_s3_uppercase_bucket_name", async (answers) => {
    answers.equal("uppercase-bucket", await create(`Test-${randomUUID()}`, "us-east-1"));
  });

  play("TestS3::test_create_bucket_with_existing_name", async (answers) => {
    const name = newName();
    await create(name, "us-west-1", "us-west-1");
    for (const region of ["us-west-1", "us-east-2"])
      answers.equal(`create-bucket-${region}`, await create(name, region, region));
  });

  play("TestS3::test_bucket_does_not_exist", async (answers) => {
    const Bucket = newName();
    answers.equal("list_object", await s3().send(new ListObjectsCommand({ Bucket })));
    const virtual = await s3().raw("GET", "/", { headers: { host: `${Bucket}.s3.localhost` } });
    answers.equal("list_object_vhost", botoError(virtual));
  });

  play("TestS3::test_delete_bucket_no_such_bucket", async (answers) => {
    const Bucket = "does-not-exist-localstack-test";
    answers.equal("expected_error", await s3().send(new DeleteBucketCommand({ Bucket })));
  });

  play("TestS3BucketObjectTagging::test_create_bucket_with_tags", async (answers) => {
    const name = newName();
    answers.equal(
      "create-bucket-with-tags",
      await createTagged(name, [{ Key: "tag1", Value: "value1" }]),
    );
    answers.equal("get-bucket-tags", await tagsOf(name));
  });

  play(
    "TestS3BucketObjectTagging::test_create_bucket_with_tags_us_east_1_idempotency",
    async (answers) => {
      const name = newName();
      const tags = [{ Key: "tag1", Value: "value1" }];
      const others = [{ Key: "tag2", Value: "value2" }];
      answers.equal("create-bucket-with-tags", await createTagged(name, tags));
      answers.equal("get-bucket-tags", await tagsOf(name));
      answers.equal("create-bucket-different-tags", await createTagged(name, others));
      answers.equal("create-bucket-with-no-tags", await create(name, "us-east-1"));
      answers.equal("get-bucket-tags-after-re-create", await tagsOf(name));
      answers.equal("create-bucket-with-same-tags", await createTagged(name, tags));
      answers.equal("create-bucket-with-empty-tags", await createTagged(name, []));
      answers.equal("get-bucket-tags-after-create-empty", await tagsOf(name));
    },
  );

  play("TestS3ListBuckets::test_list_buckets_with_max_buckets", async (answers) => {
    for (let n = 0; n < 2; n++) await s3().bucket();
    answers.equal("list-objects-with-max-buckets", await list({ MaxBuckets: 1 }));
  });

  play("TestS3ListBuckets::test_list_buckets_with_continuation_token", async (answers) => {
    for (let n = 0; n < 3; n++) await s3().bucket();
    const { ContinuationToken } = await list({ MaxBuckets: 1 });
    answers.equal(
      "list-objects-with-continuation",
      await list({ MaxBuckets: 1, ContinuationToken }),
    );
  });

  play("TestS3ListBuckets::test_list_buckets_by_bucket_region", async (answers) => {
    const Prefix = newName();
    await create(Prefix, "us-east-1", "us-west-2");
    answers.equal(
      "list-objects-by-bucket-region-empty",
      await list({ BucketRegion: "us-east-1", Prefix }),
    );
    answers.equal(
      "list-objects-by-bucket-region-not-empty",
      await list({ BucketRegion: "us-west-2", Prefix }),
    );
  });
}
