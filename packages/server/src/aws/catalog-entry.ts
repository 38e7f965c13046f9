import type { ProtocolName } from "./model-file.ts";

/** One service in `api/catalog.ts`: what finds it from a request before its model is read. */
export interface CatalogEntry {
  /** Our key of it, and the name of its model's file. */
  readonly service: string;
  /** AWS's name of it, for people. */
  readonly serviceId: string;
  /** The API version; unique among the services that speak awsQuery, whose unsigned requests carry it. */
  readonly version: string;
  readonly protocols: readonly ProtocolName[];
  readonly signingName: string;
  readonly endpointPrefix: string;
  readonly targetPrefix?: string;
  /** First path segments that belong to no other service. */
  readonly paths: readonly string[];
}
