/** A platform for the recordings of Lambda, and answers of the JavaScript SDK in the form in which the recordings are. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import {
  CreateFunctionCommand,
  type CreateFunctionCommandInput,
  GetFunctionConfigurationCommand,
  LambdaClient,
  LambdaServiceException,
} from "@aws-sdk/client-lambda";
import { clientSettings, startPlatform, type TestPlatform } from "../../../platform.ts";
import { zipOf } from "../../../zip.ts";

/** An answer or an error as boto3 shows it, which made the recordings. */
export type Answer = Record<string, unknown>;

/** Any command of the SDK's client: its own type knows them only one by one. */
interface Command {
  readonly input: object;
}

/** The account that every recording names. */
const ACCOUNT = "111111111111";
/** The platform's own. */
const OURS = "000000000000";

export const ROLE = `arn:aws:iam::${OURS}:role/lambda-role`;

/** One recording's own corner of the platform: nobody else uses its region. */
export interface Scene {
  readonly region: string;
  readonly account: string;
  readonly origin: string;
  readonly client: LambdaClient;
  /** A call's answer, whether it went well or not. */
  call(command: Command): Promise<Answer>;
  /** Creates a function with just these settings, and waits until it is Active. */
  create(input: Partial<CreateFunctionCommandInput>): Promise<Answer>;
  /** The same as the recorded tests' own helper does it: with its defaults, and inside of its envelope. */
  deploy(input?: Partial<CreateFunctionCommandInput>): Promise<Answer>;
  /** Waits until a function is Active and no update of it is under way. */
  settled(FunctionName: string): Promise<void>;
  /** An ARN of this scene as the platform knows it. */
  arn(functionName: string): string;
}

export interface LambdaFixture {
  scene(): Scene;
  stop(): Promise<void>;
}

export const newName = (prefix = "fn"): string => `${prefix}-${randomBytes(4).toString("hex")}`;

/** Code of a function that nobody invokes. */
export const anyCode = (text = "first"): Promise<Uint8Array> =>
  zipOf({ "index.js": `exports.handler = async () => ${JSON.stringify(text)};` });

export async function openLambda(): Promise<LambdaFixture> {
  const platform: TestPlatform = await startPlatform();
  const clients: LambdaClient[] = [];
  let scenes = 0;
  return {
    scene() {
      scenes += 1;
      const client = openClient(platform.origin, regionNumber(scenes));
      clients.push(client);
      return openScene(platform.origin, regionNumber(scenes), client);
    },
    async stop() {
      for (const client of clients) client.destroy();
      await platform.stop();
    },
  };
}

/** `us-aab-1`: as a region must look, and nobody else's. */
function regionNumber(n: number): string {
  const letters = [676, 26, 1].map(
    (unit) => "abcdefghijklmnopqrstuvwxyz"[Math.floor(n / unit) % 26],
  );
  return `us-${letters.join("")}-1`;
}

function openScene(origin: string, region: string, client: LambdaClient): Scene {
  const send = (command: Command) => client.send(command as GetFunctionConfigurationCommand);
  const scene: Scene = {
    region,
    account: OURS,
    origin,
    client,
    call: (command) => answer(send(command)),
    async create(input) {
      const created = await answer(
        send(
          new CreateFunctionCommand({
            FunctionName: input.FunctionName,
            Role: ROLE,
            Handler: "index.handler",
            Runtime: "python3.12",
            Code: { ZipFile: await anyCode() },
            PackageType: "Zip",
            ...input,
          }),
        ),
      );
      assert.equal(created["Error"], undefined, JSON.stringify(created));
      await scene.settled(input.FunctionName ?? "");
      return created;
    },
    async deploy(input = {}) {
      const CreateFunctionResponse = await scene.create({
        FunctionName: newName(),
        Handler: "handler.handler",
        Timeout: 30,
        Environment: { Variables: {} },
        ...input,
      });
      return { CreateEventSourceMappingResponse: null, CreateFunctionResponse };
    },
    async settled(FunctionName) {
      for (;;) {
        const { State, LastUpdateStatus } = await client.send(
          new GetFunctionConfigurationCommand({ FunctionName }),
        );
        if (State === "Active" && LastUpdateStatus === "Successful") return;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    arn: (name) => `arn:aws:lambda:${region}:${OURS}:function:${name}`,
  };
  return scene;
}

/** Keeps the body of every error, since the SDK does not say which of its members the wire had. */
function openClient(origin: string, region: string): LambdaClient {
  const client = new LambdaClient({ ...clientSettings(origin), region, maxAttempts: 1 });
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const response = result.response as { statusCode: number; body: Readable; text?: string };
      if (response.statusCode < 300) return result;
      const bytes = await buffer(response.body);
      response.text = bytes.toString("utf8");
      response.body = Readable.from([bytes]);
      return result;
    },
    { step: "deserialize", priority: "low" },
  );
  return client;
}

async function answer(work: Promise<{ $metadata: object }>): Promise<Answer> {
  try {
    const { $metadata, ...output } = await work;
    return { ...(plain(output) as Answer), ...metadata($metadata) };
  } catch (error) {
    if (!(error instanceof LambdaServiceException)) throw error;
    const text = (error.$response as { text?: string } | undefined)?.text ?? "{}";
    const known = error.constructor.name !== LambdaServiceException.name;
    return {
      Error: { Code: error.name, Message: masked(error.message) },
      ...(known ? (plain(JSON.parse(text)) as Answer) : {}),
      ...metadata(error.$metadata),
    };
  }
}

const metadata = ($metadata: { httpStatusCode?: number | undefined }): Answer => ({
  ResponseMetadata: { HTTPHeaders: {}, HTTPStatusCode: $metadata.httpStatusCode },
});

/** As the recordings show values: bytes as text, JSON objects inside of texts taken apart, nothing that is undefined. */
export function plain(value: unknown): unknown {
  if (value instanceof Date || value === null || typeof value !== "object")
    return typeof value === "string" ? text(value) : value;
  if (value instanceof Uint8Array) return text(Buffer.from(value).toString("utf8"));
  if (Array.isArray(value)) return value.map(plain);
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) =>
      inner === undefined ? [] : [[key, plain(inner)]],
    ),
  );
}

function text(value: string): unknown {
  const shown = masked(value);
  if (!shown.startsWith("{")) return shown;
  try {
    return JSON.parse(shown);
  } catch {
    return shown;
  }
}

/** Shards and sequence numbers have as many zeros as the account. */
const masked = (value: string): string =>
  value.replace(new RegExp(`(?<![\\w-])${OURS}(?!\\d)`, "g"), ACCOUNT);
