/** The paths of the admin API, each with what it takes and answers. */
import { z } from "zod";
import {
  type CostReport,
  type CostRequest,
  type Coverage,
  configurationSchema,
  costSchema,
  coverageSchema,
  type Health,
  healthSchema,
  type Instances,
  instancesSchema,
  logLineSchema,
  type PublicHealth,
  publicHealthSchema,
  servicesSchema,
} from "./api.ts";
import { type LogReader, logLines } from "./log-lines.ts";
import { openApi } from "./openapi.ts";
import { Problem } from "./problem.ts";
import { type AnyRoute, adminRoute } from "./router.ts";

/** What the admin API tells of; the composition root hands it in. */
export interface AdminSources {
  readonly version: string;
  readonly engine: string;
  readonly account: string;
  readonly region: string;
  /** When the platform started: milliseconds since the epoch. */
  readonly startedAt: number;
  /** Asked of everybody. */
  readonly token: string;
  readonly isolation: Health["isolation"];
  /** The effective configuration; without its secrets. */
  readonly config: Readonly<Record<string, unknown>>;
  services(): readonly Coverage[];
  instances(): Promise<Readonly<Instances>>;
  workers(): Health["workers"];
  /** Counters and distributions, as Prometheus reads them. */
  metrics(): Promise<string> | string;
  /** What functions cost. */
  cost(request: CostRequest): Promise<Readonly<CostReport>>;
  readonly logs: LogReader;
  /** The log group of a function, or undefined where there is no such function. */
  logGroup(functionName: string): Promise<string | undefined>;
  /** Where lines of a log group are, or undefined where there is no such group. */
  logLines(groupName: string): Promise<string | undefined>;
}

const nothing = z.strictObject({});

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const costQuery = z
  .strictObject({
    from: z.coerce
      .number()
      .int()
      .min(0)
      .max(8.64e15)
      .optional()
      .describe(
        "From the hour of this time on: milliseconds since the epoch; a day ago unless said",
      ),
    to: z.coerce
      .number()
      .int()
      .min(0)
      .max(8.64e15)
      .optional()
      .describe("Up to this time: milliseconds since the epoch; now unless said"),
    by: z
      .string()
      .regex(/^(function|version|alias|hour|tag:.{1,128})$/s)
      .default("function")
      .describe("What is added up: function, version, alias, hour or tag:KEY"),
  })
  .transform(({ from, to, by }) => {
    const end = to ?? Date.now();
    const start = from ?? end - DAY_MS;
    return { from: Math.floor(start / HOUR_MS) * HOUR_MS, to: end, by: by as CostRequest["by"] };
  });

const logQuery = z.strictObject({
  since: z.coerce
    .number()
    .int()
    .min(0)
    .max(8.64e15)
    .optional()
    .describe("Lines from this time on: milliseconds since the epoch"),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(1000)
    .describe("Most lines of the past, the newest ones"),
  follow: z
    .enum(["true", "false"])
    .default("false")
    .transform((text) => text === "true")
    .describe("Go on with lines as they arrive"),
});

/** All routes over these sources; the last one describes the others. */
export function adminRoutes(sources: AdminSources): AnyRoute[] {
  const routes = [
    adminRoute({
      path: "/_yunque/health",
      summary: "Whether the platform serves; with the token, what it is made of",
      query: nothing,
      answer: z.union([healthSchema, publicHealthSchema]),
      open: true,
      handle: ({ caller }) => (caller === "holder" ? healthOf(sources) : publicHealthOf(sources)),
    }),
    adminRoute({
      path: "/_yunque/services",
      summary: "The operations of every AWS service: implemented and missing ones",
      query: nothing,
      answer: servicesSchema,
      handle: () => ({ services: sources.services() }),
    }),
    adminRoute({
      path: "/_yunque/services/{name}",
      summary: "The operations of one AWS service",
      query: nothing,
      answer: coverageSchema,
      handle({ name }) {
        const found = sources.services().find(({ service }) => service === name);
        if (found) return found;
        throw new Problem(404, "NoSuchService", "There is no such service.");
      },
    }),
    adminRoute({
      path: "/_yunque/config",
      summary: "The configuration in effect, without secrets",
      query: nothing,
      answer: configurationSchema,
      handle: () => sources.config,
    }),
    adminRoute({
      path: "/_yunque/instances",
      summary: "Instances and waiting invocations per function version",
      query: nothing,
      answer: instancesSchema,
      handle: () => sources.instances(),
    }),
    adminRoute({
      path: "/_yunque/metrics",
      summary: "Counters and distributions since the start, as Prometheus text",
      query: nothing,
      answer: z.string(),
      text: "text/plain; version=0.0.4; charset=utf-8",
      handle: () => sources.metrics(),
    }),
    adminRoute({
      path: "/_yunque/cost",
      summary: "What functions cost by the price book, and what a container would have cost",
      query: costQuery,
      answer: costSchema,
      handle: ({ query }) => sources.cost(query),
    }),
    adminRoute({
      path: "/_yunque/functions/{name}/logs",
      summary: "What a function logged, a JSON object per line",
      query: logQuery,
      answer: logLineSchema,
      lines: true,
      async handle({ name, query, signal }) {
        const group = await sources.logGroup(name);
        if (group === undefined)
          throw new Problem(404, "NoSuchFunction", "There is no such function.");
        return logLines(sources.logs, group, query, signal);
      },
    }),
    adminRoute({
      path: "/_yunque/log-groups/{name}/lines",
      summary: "The lines of a log group, a JSON object per line",
      query: logQuery,
      answer: logLineSchema,
      lines: true,
      async handle({ name, query, signal }) {
        const group = await sources.logLines(name);
        if (group === undefined)
          throw new Problem(404, "NoSuchLogGroup", "There is no such log group.");
        return logLines(sources.logs, group, query, signal);
      },
    }),
  ];
  const document: AnyRoute = adminRoute({
    path: "/_yunque/openapi.json",
    summary: "This API as an OpenAPI 3.1 document",
    query: nothing,
    answer: z.record(z.string(), z.unknown()),
    handle: () => openApi([...routes, document], sources.version),
  });
  return [...routes, document];
}

/** What anybody may know, functions too. */
function publicHealthOf({ version, isolation }: AdminSources): PublicHealth {
  return { status: "ok", version, isolation: { tier: isolation.tier } };
}

function healthOf(sources: AdminSources): Health {
  const { version, engine, account, region, isolation } = sources;
  return {
    status: "ok",
    version,
    node: process.versions.node,
    engine,
    account,
    region,
    uptimeSeconds: Math.max(0, (Date.now() - sources.startedAt) / 1000),
    isolation,
    workers: sources.workers(),
    services: sources
      .services()
      .filter(({ implemented }) => implemented.length > 0)
      .map(({ service }) => service),
  };
}
