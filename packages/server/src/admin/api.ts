/**
 * What the admin API answers, as schemas: the OpenAPI document is made of them, tests hold real answers against
 * them, and the CLI imports their types.
 */
import { z } from "zod";

/** Whether the platform serves, and what it is made of. */
export const healthSchema = z.strictObject({
  status: z.literal("ok"),
  version: z.string(),
  node: z.string().describe("Version of Node.js that runs the platform"),
  engine: z.string().describe("Where data lives"),
  account: z.string(),
  region: z.string(),
  uptimeSeconds: z.number(),
  isolation: z.strictObject({
    tier: z.string().describe("What separates instances; none is no wall at all"),
    enforces: z
      .array(z.string())
      .readonly()
      .describe("The walls that really stand on this machine"),
    lacks: z
      .array(z.strictObject({ wall: z.string(), remedy: z.string() }))
      .readonly()
      .describe("Those that do not, each with what raises it"),
    refused: z
      .array(z.strictObject({ tier: z.string(), reason: z.string() }))
      .readonly()
      .describe("Better tiers, and why they do not work here"),
    network: z.string().describe("The widest network that a function may have"),
  }),
  workers: z
    .array(
      z.strictObject({
        pid: z.int(),
        serving: z.boolean().describe("False while it starts"),
        restarts: z.int().describe("How often it ended by itself and was started again"),
      }),
    )
    .readonly()
    .describe("The processes that serve and run functions; none where one process does everything"),
  services: z.array(z.string()).describe("Services with at least one implemented operation"),
});
export type Health = z.output<typeof healthSchema>;

/** The same as anybody is told it. */
export const publicHealthSchema = z.strictObject({
  status: z.literal("ok"),
  version: z.string(),
  isolation: z.strictObject({ tier: z.string() }),
});
export type PublicHealth = z.output<typeof publicHealthSchema>;

/** How much of an AWS service has behaviour; what is missing answers 501. */
export const coverageSchema = z.strictObject({
  service: z.string().describe("The service's name in AWS's model"),
  implemented: z.array(z.string()).readonly().describe("Operations with behaviour"),
  missing: z.array(z.string()).readonly().describe("Operations that answer 501 NotImplemented"),
});
export type Coverage = z.output<typeof coverageSchema>;

export const servicesSchema = z.strictObject({ services: z.array(coverageSchema).readonly() });

/** The configuration in effect, without secrets. */
export const configurationSchema = z.record(z.string(), z.unknown());

/** Instances per deployed function version. */
export const instancesSchema = z.strictObject({
  isolation: z.string(),
  waiting: z
    .strictObject({
      booted: z.int().describe("Processes that have booted and wait to become an instance"),
      walls: z.int().describe("Walls that stand and wait for a process"),
    })
    .describe("What was started ahead of time"),
  deployments: z
    .array(
      z.strictObject({
        deploymentId: z.string(),
        functionName: z.string(),
        version: z.string(),
        busy: z.int(),
        idle: z.int(),
        starting: z.int(),
        queued: z.int().describe("Invocations that wait for an instance"),
      }),
    )
    .readonly(),
});
export type Instances = z.output<typeof instancesSchema>;

/** What a price book says of what ran. */
const costPart = z.strictObject({
  name: z.string().describe("The function, version, alias, hour or tag's value"),
  requests: z.int(),
  gbSeconds: z.number().describe("Memory for as long as was billed, to the millisecond"),
  cost: z.strictObject({
    requests: z.number(),
    duration: z.number(),
    provisioned: z.number().describe("Of provisioned concurrency, at work or not"),
    storage: z.number().describe("Of temporary storage beyond 512 MB"),
    transfer: z.number().describe("Of answers that were not streamed"),
    total: z.number(),
  }),
  container: z
    .number()
    .describe("What a container with the memory of the most at once would have cost all the time"),
  utilisation: z.number().describe("Of the memory that was paid for, how much was at work: 0 to 1"),
  containerUtilisation: z.number().describe("The same of that container"),
  idleProvisioned: z.number().describe("Of provisioned concurrency that had nothing to do"),
});
export const costSchema = z.strictObject({
  currency: z.string(),
  book: z.string(),
  source: z.string().describe("Where the prices are from"),
  date: z.string(),
  from: z.number(),
  to: z.number(),
  parts: z.array(costPart).readonly(),
  total: costPart,
});
export type CostReport = z.output<typeof costSchema>;

/** What is asked of costs. Times in milliseconds since the epoch. */
export interface CostRequest {
  readonly from: number;
  readonly to: number;
  readonly by: "function" | "version" | "alias" | "hour" | `tag:${string}`;
}

/** One line of a function's log, or how many lines were skipped because the reader was too slow. */
export const logLineSchema = z.union([
  z.strictObject({
    timestamp: z.number().describe("Milliseconds since the epoch"),
    stream: z.string(),
    message: z.string(),
    requestId: z.string().optional(),
  }),
  z.strictObject({ skipped: z.int().describe("Lines that the reader was too slow for") }),
]);
export type LogLine = z.output<typeof logLineSchema>;

/** Every answer but a good one. */
export const problemSchema = z.strictObject({
  error: z.strictObject({ code: z.string(), message: z.string() }),
});
