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
  }),
  services: z.array(z.string()).describe("Services with at least one implemented operation"),
});
export type Health = z.output<typeof healthSchema>;

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

/** What functions of each runtime run on, as of now. */
export const runtimesSchema = z.strictObject({
  runtimes: z
    .array(
      z.strictObject({
        name: z.string().describe("Lambda's identifier, for example nodejs22.x"),
        version: z.string().optional().describe("What really runs, for example nodejs:22.21.1"),
        note: z
          .string()
          .optional()
          .describe("What is otherwise than the name says, and what to do about it"),
      }),
    )
    .readonly(),
});
export type Runtimes = z.output<typeof runtimesSchema>;

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
