/** Every setting of the platform, with its bounds, its default and one line of meaning. */
import { z } from "zod";
import { FUNCTION_NETWORKS } from "./domain/function-network.ts";
import { OUTBOUND } from "./engines/outbound/address-rules.ts";

const instances = z.strictObject({
  max: z.int().min(1).max(10_000).default(100).describe("most instances on this machine"),
  idleSeconds: z
    .number()
    .min(1)
    .max(86_400)
    .default(300)
    .describe("how long an idle instance is kept warm"),
});

const limits = z.strictObject({
  concurrency: z
    .int()
    .min(1)
    .max(100_000)
    .default(1000)
    .describe("concurrent executions of the account, all functions together"),
  requestRate: z
    .int()
    .min(0)
    .max(100_000)
    .default(10)
    .describe(
      "synchronous requests per second for each concurrent execution, of the account and of what functions have reserved, as at AWS; 0 for as many as come",
    ),
  queuedInvocations: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(10_000)
    .describe("invocations that may wait for an instance; more are throttled"),
  asyncConcurrency: z
    .int()
    .min(1)
    .max(10_000)
    .default(100)
    .describe("asynchronous events of one function that run at once; the others wait on disk"),
  streamThroughput: z
    .boolean()
    .default(true)
    .describe(
      "shards of provisioned streams take 1,000 records and 1 MiB in a second and give 2 MiB to five reads, as at AWS; false for as much as comes",
    ),
  connections: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(10_000)
    .describe("connections of clients that may be open; more are closed at once"),
});

const file = z.string().min(1).max(4096).optional();

const tls = z
  .strictObject({
    cert: file.describe("serves HTTPS with the certificate chain in this file (PEM)"),
    key: file.describe("file of the certificate's private key (PEM)"),
  })
  .refine(({ cert, key }) => (cert === undefined) === (key === undefined), {
    error: "a certificate and its key go together: give both tls.cert and tls.key",
  });

const traces = z.strictObject({
  daemonPort: z
    .int()
    .min(0)
    .max(65_535)
    .default(2000)
    .describe(
      "port on loopback where X-Ray's SDKs send segments (UDP) and ask for sampling rules (TCP); any free one where it is taken, or where this or port is 0",
    ),
  maxMB: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(1024)
    .describe("megabytes of traces that are kept; beyond it, and after 30 days, the oldest go"),
});

const prices = z.strictObject({
  book: z
    .enum(["aws", "own"])
    .default("aws")
    .describe("what yunque cost reckons with: AWS's list price, or your own machines' cost"),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, "expected a code of three letters, like EUR")
    .default("USD")
    .describe("currency of what your own machines cost"),
  monthly: z
    .number()
    .min(0)
    .max(1e9)
    .default(100)
    .describe("what your own machines cost in a month, with power, place and work"),
  gigabytes: z
    .number()
    .min(0.1)
    .max(1e6)
    .default(16)
    .describe("gigabytes of memory that your own machines have together"),
});

const smtp = z.strictObject({
  url: z
    .string()
    .max(2048)
    .regex(/^smtps?:\/\/[^\s/]+\/?$/, "expected smtp://HOST:PORT or smtps://USER:PASSWORD@HOST")
    .optional()
    .meta({
      description:
        "mail server that sends the mail of topics: smtp:// or smtps://, with a user where it wants one",
      secret: true,
    }),
  from: z
    .string()
    .max(320)
    .regex(/^[^\s<>"@]+@[^\s<>"@]+$/, "expected an address")
    .default("no-reply@yunque.invalid")
    .describe("address that mail comes from"),
});

/** The shape of `yunque.json`. Unknown keys are refused. */
export const configSchema = z.strictObject({
  host: z
    .string()
    .min(1)
    .max(253)
    .default("127.0.0.1")
    .describe("address to listen on; anything but loopback opens the platform to the network"),
  port: z
    .int()
    .min(0)
    .max(65_535)
    .default(4566)
    .describe("port to listen on; 0 takes any free one"),
  dataDir: z.string().min(1).max(4096).default(".yunque").describe("directory that keeps the data"),
  engine: z
    .enum(["embedded", "memory"])
    .default("embedded")
    .describe("where data lives: embedded keeps it in dataDir, memory forgets it at the end"),
  isolation: z
    .enum(["auto", "bubblewrap", "unshare", "none"])
    .default("auto")
    .describe("walls around functions: the best that works here (auto), that one, or none"),
  network: z
    .enum(FUNCTION_NETWORKS)
    .default("host")
    .describe(
      "widest network of functions: the machine's (host), only their own 127.0.0.1, or none; the variable YUNQUE_NETWORK of a function can narrow it",
    ),
  account: z
    .string()
    .regex(/^\d{12}$/, "expected twelve digits")
    .default("000000000000")
    .describe("AWS account id of every resource"),
  region: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]{1,12}){1,3}-\d{1,2}$/, "expected a region such as us-east-1")
    .default("us-east-1")
    .describe("AWS region where a request names none"),
  log: z
    .enum(["text", "json"])
    .default("text")
    .describe("form of the platform's own log: text for people, json for machines"),
  logLevel: z
    .enum(["debug", "info", "warn", "error"])
    .default("info")
    .describe("least level that is logged"),
  shutdownSeconds: z
    .number()
    .min(0)
    .max(900)
    .default(10)
    .describe("longest wait for running invocations when the platform stops"),
  adminToken: z
    .string()
    .regex(/^[\x21-\x7e]{16,256}$/, "expected 16 to 256 visible ASCII characters")
    .optional()
    .meta({
      description: "token of the admin API; without one the platform makes its own",
      secret: true,
    }),
  workers: z
    .int()
    .min(0)
    .max(64)
    .default(0)
    .describe("processes that serve and run functions beside this one; 0 does everything in one"),
  fastFront: z
    .boolean()
    .default(true)
    .describe("reads plain invocations with Yunque's own HTTP parser; false leaves all to Node.js"),
  publicUrl: z
    .string()
    .max(2048)
    .regex(/^https?:\/\/[^\s/?#]+$/, "expected http://HOST or https://HOST, without a path")
    .optional()
    .describe(
      "how others reach the platform: it stands in links that are sent to them; without it, where it listens",
    ),
  outbound: z
    .enum(OUTBOUND)
    .default("any")
    .describe(
      "web servers that the platform itself may call for users, as HTTP endpoints of topics: all but link-local addresses (any), those on the internet (public), or none",
    ),
  otlpEndpoint: z
    .string()
    .max(2048)
    .regex(/^https?:\/\/[^\s?#]+$/, "expected http://HOST:PORT or https://HOST")
    .optional()
    .describe("OpenTelemetry collector that every trace is sent to (OTLP over HTTP)"),
  smtp: smtp.prefault({}),
  traces: traces.prefault({}),
  prices: prices.prefault({}),
  tls: tls.prefault({}),
  instances: instances.prefault({}),
  limits: limits.prefault({}),
});

/** The configuration in effect. `dataDir` is absolute; `adminToken` is absent unless somebody set it. */
export type Config = z.output<typeof configSchema>;

/** One setting and its spellings: `name` in yunque.json, a variable in the environment, a flag of `yunque up`. */
export interface Setting {
  /** `port`, `instances.max` */
  readonly name: string;
  /** `YUNQUE_INSTANCES_MAX` */
  readonly variable: string;
  /** `--instances-max`, `--no-fast-front`; secrets have none, since everybody can read a command line. */
  readonly flag: string | undefined;
  readonly type: "string" | "number" | "boolean";
  readonly choices: readonly string[] | undefined;
  readonly default: string | number | boolean | undefined;
  readonly meaning: string;
  /** Nobody is shown its value. */
  readonly secret: boolean;
}

/** What `z.toJSONSchema` says of a property, as far as it matters here. */
interface Property {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly default?: unknown;
  readonly description?: string;
  readonly secret?: boolean;
  readonly properties?: Readonly<Record<string, Property>>;
}

/** All settings, in the order of the schema. */
export const settings: readonly Setting[] = settingsOf(z.toJSONSchema(configSchema) as Property);

function settingsOf(property: Property, path: readonly string[] = []): Setting[] {
  if (property.properties)
    return Object.entries(property.properties).flatMap(([key, inner]) =>
      settingsOf(inner, [...path, key]),
    );
  const words = path.join("-").replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const fallback = property.default;
  const type = property.type === "string" || property.type === "boolean" ? property.type : "number";
  return [
    {
      name: path.join("."),
      variable: `YUNQUE_${words.toUpperCase().replaceAll("-", "_")}`,
      flag: property.secret === true ? undefined : `--${fallback === true ? "no-" : ""}${words}`,
      type,
      choices: property.enum,
      default: isPlain(fallback) ? fallback : undefined,
      meaning: property.description ?? "",
      secret: property.secret === true,
    },
  ];
}

function isPlain(value: unknown): value is string | number | boolean {
  return ["string", "number", "boolean"].includes(typeof value);
}
