/** What the suites of bad input share: requests that no SDK would send, and what must be the same after them. */
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { LambdaClient, ListFunctionsCommand, ListLayersCommand } from "@aws-sdk/client-lambda";
import {
  ListBucketsCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  S3Client,
} from "@aws-sdk/client-s3";
import { clientSettings, startPlatform, type TestPlatform } from "../platform.ts";

/** An answer as it was on the wire. Header names in lower case; a chunked body is put together. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A request as text; `Connection: close`, so that the answer ends with the connection. */
export interface RawRequest {
  readonly method?: string;
  readonly target: string;
  /** Signs (in form) for this service. */
  readonly service?: string;
  readonly headers?: readonly string[];
  readonly body?: string | Uint8Array;
  readonly version?: string;
}

/** A platform, its clients, and what it held before the bad input came. */
export interface Target extends AsyncDisposable {
  readonly platform: TestPlatform;
  readonly lambda: LambdaClient;
  readonly s3: S3Client;
  raw(request: RawRequest): Promise<RawAnswer>;
  /** Fails unless functions, layers, buckets, objects, uploads and files are those of the last `settle()`. */
  unchanged(): Promise<void>;
  /** Takes what is there now for what must stay. */
  settle(): Promise<void>;
}

const ROLE = "arn:aws:iam::000000000000:role/any";

/** What every CreateFunction of these suites has. */
export const SOUND = { Runtime: "nodejs22.x", Handler: "index.handler", Role: ROLE } as const;

/** A platform of its own. Disposing of it asserts that it still serves, saw no defect, kept its memory, and stops well. */
export async function openTarget(): Promise<Target> {
  const platform = await startPlatform();
  const settings = { ...clientSettings(platform.origin), maxAttempts: 1 };
  const lambda = new LambdaClient(settings);
  const s3 = new S3Client({ ...settings, forcePathStyle: true });
  let before = await stateOf(platform, lambda, s3);
  return {
    platform,
    lambda,
    s3,
    async raw(request) {
      const answers = await sendRaw(platform.origin, requestBytes(request));
      assert.equal(answers.length, 1, `one answer, not ${JSON.stringify(answers)}`);
      return answers[0] as RawAnswer;
    },
    async unchanged() {
      // Of a client that was cut off the platform learns, and cleans up, a little later than this process.
      for (const deadline = Date.now() + 5_000; Date.now() < deadline; await setTimeout(10))
        if (isDeepStrictEqual(await stateOf(platform, lambda, s3), before)) return;
      assert.deepEqual(await stateOf(platform, lambda, s3), before);
    },
    async settle() {
      before = await stateOf(platform, lambda, s3);
    },
    async [Symbol.asyncDispose]() {
      const health = await fetch(`${platform.origin}/_yunque/health`);
      const rss = await residentBytes(platform.pid);
      lambda.destroy();
      s3.destroy();
      const code = await platform.stop();
      const defects = platform.log().match(/^.*defect of Yunque.*(\n {2}.*)*/gm) ?? [];
      assert.deepEqual(defects, [], "defects in the log");
      assert.deepEqual([health.status, code], [200, 0]);
      assert.ok(rss < MAX_RESIDENT_BYTES, `${rss} bytes are resident`);
    },
  };
}

/** What the largest bodies of these suites leave room for, many times over less than what they sent together. */
const MAX_RESIDENT_BYTES = 900 * 1024 * 1024;

/** Bytes of memory that a process holds. */
async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
}

/** The text of a request, with a form of signature where a service is named. */
export function requestBytes({
  method = "GET",
  target,
  service,
  headers = [],
  body = "",
  version = "HTTP/1.1",
}: RawRequest): Uint8Array {
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  const own = new Set(headers.map((header) => header.split(":", 1)[0]?.toLowerCase()));
  const usual = [
    ["host", "Host: 127.0.0.1"],
    ["connection", "Connection: close"],
    ["authorization", service === undefined ? undefined : signature(service)],
    ["content-length", bytes.length > 0 ? `Content-Length: ${bytes.length}` : undefined],
  ] as const;
  const added = usual.flatMap(([name, line]) => (line === undefined || own.has(name) ? [] : line));
  const framed = own.has("transfer-encoding")
    ? added.filter((line) => !line.startsWith("Content-Length"))
    : added;
  const head = [`${method} ${target} ${version}`, ...framed, ...headers, "", ""].join("\r\n");
  return Buffer.concat([Buffer.from(head, "latin1"), bytes]);
}

export const signature = (service: string, region = "us-east-1"): string =>
  `Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/${region}/${service}/aws4_request, SignedHeaders=host, Signature=0`;

/** How a raw connection ends: the server closes it, or this side does, in good order or not, once all was sent. */
export type Ending = "await" | "half-close" | "reset";

/** Sends bytes over a connection of their own and gives what came back until it closed. Rejects after 20 silent seconds. */
export function sendRaw(
  origin: string,
  bytes: Uint8Array,
  ending: Ending = "await",
): Promise<RawAnswer[]> {
  const { port, hostname } = new URL(origin);
  return new Promise((resolve, reject) => {
    const received: Uint8Array[] = [];
    const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true }, () => {
      socket.write(bytes, () => {
        if (ending === "half-close") socket.end();
        if (ending === "reset") socket.resetAndDestroy();
      });
    });
    socket.setTimeout(20_000, () => socket.destroy(new Error("the platform fell silent")));
    socket.on("data", (chunk: Uint8Array) => received.push(chunk));
    socket.on("end", () => socket.end());
    socket.on("error", (error: NodeJS.ErrnoException) => {
      // An answer in the face of a sending client ends in a reset.
      if (error.code !== "ECONNRESET" && error.code !== "EPIPE") reject(error);
    });
    socket.on("close", () => resolve(parseAnswers(Buffer.concat(received).toString("latin1"))));
  });
}

function parseAnswers(text: string): RawAnswer[] {
  const answers: RawAnswer[] = [];
  for (let rest = text; rest !== ""; ) {
    const end = rest.indexOf("\r\n\r\n");
    assert.ok(end > 0, `an answer without a head: ${JSON.stringify(rest.slice(0, 200))}`);
    const [line = "", ...lines] = rest.slice(0, end).split("\r\n");
    const headers = Object.fromEntries(
      lines.map((header) => {
        const [name = "", ...value] = header.split(":");
        return [name.toLowerCase(), value.join(":").trim()];
      }),
    );
    rest = rest.slice(end + 4);
    const status = Number(line.split(" ")[1]);
    const length = headers["content-length"];
    let body = "";
    if (headers["transfer-encoding"] === "chunked") [body, rest] = unchunked(rest);
    else if (length !== undefined && !rest.startsWith("HTTP/1.")) {
      body = rest.slice(0, Number(length));
      rest = rest.slice(Number(length));
    } else if (length === undefined && status >= 200 && status !== 204 && status !== 304) {
      body = rest;
      rest = "";
    }
    if (status >= 200)
      answers.push({ status, headers, body: Buffer.from(body, "latin1").toString("utf8") });
  }
  return answers;
}

function unchunked(text: string): [body: string, rest: string] {
  let body = "";
  for (let rest = text; ; ) {
    const end = rest.indexOf("\r\n");
    const size = Number.parseInt(rest.slice(0, end), 16);
    if (!(size > 0)) return [body, rest.slice(end + 4)];
    body += rest.slice(end + 2, end + 2 + size);
    rest = rest.slice(end + 4 + size);
  }
}

/** What an SDK's call is refused with, as `[name, status, message]`. */
export async function refusalOf(
  call: Promise<unknown>,
): Promise<[name: string, status: number | undefined, message: string]> {
  try {
    await call;
  } catch (thrown) {
    const error = thrown as Error & { $metadata?: { httpStatusCode?: number } };
    return [error.name, error.$metadata?.httpStatusCode, error.message];
  }
  throw new assert.AssertionError({ message: "the call was not refused" });
}

/** Asserts a refusal against what AWS answers; a text stands for itself. */
export function assertRefusal(
  actual: readonly [name: string, status: number | undefined, message: string],
  name: string,
  status: number,
  message: string | RegExp,
): void {
  assert.deepEqual(actual.slice(0, 2), [name, status], actual[2].slice(0, 500));
  if (typeof message === "string") assert.equal(actual[2], message);
  else assert.match(actual[2], message);
}

/** The code in an XML error, and the text beside it. */
export function xmlError({ body }: RawAnswer): [code: string | undefined, message: string] {
  return [
    /<Code>([^<]*)<\/Code>/.exec(body)?.[1],
    /<Message>([^<]*)<\/Message>/.exec(body)?.[1] ?? "",
  ];
}

async function stateOf(platform: TestPlatform, lambda: LambdaClient, s3: S3Client) {
  const { Functions = [] } = await lambda.send(new ListFunctionsCommand({}));
  const { Layers = [] } = await lambda.send(new ListLayersCommand({}));
  const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
  const buckets = await Promise.all(
    Buckets.map(async ({ Name }) => {
      const { Contents = [] } = await s3.send(
        new ListObjectsV2Command({ Bucket: Name, EncodingType: "url" }),
      );
      const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket: Name }));
      return {
        Name,
        objects: Contents.map(({ Key, ETag }) => `${Key} ${ETag}`),
        uploads: Uploads.map(({ Key, UploadId }) => `${Key} ${UploadId}`),
      };
    }),
  );
  return {
    functions: Functions.map(({ FunctionName, CodeSha256 }) => `${FunctionName} ${CodeSha256}`),
    layers: Layers.map(({ LayerArn }) => LayerArn),
    buckets,
    files: await filesOf(platform.dataDir, ["blobs", "packages"]),
  };
}

/** Every name below these folders of the data directory, but what lies inside of an unpacked package. */
async function filesOf(dataDir: string, folders: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  const walk = async (path: string, depth: number): Promise<void> => {
    const entries = await readdir(join(dataDir, path), { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      const name = join(path, entry.name);
      if (entry.isDirectory() && !(path === "packages" && depth > 0)) await walk(name, depth + 1);
      if (!entry.isDirectory() || path === "packages") found.push(name);
    }
  };
  for (const folder of folders) await walk(folder, 0);
  return found.sort();
}
