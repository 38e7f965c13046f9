import {
  DeleteBucketAnalyticsConfigurationCommand,
  DeleteBucketInventoryConfigurationCommand,
  DeleteBucketMetricsConfigurationCommand,
  GetBucketAnalyticsConfigurationCommand,
  GetBucketInventoryConfigurationCommand,
  GetBucketMetricsConfigurationCommand,
  type InventoryConfiguration,
  ListBucketAnalyticsConfigurationsCommand,
  ListBucketInventoryConfigurationsCommand,
  ListBucketMetricsConfigurationsCommand,
  PutBucketAnalyticsConfigurationCommand,
  PutBucketInventoryConfigurationCommand,
  PutBucketMetricsConfigurationCommand,
} from "@aws-sdk/client-s3";
import type { Recordings } from "../harness.ts";
import type { S3Fixture } from "./fixture.ts";

/** Configurations with ids. */
export function playReports({ play }: Recordings, s3: () => S3Fixture): void {
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
