/** Analytics, inventories, metrics and tiering on the wire: configurations with ids, kept and given back. */
import type { ConfigurationKind, Objects } from "../../services/objects/index.ts";
import type {
  AnalyticsConfiguration,
  IntelligentTieringConfiguration,
  InventoryConfiguration,
  MetricsConfiguration,
  S3Api,
} from "../api/s3.ts";
import type { AwsContext, Door } from "../context.ts";
import { bucketName, callerOf } from "./s3-caller.ts";
import { malformedXml, s3Error } from "./s3-errors.ts";
import { openToken, sealToken } from "./s3-tokens.ts";

export function reportDoor(objects: Objects): Door<S3Api> {
  const analytics = documents<AnalyticsConfiguration>(objects, "analytics");
  const inventory = documents<InventoryConfiguration>(objects, "inventory");
  const metrics = documents<MetricsConfiguration>(objects, "metrics");
  const tiering = documents<IntelligentTieringConfiguration>(objects, "tiering");
  return {
    async GetBucketAnalyticsConfiguration(input, context) {
      return { AnalyticsConfiguration: await analytics.get(input, context) };
    },
    async PutBucketAnalyticsConfiguration(input, context) {
      await analytics.put(input, input.AnalyticsConfiguration, context);
      context.reply.status = 204;
    },
    async DeleteBucketAnalyticsConfiguration(input, context) {
      await analytics.delete(input, context);
    },
    async ListBucketAnalyticsConfigurations(input, context) {
      const { found, ...page } = await analytics.list(input, context);
      return { ...page, ...(found.length > 0 && { AnalyticsConfigurationList: found }) };
    },

    async GetBucketInventoryConfiguration(input, context) {
      return { InventoryConfiguration: await inventory.get(input, context) };
    },
    async PutBucketInventoryConfiguration(input, context) {
      checkInventory(input.InventoryConfiguration);
      await inventory.put(input, input.InventoryConfiguration, context);
      context.reply.status = 204;
    },
    async DeleteBucketInventoryConfiguration(input, context) {
      await inventory.delete(input, context);
    },
    async ListBucketInventoryConfigurations(input, context) {
      const { found, ...page } = await inventory.list(input, context);
      return { ...page, ...(found.length > 0 && { InventoryConfigurationList: found }) };
    },

    async GetBucketMetricsConfiguration(input, context) {
      return { MetricsConfiguration: await metrics.get(input, context) };
    },
    async PutBucketMetricsConfiguration(input, context) {
      await metrics.put(input, input.MetricsConfiguration, context);
      context.reply.status = 204;
    },
    async DeleteBucketMetricsConfiguration(input, context) {
      await metrics.delete(input, context);
    },
    async ListBucketMetricsConfigurations(input, context) {
      const { found, ...page } = await metrics.list(input, context);
      return { ...page, ...(found.length > 0 && { MetricsConfigurationList: found }) };
    },

    async GetBucketIntelligentTieringConfiguration(input, context) {
      return { IntelligentTieringConfiguration: await tiering.get(input, context) };
    },
    async PutBucketIntelligentTieringConfiguration(input, context) {
      checkTiering(input.IntelligentTieringConfiguration);
      await tiering.put(input, input.IntelligentTieringConfiguration, context);
    },
    async DeleteBucketIntelligentTieringConfiguration(input, context) {
      await tiering.delete(input, context);
    },
    async ListBucketIntelligentTieringConfigurations(input, context) {
      const { found, ...page } = await tiering.list(input, context);
      return { ...page, ...(found.length > 0 && { IntelligentTieringConfigurationList: found }) };
    },
  };
}

type NamesBucket = Parameters<typeof bucketName>[0];

/** Documents that a listing shows at once, as AWS does. */
const PAGE = 100;

function documents<T extends { readonly Id: string }>(objects: Objects, kind: ConfigurationKind) {
  const nameOf = (input: NamesBucket & { readonly Id: string }) => {
    if (!/^[A-Za-z0-9_.-]{1,64}$/.test(input.Id))
      throw s3Error(400, "InvalidConfigurationId", "The specified configuration id is invalid.");
    return { ...bucketName(input), kind, id: input.Id };
  };
  return {
    async get(input: NamesBucket & { readonly Id: string }, context: AwsContext): Promise<T> {
      const found = await objects.getConfiguration(callerOf(context), nameOf(input));
      if (found === undefined) throw noSuchConfiguration();
      return found as T;
    },
    async put(
      input: NamesBucket & { readonly Id: string },
      document: T,
      context: AwsContext,
    ): Promise<void> {
      if (document.Id !== input.Id) throw malformedXml();
      await objects.putConfiguration(callerOf(context), nameOf(input), document);
    },
    delete: (input: NamesBucket & { readonly Id: string }, context: AwsContext) =>
      objects.deleteConfiguration(callerOf(context), nameOf(input)),
    async list(
      input: NamesBucket & { readonly ContinuationToken?: string | undefined },
      context: AwsContext,
    ) {
      const token = input.ContinuationToken;
      const { documents, next } = await objects.listConfigurations(callerOf(context), {
        ...bucketName(input),
        kind,
        after: token === undefined ? "" : openToken(token),
        max: PAGE,
      });
      return {
        found: documents as readonly T[],
        IsTruncated: next !== undefined,
        ...(token !== undefined && { ContinuationToken: token }),
        ...(next !== undefined && { NextContinuationToken: sealToken(next) }),
      };
    },
  };
}

const noSuchConfiguration = () =>
  s3Error(404, "NoSuchConfiguration", "The specified configuration does not exist.");

function checkInventory(configuration: InventoryConfiguration): void {
  const { S3BucketDestination: destination } = configuration.Destination;
  const known =
    ["CSV", "ORC", "Parquet"].includes(destination.Format) &&
    ["Daily", "Weekly"].includes(configuration.Schedule.Frequency) &&
    ["All", "Current"].includes(configuration.IncludedObjectVersions);
  if (!known) throw malformedXml();
  if (!/^arn:aws[a-z-]*:s3:::[A-Za-z0-9._-]{3,63}$/.test(destination.Bucket))
    throw s3Error(400, "InvalidS3DestinationBucket", "Invalid bucket ARN.");
}

/** The least and the most days without access after which each tier begins. */
const TIERS: Readonly<Record<string, readonly [least: number, most: number]>> = {
  ARCHIVE_ACCESS: [90, 730],
  DEEP_ARCHIVE_ACCESS: [180, 730],
};

function checkTiering({ Status, Tierings }: IntelligentTieringConfiguration): void {
  if ((Status !== "Enabled" && Status !== "Disabled") || Tierings.length === 0)
    throw malformedXml();
  const seen = new Set<string>();
  for (const { AccessTier, Days } of Tierings) {
    const [least, most] = TIERS[AccessTier] ?? [1, 0];
    if (Days < least || Days > most || seen.has(AccessTier)) throw malformedXml();
    seen.add(AccessTier);
  }
}
