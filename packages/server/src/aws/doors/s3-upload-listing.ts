import type { Objects } from "../../services/objects/index.ts";
import type { S3Api } from "../api/s3.ts";
import type { Door } from "../context.ts";
import { bucketName, callerOf } from "./s3-caller.ts";
import { checkEncoding, encoder, pageSize } from "./s3-listings.ts";
import { kindOfChecksum, people } from "./s3-uploads.ts";

export function uploadListingDoor(objects: Objects): Door<S3Api> {
  return {
    async ListMultipartUploads(input, context) {
      const { Prefix = "", Delimiter, EncodingType, KeyMarker = "" } = input;
      // As S3: an upload's marker means nothing without a key's.
      const afterUpload = KeyMarker === "" ? "" : (input.UploadIdMarker ?? "");
      const max = pageSize("max-uploads", input.MaxUploads);
      checkEncoding(EncodingType);
      const found = await objects.listUploads(callerOf(context), {
        ...bucketName(input),
        prefix: Prefix,
        delimiter: Delimiter,
        afterKey: KeyMarker,
        afterUpload,
        max,
      });
      const text = encoder(EncodingType);
      const uploads = found.uploads.map((upload) => ({
        UploadId: upload.id,
        Key: text(upload.key),
        Initiated: new Date(upload.initiated),
        StorageClass: upload.storageClass,
        ...people(context),
        ...kindOfChecksum(upload),
      }));
      return {
        Bucket: input.Bucket,
        KeyMarker: text(KeyMarker),
        UploadIdMarker: afterUpload,
        NextKeyMarker: text(found.last?.key ?? ""),
        NextUploadIdMarker: found.last?.upload ?? "",
        ...(Prefix !== "" && { Prefix: text(Prefix) }),
        ...(Delimiter && { Delimiter: text(Delimiter) }),
        MaxUploads: max,
        IsTruncated: found.truncated,
        ...(uploads.length > 0 && { Uploads: uploads }),
        ...(found.prefixes.length > 0 && {
          CommonPrefixes: found.prefixes.map((prefix) => ({ Prefix: text(prefix) })),
        }),
        ...(EncodingType !== undefined && { EncodingType }),
      };
    },
  };
}
