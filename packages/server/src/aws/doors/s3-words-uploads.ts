/** S3's words for what goes wrong with bytes on their way, and with multipart uploads. */
import { limits } from "../../domain/object.ts";
import type { ObjectErrorCode } from "../../services/objects/index.ts";
import { invalidArgument, invalidRequest, s3Error, type Words } from "./s3-errors.ts";

export const UPLOAD_WORDS = {
  DigestMalformed: ({ md5 }) =>
    s3Error(400, "InvalidDigest", "The Content-MD5 you specified was invalid.", {
      "Content-MD5": md5,
    }),
  DigestMismatch: ({ expected, calculated }) =>
    s3Error(400, "BadDigest", "The Content-MD5 you specified did not match what we received.", {
      ExpectedDigest: expected,
      CalculatedDigest: calculated,
    }),
  ChecksumMalformed: ({ algorithm }) =>
    invalidRequest(`Value for x-amz-checksum-${lower(algorithm)} header is invalid.`),
  ChecksumMismatch: ({ algorithm }) =>
    s3Error(
      400,
      "BadDigest",
      `The ${algorithm} you specified did not match the calculated checksum.`,
    ),
  ChecksumMissing: () =>
    s3Error(
      400,
      "MalformedTrailerError",
      "The request contained trailing data that was not well-formed or did not conform to our published schema.",
    ),
  PayloadHashMismatch: ({ expected, calculated }) =>
    s3Error(
      400,
      "XAmzContentSHA256Mismatch",
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
      { ClientComputedContentSHA256: expected, S3ComputedContentSHA256: calculated },
    ),
  NoSuchUpload: ({ upload }) =>
    s3Error(
      404,
      "NoSuchUpload",
      "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
      { UploadId: upload },
    ),
  UploadMarkerInvalid: ({ upload }) =>
    invalidArgument("upload-id-marker", upload, "Invalid uploadId marker"),
  UploadChecksumMismatch: ({ expected, actual }) =>
    invalidRequest(
      `Checksum Type mismatch occurred, expected checksum Type: ${lower(expected)}, actual checksum Type: ${lower(actual)}`,
    ),
  ChecksumTypeWithoutAlgorithm: () =>
    invalidRequest(
      "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.",
    ),
  ChecksumTypeUnsuitable: ({ type, algorithm }) =>
    invalidRequest(
      `The ${type} checksum type cannot be used with the ${lower(algorithm)} checksum algorithm.`,
    ),
  CompletionTypeMismatch: ({ type }) =>
    invalidRequest(
      `The upload was created using the ${type} checksum mode. The complete request must use the same checksum mode.`,
    ),
  CompletionChecksumMissing: ({ algorithm, part }) =>
    invalidRequest(
      `The upload was created using a ${lower(algorithm)} checksum. The complete request must include the checksum for each part. It was missing for part ${part} in the request.`,
    ),
  CompletionChecksumForeign: ({ algorithm, part }) =>
    s3Error(
      400,
      "BadDigest",
      `The ${lower(algorithm)} you specified for part ${part} did not match what we received.`,
    ),
  CompletionChecksumMismatch: ({ algorithm }) =>
    s3Error(
      400,
      "BadDigest",
      `The ${lower(algorithm)} you specified did not match the calculated checksum.`,
    ),
  CompletionSizeMismatch: ({ announced, size }) =>
    invalidRequest(
      `The provided 'x-amz-mp-object-size' header value ${announced} does not match what was computed: ${size}`,
    ),
  PartNumberInvalid: ({ number }) =>
    invalidArgument(
      "partNumber",
      number,
      "Part number must be an integer between 1 and 10000, inclusive",
    ),
  PartMissing: ({ part, etag, upload }) =>
    s3Error(
      400,
      "InvalidPart",
      "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
      { ETag: etag, PartNumber: part, UploadId: upload },
    ),
  PartsUnordered: ({ upload }) =>
    s3Error(
      400,
      "InvalidPartOrder",
      "The list of parts was not in ascending order. Parts must be ordered by part number.",
      { UploadId: upload },
    ),
  PartTooSmall: ({ size, part, etag }) =>
    s3Error(
      400,
      "EntityTooSmall",
      "Your proposed upload is smaller than the minimum allowed size",
      { ETag: etag, MinSizeAllowed: limits.smallestPart, PartNumber: part, ProposedSize: size },
    ),
  PartsMissing: () => invalidRequest("You must specify at least one part"),
  UploadKeyMissing: () =>
    invalidRequest(
      "The multipart upload initiate requested encryption. Subsequent part requests must include the appropriate encryption parameters.",
    ),
  UploadKeyForeign: () =>
    invalidRequest("The provided encryption parameters did not match the ones used originally."),
} satisfies Partial<Record<ObjectErrorCode, Words>>;

const lower = (algorithm: unknown) => String(algorithm).toLowerCase();
