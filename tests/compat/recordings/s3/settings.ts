import {
  DeleteBucketCorsCommand,
  DeleteBucketOwnershipControlsCommand,
  GetBucketAccelerateConfigurationCommand,
  GetBucketCorsCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketRequestPaymentCommand,
  GetBucketWebsiteCommand,
  type ObjectOwnership,
  PutBucketAccelerateConfigurationCommand,
  PutBucketCorsCommand,
  PutBucketLoggingCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutBucketRequestPaymentCommand,
  PutBucketWebsiteCommand,
} from "@aws-sdk/client-s3";
import type { Recordings } from "../harness.ts";
import { botoError, newName, type S3Fixture } from "./fixture.ts";

/** What buckets are told of themselves and give back. */
export function playSettings({ play }: Recordings, s3: () => S3Fixture): void {
  play("TestS3::test_s3_request_payer", async (answers) => {
    const Bucket = await s3().bucket();
    const RequestPaymentConfiguration = { Payer: "Requester" } as const;
    const put = new PutBucketRequestPaymentCommand({ Bucket, RequestPaymentConfiguration });
    answers.equal("put-bucket-request-payment", await s3().send(put));
    const get = new GetBucketRequestPaymentCommand({ Bucket });
    answers.equal("get-bucket-request-payment", await s3().send(get));
  });

  play("TestS3::test_s3_request_payer_exceptions", async (answers) => {
    const put = (Bucket: string, Payer: string) =>
      s3().send(
        new PutBucketRequestPaymentCommand({
          Bucket,
          RequestPaymentConfiguration: { Payer: Payer as "Requester" },
        }),
      );
    answers.equal("wrong-payer-type", await put(await s3().bucket(), "Random"));
    answers.equal("wrong-bucket-name", await put(newName(), "Requester"));
  });

  const ownership = (Bucket: string) =>
    s3().send(new GetBucketOwnershipControlsCommand({ Bucket }));
  const own = (Bucket: string, ...rules: (string | undefined)[]) =>
    s3().send(
      new PutBucketOwnershipControlsCommand({
        Bucket,
        OwnershipControls: {
          Rules: rules.map((rule) => ({ ObjectOwnership: rule as ObjectOwnership })),
        },
      }),
    );
  const disown = (Bucket: string) =>
    s3().send(new DeleteBucketOwnershipControlsCommand({ Bucket }));

  play("TestS3BucketOwnershipControls::test_crud_bucket_ownership_controls", async (answers) => {
    const bucket = await s3().bucket();
    answers.equal("default-ownership", await ownership(bucket));
    answers.equal("put-ownership", await own(bucket, "ObjectWriter"));
    answers.equal("get-ownership", await ownership(bucket));
    answers.equal("delete-ownership", await disown(bucket));
    answers.equal("get-ownership-after-delete", await ownership(bucket));
    answers.equal("delete-ownership-after-delete", await disown(bucket));
    const other = await s3().bucket({ ObjectOwnership: "BucketOwnerPreferred" });
    answers.equal("get-ownership-at-creation", await ownership(other));
  });

  play("TestS3BucketOwnershipControls::test_bucket_ownership_controls_exc", async (answers) => {
    const bucket = await s3().bucket();
    answers.equal("default-ownership", await ownership(bucket));
    const two = await own(bucket, "BucketOwnerPreferred", "ObjectWriter");
    answers.equal("put-ownership-multiple-rules", two);
    answers.equal("put-ownership-wrong-value", await own(bucket, "RandomValue"));
    answers.equal("put-ownership-empty-rule", await own(bucket, undefined));
    const create = async (value: string) =>
      botoError(
        await s3().raw("PUT", `/${newName()}`, { headers: { "x-amz-object-ownership": value } }),
      );
    answers.equal("ownership-wrong-value-at-creation", await create("RandomValue"));
    answers.equal("ownership-non-value-at-creation", await create(""));
  });

  play(
    "TestS3BucketAccelerateConfiguration::test_bucket_acceleration_configuration_crud",
    async (answers) => {
      const Bucket = await s3().bucket();
      const get = () => s3().send(new GetBucketAccelerateConfigurationCommand({ Bucket }));
      const put = (Status: "Enabled" | "Suspended") =>
        s3().send(
          new PutBucketAccelerateConfigurationCommand({
            Bucket,
            AccelerateConfiguration: { Status },
          }),
        );
      answers.equal("get-bucket-default-accelerate-config", await get());
      answers.equal("put-bucket-accelerate-config-enabled", await put("Enabled"));
      answers.equal("get-bucket-accelerate-config-enabled", await get());
      answers.equal("put-bucket-accelerate-config-disabled", await put("Suspended"));
      answers.equal("get-bucket-accelerate-config-disabled", await get());
    },
  );

  play("TestS3BucketLogging::test_put_bucket_logging_wrong_target", async (answers) => {
    const bucket = await s3().bucket();
    const put = (TargetBucket: string) =>
      s3().send(
        new PutBucketLoggingCommand({
          Bucket: bucket,
          BucketLoggingStatus: { LoggingEnabled: { TargetBucket, TargetPrefix: "log" } },
        }),
      );
    const elsewhere = { LocationConstraint: "us-west-2" } as const;
    const far = await s3().bucket({ CreateBucketConfiguration: elsewhere });
    answers.equal("put-bucket-logging-different-regions", await put(far));
    answers.equal("put-bucket-logging-non-existent-bucket", await put(newName()));
  });

  playPolicies({ play } as Recordings, s3);

  play("TestS3::test_bucket_operation_between_regions", async (answers) => {
    const Bucket = await s3().bucket({
      CreateBucketConfiguration: { LocationConstraint: "us-west-2" },
    });
    const WebsiteConfiguration = { IndexDocument: { Suffix: "index.html" } };
    const site = new PutBucketWebsiteCommand({ Bucket, WebsiteConfiguration });
    answers.equal("put-website-config-region-1", await s3().send(site, "us-west-2"));
    const CORSConfiguration = { CORSRules: [{ AllowedMethods: ["GET"], AllowedOrigins: ["*"] }] };
    const cors = new PutBucketCorsCommand({ Bucket, CORSConfiguration });
    answers.equal("put-cors-config-region-1", await s3().send(cors, "us-west-2"));
    const website = await s3().send(new GetBucketWebsiteCommand({ Bucket }), "us-east-1");
    answers.equal("get-website-config-region-2", website);
    const rules = await s3().send(new GetBucketCorsCommand({ Bucket }), "us-east-1");
    answers.equal("get-cors-config-region-2", rules);
  });

  play("TestS3Cors::test_put_cors_invalid_rules", async (answers) => {
    const Bucket = await s3().bucket();
    const wrong = [{ AllowedMethods: ["MYMETHOD"], AllowedOrigins: ["*"] }];
    const put = (CORSRules: typeof wrong) =>
      s3().send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules } }));
    answers.equal("put-cors-exc", await put(wrong));
    answers.equal("put-cors-exc-empty", await put([]));
  });

  play("TestS3Cors::test_delete_cors", async (answers) => {
    const Bucket = await s3().bucket();
    const remove = () => s3().send(new DeleteBucketCorsCommand({ Bucket }));
    answers.equal("delete-cors-before-set", await remove());
    const CORSRules = [{ AllowedMethods: ["GET"], AllowedOrigins: ["*"] }];
    const put = new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules } });
    answers.equal("put-cors", await s3().send(put));
    answers.equal("get-cors", await s3().send(new GetBucketCorsCommand({ Bucket })));
    answers.equal("delete-cors", await remove());
    answers.equal("get-cors-deleted", await s3().send(new GetBucketCorsCommand({ Bucket })));
  });
}

function playPolicies({ play }: Recordings, s3: () => S3Fixture): void {
  const policyFor = (bucket: string) =>
    JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Action: "s3:GetObject",
          Principal: { AWS: "arn:aws:iam::000000000000:root" },
          Resource: `arn:aws:s3:::${bucket}/*`,
        },
      ],
    });
  const put = (Bucket: string, ExpectedBucketOwner: string) =>
    s3().send(
      new PutBucketPolicyCommand({ Bucket, Policy: policyFor(Bucket), ExpectedBucketOwner }),
    );

  play("TestS3::test_put_bucket_policy_expected_bucket_owner", async (answers) => {
    const bucket = await s3().bucket();
    const wrong = await put(bucket, "111111111111");
    answers.equal("put-bucket-policy-with-expected-bucket-owner-error", wrong);
    const right = await put(bucket, "000000000000");
    answers.equal("put-bucket-policy-with-expected-bucket-owner", right);
  });

  for (const owner of ["0000000000020", "abcd", "aa000000000$"])
    play(`TestS3::test_get_bucket_policy_invalid_account_id[${owner}]`, async (answers) => {
      const Bucket = await s3().bucket();
      const get = new GetBucketPolicyCommand({ Bucket, ExpectedBucketOwner: owner });
      answers.equal("get-bucket-policy-invalid-bucket-owner", await s3().send(get));
    });

  for (const owner of ["0000", "0000000000020", "aa000000000$"])
    play(`TestS3::test_put_bucket_policy_invalid_account_id[${owner}]`, async (answers) => {
      const refused = await put(await s3().bucket(), owner);
      answers.equal("put-bucket-policy-invalid-bucket-owner", refused);
    });
}
