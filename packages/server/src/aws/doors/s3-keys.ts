/** Encryption on the wire: which keys a request names, and what an answer says of them. */
import { createHash } from "node:crypto";
import type { ObjectEncryption } from "../../domain/object.ts";
import type { CustomerKey } from "../../services/objects/index.ts";
import type { AwsContext } from "../context.ts";
import { s3Error } from "./s3-errors.ts";

interface CustomerInput {
  readonly SSECustomerAlgorithm?: string | undefined;
  readonly SSECustomerKey?: string | undefined;
  readonly SSECustomerKeyMD5?: string | undefined;
}

export interface EncryptionInput extends CustomerInput {
  readonly ServerSideEncryption?: string | undefined;
  readonly SSEKMSKeyId?: string | undefined;
  readonly BucketKeyEnabled?: boolean | undefined;
}

interface CopyInput {
  readonly CopySourceSSECustomerAlgorithm?: string | undefined;
  readonly CopySourceSSECustomerKey?: string | undefined;
  readonly CopySourceSSECustomerKeyMD5?: string | undefined;
}

const HEADER = "x-amz-server-side-encryption";

/** The client's own key. @throws AwsError in AWS's words and order */
export function customerKey(input: CustomerInput): { readonly customer?: CustomerKey } {
  const { SSECustomerAlgorithm: algorithm, SSECustomerKey: text, SSECustomerKeyMD5: md5 } = input;
  if (algorithm === undefined && text === undefined && md5 === undefined) return {};
  if (algorithm === undefined)
    throw invalid(
      "Requests specifying Server Side Encryption with Customer provided keys must provide a valid encryption algorithm.",
    );
  if (algorithm !== "AES256")
    throw s3Error(
      400,
      "InvalidEncryptionAlgorithmError",
      "The Encryption request you specified is not valid. Supported value: AES256.",
      { ArgumentName: HEADER, ArgumentValue: algorithm },
    );
  if (text === undefined)
    throw invalid(
      "Requests specifying Server Side Encryption with Customer provided keys must provide an appropriate secret key.",
    );
  const key = Buffer.from(text, "base64");
  if (md5 === undefined || key.length !== 32)
    throw invalid("The secret key was invalid for the specified algorithm.");
  if (createHash("md5").update(key).digest("base64") !== md5)
    throw invalid("The calculated MD5 hash of the key did not match the hash that was provided.");
  return { customer: { key, md5 } };
}

/** The key of a copy's source. */
export const sourceKey = (input: CopyInput): { readonly customer?: CustomerKey } =>
  customerKey({
    SSECustomerAlgorithm: input.CopySourceSSECustomerAlgorithm,
    SSECustomerKey: input.CopySourceSSECustomerKey,
    SSECustomerKeyMD5: input.CopySourceSSECustomerKeyMD5,
  });

/** How a new object is to be encrypted, as far as its request says. @throws AwsError */
export function encryptionOf(
  input: EncryptionInput,
  context: AwsContext,
): { readonly encryption?: ObjectEncryption } {
  const { ServerSideEncryption: algorithm, SSEKMSKeyId: key, BucketKeyEnabled } = input;
  const named = [input.SSECustomerAlgorithm, input.SSECustomerKey, input.SSECustomerKeyMD5];
  if (named.some((value) => value !== undefined)) {
    if (algorithm !== undefined)
      throw invalid(
        "Server Side Encryption with Customer provided key is incompatible with the encryption method specified",
        algorithm,
      );
    const { customer } = customerKey(input);
    // A multipart upload begins with the key's MD5 alone where its client likes.
    return customer ? { encryption: { algorithm: "customer", keyMd5: customer.md5 } } : {};
  }
  if (algorithm === undefined) return {};
  if (algorithm === "AES256") return { encryption: { algorithm } };
  if (algorithm !== "aws:kms" && algorithm !== "aws:kms:dsse")
    throw invalid("The encryption method specified is not supported", algorithm);
  if (key !== undefined) checkKmsKey(key, context);
  return {
    encryption: {
      algorithm: algorithm as "aws:kms",
      ...(key !== undefined && { key }),
      ...(BucketKeyEnabled === true && { bucketKey: true }),
    },
  };
}

/** A key's id, alias or ARN; whether there is such a key nobody can say yet. */
function checkKmsKey(key: string, { region }: AwsContext): void {
  const refuse = (message: string) => s3Error(400, "KMS.NotFoundException", message);
  const [, place] = /^arn:aws[a-z-]*:kms:([a-z0-9-]+):\d{12}:(?:key|alias)\/.+$/.exec(key) ?? [];
  if (place !== undefined) {
    if (place !== region) throw refuse(`Invalid arn ${place}`);
    return;
  }
  if (
    !/^(?:alias\/[\w/-]+|mrk-[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.test(key)
  )
    throw refuse(`Invalid keyId '${key}'`);
}

/** What an answer says of an object's encryption. */
export function encryptionMembers(
  encryption: ObjectEncryption | undefined,
  { region, account }: Pick<AwsContext, "region" | "account">,
) {
  if (encryption === undefined || encryption.algorithm === "AES256")
    return { ServerSideEncryption: "AES256" } as const;
  if (encryption.algorithm === "customer")
    return { SSECustomerAlgorithm: "AES256", SSECustomerKeyMD5: encryption.keyMd5 } as const;
  const { algorithm, key = "alias/aws/s3", bucketKey } = encryption;
  const kind = key.startsWith("alias/") ? key : `key/${key}`;
  const arn = key.startsWith("arn:") ? key : `arn:aws:kms:${region}:${account}:${kind}`;
  return {
    ServerSideEncryption: algorithm,
    SSEKMSKeyId: arn,
    ...(bucketKey === true && { BucketKeyEnabled: true }),
  } as const;
}

const invalid = (message: string, value?: string) =>
  s3Error(400, "InvalidArgument", message, {
    ArgumentName: HEADER,
    ...(value !== undefined && { ArgumentValue: value }),
  });
