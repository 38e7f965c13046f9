/** PUT /2022-07-01/telemetry: https://docs.aws.amazon.com/lambda/latest/dg/telemetry-api-reference.html */
import type { Category } from "./telemetry.ts";

/** A subscription, checked. */
export interface Subscription {
  readonly schemaVersion: string;
  readonly types: readonly Category[];
  /** Where to post to, on 127.0.0.1. */
  readonly port: number;
  readonly path: string;
  readonly maxItems: number;
  readonly maxBytes: number;
  readonly timeoutMs: number;
}

const SCHEMAS = ["2022-07-01", "2022-12-13", "2025-01-29"];
const TYPES = ["platform", "function", "extension"];
/** Lambda's name for the instance itself; it takes no other. */
const HOST = "sandbox.localdomain";

/** Least, most and usual of each bound. */
const BUFFERING = {
  maxItems: { least: 1_000, most: 10_000, usual: 10_000 },
  maxBytes: { least: 262_144, most: 1_048_576, usual: 262_144 },
  timeoutMs: { least: 25, most: 30_000, usual: 1_000 },
} as const;

/** The subscription, or what is wrong with it, as the API says it: every fault, with "; " between. */
export function readSubscription(body: Buffer): Subscription | string {
  const told = parse(body);
  if (typeof told === "string") return told;
  const faults: string[] = [];
  const { schemaVersion = "2022-07-01", types, buffering = {}, destination } = told;
  if (!SCHEMAS.includes(String(schemaVersion)))
    faults.push(`schemaVersion should be one of ${SCHEMAS.join(", ")}`);
  const target = readDestination(destination, faults);
  if (!Array.isArray(types) || types.length === 0) faults.push("types should not be empty");
  else if (!types.every((type) => TYPES.includes(type)))
    faults.push(`types should be among ${TYPES.join(", ")}`);
  const bounds = readBuffering(buffering, faults);
  if (faults.length > 0 || !target) return faults.join("; ");
  return {
    schemaVersion: String(schemaVersion),
    types: [...new Set(types as Category[])],
    ...target,
    ...bounds,
  };
}

function parse(body: Buffer): Record<string, unknown> | string {
  try {
    const told: unknown = JSON.parse(body.toString());
    if (typeof told === "object" && told !== null) return told as Record<string, unknown>;
    return "the request should be an object";
  } catch (error) {
    return error instanceof Error ? error.message : "no JSON";
  }
}

function readDestination(
  destination: unknown,
  faults: string[],
): { readonly port: number; readonly path: string } | undefined {
  const { protocol, URI, uri = URI } = (destination ?? {}) as Record<string, unknown>;
  if (protocol !== "HTTP") {
    faults.push("destination protocol should be HTTP");
    return undefined;
  }
  const url = URL.parse(String(uri ?? ""));
  if (url?.protocol !== "http:") faults.push("destination URI is not valid");
  else if (url.hostname !== HOST) faults.push(`destination host should be ${HOST}`);
  else if (url.port === "") faults.push("URI port is not provided");
  else return { port: Number(url.port), path: url.pathname + url.search };
  return undefined;
}

function readBuffering(told: unknown, faults: string[]) {
  const given = (told ?? {}) as Record<string, unknown>;
  const read = (name: keyof typeof BUFFERING): number => {
    const { least, most, usual } = BUFFERING[name];
    const value = given[name] ?? usual;
    if (Number.isInteger(value) && Number(value) >= least && Number(value) <= most)
      return Number(value);
    faults.push(`${name} should be between ${least} and ${most}`);
    return usual;
  };
  return {
    maxItems: read("maxItems"),
    maxBytes: read("maxBytes"),
    timeoutMs: read("timeoutMs"),
  };
}
