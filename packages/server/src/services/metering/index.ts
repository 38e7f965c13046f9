/** Metering: what every invocation took, by the hour, and what that costs. The folder's only door. */
import type { Scope } from "../../domain/scope.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Metering } from "../../ports/metering.ts";
import type { Metrics } from "../../ports/metrics.ts";
import type { Change, Records } from "../../ports/records.ts";
import type { Sample } from "../metrics/index.ts";
import { type CostBy, type CostReport, costOf } from "./cost.ts";
import { MeterHours, type ProvisionedReading } from "./hours.ts";
import { lambdaSamples } from "./lambda-metrics.ts";
import { Meters } from "./meters.ts";
import type { PriceBook } from "./prices.ts";
import { provisionedSamples } from "./provisioned-metrics.ts";
import type { MeterReading } from "./reading.ts";

export type { CostBy, CostReport } from "./cost.ts";
export type { ProvisionedReading } from "./hours.ts";
export { Meters } from "./meters.ts";
export { AWS_PRICES, ownPrices, type PriceBook } from "./prices.ts";
export type { MeterReading } from "./reading.ts";

export interface MeteringService {
  readonly meters: Metering;
  /** What another process has counted. */
  told(readings: readonly MeterReading[]): void;
  /** What has happened since the last time, as metrics, and the records that keep it. */
  read(): Promise<
    { readonly scope: Scope; readonly samples: readonly Sample[]; readonly changes: Change[] }[]
  >;
  cost(
    scope: Scope,
    request: { readonly from: number; readonly to: number; readonly by: CostBy },
  ): Promise<CostReport>;
}

export interface MeteringDependencies {
  readonly records: Records;
  readonly clock: Clock;
  readonly prices: PriceBook;
  /** Is told of invocations, too, as they are read. */
  readonly totals?: Pick<Metrics, "count">;
  /** What is kept initialised, since it was asked last. */
  provisioned(): readonly ProvisionedReading[];
  /** There will be something to read. */
  onUse(): void;
}

export function createMetering(dependencies: MeteringDependencies): MeteringService {
  const { records, clock, prices, totals, onUse } = dependencies;
  const meters = new Meters(clock.now, onUse);
  const hours = new MeterHours(records);
  let waiting: MeterReading[] = [];
  return {
    meters,
    told(readings) {
      if (readings.length === 0) return;
      waiting.push(...readings);
      onUse();
    },
    async read() {
      const readings = [...waiting, ...meters.read()];
      waiting = [];
      for (const { subject, requests, errors, throttles, billedMs } of readings) {
        const { account: Account, region: Region, functionName: FunctionName } = subject;
        const about = { Account, Region, FunctionName };
        totals?.count("Invocations", about, requests);
        totals?.count("Errors", about, errors);
        totals?.count("Throttles", about, throttles);
        totals?.count("BilledMilliseconds", about, billedMs);
      }
      const provisioned = dependencies.provisioned();
      const scopes = new Map<string, Scope>();
      for (const { subject } of readings) scopes.set(scopeKey(subject), subject);
      for (const { scope } of provisioned) scopes.set(scopeKey(scope), scope);
      const found = [];
      for (const [key, { account, region }] of scopes) {
        const scope = { account, region };
        const own = readings.filter(({ subject }) => scopeKey(subject) === key);
        const kept = provisioned.filter((one) => scopeKey(one.scope) === key);
        const changes = await hours.add(scope, own, kept);
        const samples = [...lambdaSamples(own), ...provisionedSamples(kept)];
        found.push({ scope, samples, changes });
      }
      return found;
    },
    cost: async (scope, request) =>
      costOf(await hours.between(scope, request.from, request.to), prices, request),
  };
}

const scopeKey = ({ account, region }: Scope): string => `${account}/${region}`;
