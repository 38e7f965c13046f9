/** Listing objects on the wire, in both of S3's forms. */

import { formEncode } from "../../domain/notification-event.ts";
import { limits } from "../../domain/object.ts";
import type { Listing, Objects } from "../../services/objects/index.ts";
import type { ListObjectsRequest, ListObjectsV2Request, S3Api } from "../api/s3.ts";
import type { AwsContext, Door } from "../context.ts";
import { bucketName, callerOf, ownerOf } from "./s3-caller.ts";
import { invalidArgument } from "./s3-errors.ts";
import { openToken, sealToken } from "./s3-tokens.ts";

export function listingDoor(objects: Objects): Door<S3Api> {
  return {
    async ListObjectsV2(input, context) {
      const { ContinuationToken, StartAfter } = input;
      const token = ContinuationToken === undefined ? undefined : openToken(ContinuationToken);
      const listing = await list(objects, input, context, token ?? StartAfter ?? "");
      const owner = input.FetchOwner === true ? context.account : undefined;
      const text = encoder(input.EncodingType);
      return {
        ...common(input, listing, owner),
        KeyCount: listing.objects.length + listing.prefixes.length,
        ContinuationToken,
        NextContinuationToken: listing.next && sealToken(listing.next),
        StartAfter: StartAfter && text(StartAfter),
      };
    },

    async ListObjects(input, context) {
      const { Marker = "", Delimiter, EncodingType } = input;
      const listing = await list(objects, input, context, Marker);
      const text = encoder(EncodingType);
      return {
        ...common(input, listing, context.account),
        Marker: text(Marker),
        // Without a delimiter the last key of the page is the marker, and S3 does not repeat it.
        ...(listing.next !== undefined && Delimiter && { NextMarker: text(listing.next) }),
      };
    },
  };
}

type ListInput = ListObjectsRequest | ListObjectsV2Request;

function list(objects: Objects, input: ListInput, context: AwsContext, after: string) {
  const { Prefix = "", Delimiter } = input;
  const max = pageSize("max-keys", input.MaxKeys, "maxKeys");
  const request = { ...bucketName(input), prefix: Prefix, delimiter: Delimiter, after, max };
  checkEncoding(input.EncodingType);
  return objects.listObjects(callerOf(context), request);
}

function common(input: ListInput, listing: Listing, owner: string | undefined) {
  const { Delimiter, EncodingType, Bucket, Prefix = "" } = input;
  const text = encoder(EncodingType);
  const { prefixes, next } = listing;
  const contents = listing.objects.map(({ key, object }) => ({
    Key: text(key),
    LastModified: new Date(object.lastModified),
    ETag: `"${object.etag}"`,
    ChecksumAlgorithm: [object.checksum.algorithm],
    ChecksumType: object.checksum.type,
    Size: object.size,
    ...(owner !== undefined && { Owner: ownerOf(owner) }),
    StorageClass: object.storageClass,
  }));
  return {
    IsTruncated: next !== undefined,
    ...(contents.length > 0 && { Contents: contents }),
    ...(prefixes.length > 0 && { CommonPrefixes: prefixes.map((p) => ({ Prefix: text(p) })) }),
    Name: Bucket,
    Prefix: text(Prefix),
    ...(Delimiter && { Delimiter: text(Delimiter) }),
    MaxKeys: pageSize("max-keys", input.MaxKeys, "maxKeys"),
    ...(EncodingType !== undefined && { EncodingType }),
  };
}

/** At most a thousand, whatever is asked for. @throws AwsError */
export function pageSize(
  name: string,
  wanted: number = limits.page,
  called: string = name,
): number {
  if (wanted < 0)
    throw invalidArgument(
      name,
      wanted,
      `Argument ${called} must be an integer between 0 and 2147483647`,
    );
  return Math.min(wanted, limits.page);
}

/** @throws AwsError for any but `url`. */
export function checkEncoding(encoding: string | undefined): void {
  if (encoding !== undefined && encoding !== "url")
    throw invalidArgument(
      "encoding-type",
      encoding === "" ? null : encoding,
      "Invalid Encoding Method specified in Request",
    );
}

/** XML cannot hold every key; encoded ones fit. */
export const encoder = (encoding: string | undefined): ((text: string) => string) =>
  encoding === "url" ? formEncode : (text) => text;
