import {
  DeleteBucketAnalyticsConfigurationCommand,
  DeleteBucketCorsCommand,
  DeleteBucketInventoryConfigurationCommand,
  DeleteBucketMetricsConfigurationCommand,
  DeleteBucketOwnershipControlsCommand,
  GetBucketAccelerateConfigurationCommand,
  GetBucketAnalyticsConfigurationCommand,
  GetBucketCorsCommand,
  GetBucketInventoryConfigurationCommand,
  GetBucketMetricsConfigurationCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketRequestPaymentCommand,
  GetBucketWebsiteCommand,
  type InventoryConfiguration,
  ListBucketAnalyticsConfigurationsCommand,
  ListBucketInventoryConfigurationsCommand,
  ListBucketMetricsConfigurationsCommand,
  type ObjectOwnership,
  PutBucketAccelerateConfigurationCommand,
  PutBucketAnalyticsConfigurationCommand,
  PutBucketCorsCommand,
  PutBucketInventoryConfigurationCommand,
  PutBucketLoggingCommand,
  PutBucketMetricsConfigurationCommand,
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

  playReports({ play } as Recordings, s3);
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

/** Configurations with ids. */
function playReports({ play }: Recordings, s3: () => S3Fixture): void {
  play("TestS3::test_s3_analytics_configurations", async (answers) => {
    const [Bucket, target] = [await s3().bucket(), `arn:aws:s3:::${await s3().bucket()}`];
    const [one, two] = ["config_with_storage_analysis_1", "config_with_storage_analysis_2"];
    const put = (Id: string, named: string, Prefix: string) =>
      s3().send(
        new PutBucketAnalyticsConfigurationCommand({
          Bucket,
          Id,
          AnalyticsConfiguration: {
            Id: named,
            Filter: { Prefix },
            StorageClassAnalysis: {
              DataExport: {
                OutputSchemaVersion: "V_1",
                Destination: {
                  S3BucketDestination: { Format: "CSV", Bucket: target, Prefix: "test" },
                },
              },
            },
          },
        }),
      );
    const get = (Id: string) =>
      s3().send(new GetBucketAnalyticsConfigurationCommand({ Bucket, Id }));
    const remove = (Id: string) =>
      s3().send(new DeleteBucketAnalyticsConfigurationCommand({ Bucket, Id }));
    const list = () => s3().send(new ListBucketAnalyticsConfigurationsCommand({ Bucket }));
    answers.equal(
      "put_config_with_storage_analysis_err",
      await put("different-id", one, "test_ls"),
    );
    answers.equal("get_config_with_storage_analysis_err", await get("non-existing"));
    answers.equal("delete_config_with_storage_analysis_err", await remove("non-existing"));
    answers.equal("put_config_with_storage_analysis_1", await put(one, one, "test_ls"));
    answers.equal("get_config_with_storage_analysis_1", await get(one));
    await put(one, one, "test_ls_2");
    answers.equal("get_config_with_storage_analysis_2", await get(one));
    await put(two, two, "test_ls_3");
    answers.equal("get_config_with_storage_analysis_3", await get(two));
    answers.equal("list_config_with_storage_analysis_1", await list());
    await remove(two);
    answers.equal("list_config_with_storage_analysis_2", await list());
  });

  const inventories = async () => {
    const [Bucket, target] = [await s3().bucket(), `arn:aws:s3:::${await s3().bucket()}`];
    return {
      put: (Id: string, more: Partial<InventoryConfiguration> = {}) =>
        s3().send(
          new PutBucketInventoryConfigurationCommand({
            Bucket,
            Id,
            InventoryConfiguration: {
              Id,
              IsEnabled: true,
              IncludedObjectVersions: "All",
              Schedule: { Frequency: "Daily" },
              Destination: { S3BucketDestination: { Bucket: target, Format: "CSV" } },
              ...more,
            },
          }),
        ),
      get: (Id: string) => s3().send(new GetBucketInventoryConfigurationCommand({ Bucket, Id })),
      remove: (Id: string) =>
        s3().send(new DeleteBucketInventoryConfigurationCommand({ Bucket, Id })),
      list: () => s3().send(new ListBucketInventoryConfigurationsCommand({ Bucket })),
    };
  };

  play("TestS3::test_s3_inventory_report_crud", async (answers) => {
    const { put, get, remove, list } = await inventories();
    const id = "test-inventory";
    answers.equal("put-inventory-config", await put(id, { OptionalFields: ["Size", "ETag"] }));
    answers.equal("list-inventory-config", await list());
    answers.equal("get-inventory-config", await get(id));
    answers.equal("del-inventory-config", await remove(id));
    answers.equal("list-inventory-config-after-del", await list());
    answers.equal("get-nonexistent-inv-config", await get(id));
  });

  play("TestS3::test_put_bucket_inventory_config_order", async (answers) => {
    const { put, remove, list } = await inventories();
    for (const id of ["test-1", "z-test", "a-test"]) await put(id);
    answers.equal("list-inventory-config", await list());
    answers.equal("del-inventory-config", await remove("z-test"));
    answers.equal("list-inventory-config-after-del", await list());
  });

  const metrics = async () => {
    const Bucket = await s3().bucket();
    return {
      put: (Id: string, Prefix: string) =>
        s3().send(
          new PutBucketMetricsConfigurationCommand({
            Bucket,
            Id,
            MetricsConfiguration: { Id, Filter: { Prefix } },
          }),
        ),
      get: (Id: string) => s3().send(new GetBucketMetricsConfigurationCommand({ Bucket, Id })),
      remove: (Id: string) =>
        s3().send(new DeleteBucketMetricsConfigurationCommand({ Bucket, Id })),
      list: () => s3().send(new ListBucketMetricsConfigurationsCommand({ Bucket })),
    };
  };

  play("TestS3MetricsConfiguration::test_list_bucket_metrics_configurations", async (answers) => {
    const { put, list } = await metrics();
    for (const id of ["one", "two"]) await put(id, "logs/prefix");
    answers.equal("list_bucket_metrics_configurations", await list());
  });

  play("TestS3MetricsConfiguration::test_get_bucket_metrics_configuration", async (answers) => {
    const { put, get } = await metrics();
    await put("one", "logs/");
    answers.equal("get_bucket_metrics_configuration", await get("one"));
  });

  play(
    "TestS3MetricsConfiguration::test_get_bucket_metrics_configuration_not_exist",
    async (answers) => {
      const { get } = await metrics();
      answers.equal("get_bucket_metrics_configuration", await get("one"));
    },
  );

  play("TestS3MetricsConfiguration::test_delete_metrics_configuration", async (answers) => {
    const { put, get, remove } = await metrics();
    await put("one", "logs/");
    answers.equal("delete_bucket_metrics_configuration", await remove("one"));
    answers.equal("get_bucket_metrics_configuration", await get("one"));
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
