/** What functions cost by a price book, beside a container of the same capacity that always runs. */
import type { MeterHour } from "./hours.ts";
import type { PriceBook } from "./prices.ts";

export interface CostPart {
  /** The name of a function, a version, an alias, a tag's value or an hour. */
  readonly name: string;
  readonly requests: number;
  readonly gbSeconds: number;
  readonly cost: {
    readonly requests: number;
    readonly duration: number;
    readonly provisioned: number;
    readonly storage: number;
    readonly transfer: number;
    readonly total: number;
  };
  /** A container with the memory of the most that ran at once, over the whole time. */
  readonly container: number;
  /** Of the memory that was paid for: how much was at work, 0 to 1. */
  readonly utilisation: number;
  /** Of such a container. */
  readonly containerUtilisation: number;
  /** Provisioned concurrency that was paid for and had nothing to do. */
  readonly idleProvisioned: number;
}

export interface CostReport {
  readonly currency: string;
  readonly book: string;
  readonly source: string;
  readonly date: string;
  readonly from: number;
  readonly to: number;
  readonly parts: readonly CostPart[];
  readonly total: CostPart;
}

export type CostBy = "function" | "version" | "alias" | "hour" | `tag:${string}`;

export function costOf(
  hours: readonly MeterHour[],
  book: PriceBook,
  { from, to, by }: { readonly from: number; readonly to: number; readonly by: CostBy },
): CostReport {
  const groups = new Map<string, MeterHour[]>();
  for (const hour of hours) {
    const name = nameOf(hour, by);
    const group = groups.get(name);
    if (group) group.push(hour);
    else groups.set(name, [hour]);
  }
  const seconds = Math.max(0, to - from) / 1000;
  const parts = [...groups].map(([name, group]) => partOf(name, group, book, seconds));
  parts.sort((a, b) => b.cost.total - a.cost.total || (a.name < b.name ? -1 : 1));
  const { currency, name, source, date } = book;
  const total = partOf("total", hours, book, seconds);
  return { currency, book: name, source, date, from, to, parts, total };
}

function nameOf(hour: MeterHour, by: CostBy): string {
  const { functionName, version, qualifier } = hour;
  if (by === "function") return functionName;
  if (by === "version") return `${functionName}:${version}`;
  if (by === "hour") return new Date(hour.hour * 3_600_000).toISOString();
  if (by === "alias")
    return qualifier === undefined ? functionName : `${functionName}:${qualifier}`;
  const key = by.slice("tag:".length);
  return Object.hasOwn(hour.tags, key) ? (hour.tags[key] ?? "") : "(none)";
}

function partOf(
  name: string,
  hours: readonly MeterHour[],
  book: PriceBook,
  seconds: number,
): CostPart {
  const sum = (of: (hour: MeterHour) => number): number =>
    hours.reduce((all, hour) => all + of(hour), 0);
  const requests = sum((hour) => hour.requests);
  const gbSeconds = sum(({ gbMs }) => gbMs) / 1000;
  const kept = sum(({ provisionedGbMs }) => provisionedGbMs) / 1000;
  const keptUsed = sum((hour) => Math.min(hour.provisionedUsedGbMs, hour.gbMs)) / 1000;
  const cost = {
    requests: requests * book.request,
    duration: sum((hour) => durationCost(hour, book)),
    provisioned: sum(
      ({ architecture, provisionedGbMs }) =>
        (provisionedGbMs / 1000) * book.provisionedGbSecond[architecture],
    ),
    storage: (sum(({ storageGbMs }) => storageGbMs) / 1000) * book.storageGbSecond,
    transfer: (sum(({ bytesOut }) => bytesOut) / 1e9) * book.transferGb,
  };
  const gb = peakOf(hours);
  const container = (seconds / 3600) * (gb * book.containerGbHour + (gb / VCPU_GB) * book.vcpuHour);
  const paid = gbSeconds - keptUsed + Math.max(kept, keptUsed);
  return {
    name,
    requests,
    gbSeconds,
    cost: { ...cost, total: Object.values(cost).reduce((all, one) => all + one, 0) },
    container,
    utilisation: paid === 0 ? 0 : Math.min(1, gbSeconds / paid),
    containerUtilisation: gb * seconds === 0 ? 0 : Math.min(1, gbSeconds / (gb * seconds)),
    idleProvisioned: sum(
      ({ architecture, provisionedGbMs, provisionedUsedGbMs }) =>
        (Math.max(0, provisionedGbMs - provisionedUsedGbMs) / 1000) *
        book.provisionedGbSecond[architecture],
    ),
  };
}

/** What ran in provisioned instances has a price of its own. */
function durationCost({ architecture, gbMs, provisionedUsedGbMs }: MeterHour, book: PriceBook) {
  const provisioned = Math.min(gbMs, provisionedUsedGbMs);
  return (
    ((gbMs - provisioned) / 1000) * book.gbSecond[architecture] +
    (provisioned / 1000) * book.provisionedDurationGbSecond[architecture]
  );
}

/** Lambda: 1,769 MB have one processor. */
const VCPU_GB = 1769 / 1024;

/** GB of the most that ran at once, in whichever hour that was: all functions of it together. */
function peakOf(hours: readonly MeterHour[]): number {
  const byHour = new Map<number, number>();
  for (const { hour, mostGb } of hours) byHour.set(hour, (byHour.get(hour) ?? 0) + mostGb);
  return Math.max(0, ...byHour.values());
}
