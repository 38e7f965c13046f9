/** A platform for the recordings of S3, and answers of the JavaScript SDK in the form in which the recordings are. */
import { randomBytes } from "node:crypto";
import { type IncomingHttpHeaders, request, STATUS_CODES } from "node:http";
import {
  CreateBucketCommand,
  type CreateBucketCommandInput,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { clientSettings, startPlatform, type TestPlatform } from "../../../platform.ts";

export interface S3Fixture {
  readonly origin: string;
  /** One client per region, as boto3 would speak: it sends no content type of its own. */
  client(region?: string): S3Client;
  /** What the platform answers to a command, as boto3 shows it. */
  send(command: Command, region?: string): Promise<Answered>;
  /** A request without an SDK: the path goes as it is. */
  raw(method: string, path: string, more?: RawRequest): Promise<RawAnswer>;
  /** A new bucket. */
  bucket(input?: Partial<CreateBucketCommandInput>): Promise<string>;
  put(
    bucket: string,
    key: string,
    body: string | Uint8Array,
    more?: Partial<Omit<PutObjectCommandInput, "Body">>,
  ): Promise<Answered>;
  stop(): Promise<void>;
}

/** Any command of the SDK. */
export interface Command {
  readonly input: object;
}
export type Answered = Record<string, unknown>;

interface RawRequest {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}
export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export async function openS3(): Promise<S3Fixture> {
  const platform: TestPlatform = await startPlatform();
  const clients = new Map<string, S3Client>();
  const client = (region = "us-east-1") => {
    const known = clients.get(region) ?? plainClient(platform.origin, region);
    clients.set(region, known);
    return known;
  };
  return {
    origin: platform.origin,
    client,
    send: (command, region) => answer(client(region).send(command as PutObjectCommand)),
    raw: (method, path, more) => rawRequest(platform.origin, method, path, more),
    async bucket(input) {
      const Bucket = newName();
      await client().send(new CreateBucketCommand({ Bucket, ...input }));
      return Bucket;
    },
    put(Bucket, Key, Body, more) {
      return answer(client().send(new PutObjectCommand({ Bucket, Key, Body, ...more })));
    },
    async stop() {
      for (const each of clients.values()) each.destroy();
      await platform.stop();
    },
  };
}

function rawRequest(
  origin: string,
  method: string,
  path: string,
  { headers = {}, body = "" }: RawRequest = {},
): Promise<RawAnswer> {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, method, path, headers, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
      );
      response.on("error", reject);
    });
    sent.on("error", reject).end(body);
  });
}

export const newName = (): string => `recordings-${randomBytes(8).toString("hex")}`;

/** The SDK gives every body a content type; boto3, whose calls were recorded, gives none. */
export function plainClient(origin: string, region: string, more: object = {}): S3Client {
  const client = new S3Client({ ...clientSettings(origin), region, maxAttempts: 1, ...more });
  client.middlewareStack.add(
    (next) => (args) => {
      const { request, input } = args as unknown as {
        request: { headers: Record<string, string> };
        input: { ContentType?: string };
      };
      if (input.ContentType === undefined) delete request.headers["content-type"];
      return next(args);
    },
    { step: "build", priority: "low" },
  );
  return client;
}

interface Answer {
  readonly $metadata: { readonly httpStatusCode?: number | undefined };
}

/** An answer or an error, as boto3 shows it. */
export async function answer(work: Promise<Answer>): Promise<Answered> {
  try {
    const { $metadata, ...output } = await work;
    return { ...(await plain(output)), ...responseMetadata($metadata.httpStatusCode) };
  } catch (error) {
    if (error instanceof S3ServiceException) return errorAnswer(error);
    throw error;
  }
}

/** An answer whose body the recording left out. */
export const bodiless = (answered: Answered): Answered => ({ ...answered, Body: "" });

/** boto3 asks for encoded keys in listings, and decodes them. */
export const decoded = (answered: Answered): unknown => decodeKeys(answered);

const KEYS = new Set(["Key", "Prefix", "Delimiter", "Marker", "NextMarker", "StartAfter"]);

function decodeKeys(value: unknown, name = ""): unknown {
  if (typeof value === "string")
    return KEYS.has(name) ? decodeURIComponent(value.replaceAll("+", " ")) : value;
  if (Array.isArray(value)) return value.map((item) => decodeKeys(item));
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, decodeKeys(item, key)]),
  );
}

async function plain(output: object): Promise<Answered> {
  const entries = Object.entries(output).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    await Promise.all(
      entries.map(async ([name, value]) => {
        if (name !== "Body") return [name, clean(value, name)];
        return [
          name,
          await (value as { transformToString(): Promise<string> }).transformToString(),
        ];
      }),
    ),
  );
}

/** Without the members that are there and undefined. The SDK takes markers of parts for texts, boto3 for numbers. */
function clean(value: unknown, name = ""): unknown {
  if (name.endsWith("PartNumberMarker")) return Number(value);
  if (Array.isArray(value)) return value.map((item) => clean(item));
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries.map(([key, item]) => [key, clean(item, key)]));
}

export const responseMetadata = (status: number | undefined) => ({
  ResponseMetadata: { HTTPHeaders: {}, HTTPStatusCode: status },
});

/** What the SDK makes of an error besides what was sent. */
const OWN = new Set([
  "name",
  "message",
  "Code",
  "$fault",
  "$metadata",
  "$response",
  "RequestId",
  "HostId",
]);

function errorAnswer(error: S3ServiceException): Answered {
  const status = error.$metadata.httpStatusCode ?? 0;
  const sent = Object.entries(error).filter(
    ([name, value]) => !OWN.has(name) && value !== undefined,
  );
  const { Code } = error as { Code?: string };
  const found =
    Code === undefined // no body: boto3 makes an error of the status
      ? { Code: String(status), Message: STATUS_CODES[status] }
      : { Code, Message: error.message, ...Object.fromEntries(sent) };
  return { Error: found, ...responseMetadata(status) };
}

/** The error of a raw answer, as boto3 shows it. */
export function botoError({ text, status }: RawAnswer): Answered {
  const { RequestId: _, HostId: __, ...error } = errorOf(text).Error;
  return { Error: error, ...responseMetadata(status) };
}

/** An error as it was sent, ids and all: what a raw HTTP client sees. */
export function errorOf(xml: string): { readonly Error: Record<string, string | null> } {
  const inside = /<Error>(.*)<\/Error>/s.exec(xml)?.[1] ?? "";
  const elements = [...inside.matchAll(/<([\w-]+)>([^<]*)<\/\1>/g)];
  return {
    Error: Object.fromEntries(
      elements.map(([, name, text]) => [name, unescaped(text ?? "") || null]),
    ),
  };
}

const ENTITIES: Record<string, string> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
const unescaped = (text: string) => text.replace(/&(\w+);/g, (all, name) => ENTITIES[name] ?? all);
