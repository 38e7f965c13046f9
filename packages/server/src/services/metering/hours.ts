/** Meters by the hour, durably: of each version as it is called, with the tags that its function had. */
import type { Scope } from "../../domain/scope.ts";
import { everyRecord } from "../../ports/every-record.ts";
import type { Change, Records } from "../../ports/records.ts";
import type { MeterReading } from "./reading.ts";

export const METERS = "meter-hours";
const HOUR_MS = 3_600_000;
const KEPT_HOURS = 455 * 24;
/** Hours of a platform's life that are in memory, to be added to. */
const MAX_OPEN = 20_000;

/** GB-ms: memory in GB for so many billed milliseconds. */
export interface MeterHour {
  /** Since the epoch. */
  readonly hour: number;
  readonly functionName: string;
  readonly version: string;
  /** An alias or a version; absent where it was called without. */
  readonly qualifier?: string | undefined;
  readonly architecture: "x86_64" | "arm64";
  readonly tags: Readonly<Record<string, string>>;
  readonly requests: number;
  readonly errors: number;
  readonly throttles: number;
  readonly billedMs: number;
  readonly gbMs: number;
  /** Of temporary storage beyond 512 MB. */
  readonly storageGbMs: number;
  readonly inits: number;
  readonly initMs: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Most at once, and of that memory in GB. */
  readonly most: number;
  readonly mostGb: number;
  /** Kept initialised, and of that at work. */
  readonly provisionedGbMs: number;
  readonly provisionedUsedGbMs: number;
}

/** What was kept initialised for a while. */
export interface ProvisionedReading {
  readonly scope: Scope;
  readonly functionName: string;
  readonly version: string;
  readonly qualifier: string;
  readonly architecture: "x86_64" | "arm64";
  readonly memoryMB: number;
  readonly available: number;
  readonly inUse: number;
  readonly ms: number;
  readonly at: number;
}

export class MeterHours {
  readonly #records: Records;
  readonly #open = new Map<string, MeterHour>();
  #trimmed = 0;

  constructor(records: Records) {
    this.#records = records;
  }

  /** Adds readings of one scope; answers the changes that keep them. */
  async add(
    scope: Scope,
    readings: readonly MeterReading[],
    provisioned: readonly ProvisionedReading[],
  ): Promise<Change[]> {
    const changed = new Map<string, MeterHour>();
    for (const reading of readings) {
      const { subject, since, requests, billedMs, most } = reading;
      const [id, before] = await this.#hour(scope, since, subject);
      const gb = subject.memoryMB / 1024;
      this.#put(scope, changed, id, {
        ...before,
        tags: Object.fromEntries(subject.tags),
        requests: before.requests + requests,
        errors: before.errors + reading.errors,
        throttles: before.throttles + reading.throttles,
        billedMs: before.billedMs + billedMs,
        gbMs: before.gbMs + gb * billedMs,
        storageGbMs: before.storageGbMs + (Math.max(0, subject.storageMB - 512) / 1024) * billedMs,
        inits: before.inits + reading.inits,
        initMs: before.initMs + reading.initMs,
        bytesIn: before.bytesIn + reading.bytesIn,
        bytesOut: before.bytesOut + reading.bytesOut,
        most: Math.max(before.most, most),
        mostGb: Math.max(before.mostGb, most * gb),
      });
    }
    for (const one of provisioned) {
      const [id, before] = await this.#hour(scope, one.at, one);
      const gb = one.memoryMB / 1024;
      this.#put(scope, changed, id, {
        ...before,
        provisionedGbMs: before.provisionedGbMs + gb * one.available * one.ms,
        provisionedUsedGbMs: before.provisionedUsedGbMs + gb * one.inUse * one.ms,
      });
    }
    const space = spaceOf(scope);
    const changes: Change[] = [...changed].map(([id, put]) => ({ put, space, id }));
    const newest = Math.max(0, ...[...changed.values()].map(({ hour }) => hour));
    return [...changes, ...(await this.#trim(space, newest))];
  }

  /** The hours that lie in `[from, to)`, in milliseconds since the epoch. */
  async between(scope: Scope, from: number, to: number): Promise<MeterHour[]> {
    const all = await everyRecord<MeterHour>(this.#records, spaceOf(scope));
    return all
      .map(({ value }) => value)
      .filter(({ hour }) => hour * HOUR_MS + HOUR_MS > from && hour * HOUR_MS < to);
  }

  async #hour(
    scope: Scope,
    time: number,
    of: Pick<MeterHour, "functionName" | "version" | "architecture"> & {
      readonly qualifier?: string | undefined;
    },
  ): Promise<[id: string, hour: MeterHour]> {
    const hour = Math.floor(time / HOUR_MS);
    const { functionName, version, qualifier, architecture } = of;
    const id = [hourId(hour), functionName, version, qualifier ?? "", architecture].join("/");
    const key = `${spaceOf(scope)}/${id}`;
    const known =
      this.#open.get(key) ?? (await this.#records.get<MeterHour>(spaceOf(scope), id))?.value;
    const about = { hour, functionName, version, architecture, tags: {} };
    return [
      id,
      known ?? { ...about, ...(qualifier === undefined ? {} : { qualifier }), ...NOTHING },
    ];
  }

  #put(scope: Scope, changed: Map<string, MeterHour>, id: string, hour: MeterHour): void {
    changed.set(id, hour);
    const key = `${spaceOf(scope)}/${id}`;
    this.#open.delete(key);
    this.#open.set(key, hour);
    const [oldest] = this.#open.size > MAX_OPEN ? this.#open.keys() : [];
    if (oldest !== undefined) this.#open.delete(oldest);
  }

  async #trim(space: string, newest: number): Promise<Change[]> {
    if (newest <= this.#trimmed) return [];
    this.#trimmed = newest;
    const end = hourId(newest - KEPT_HOURS);
    const page = await this.#records.list(space, { limit: 1000 });
    return page
      .filter(({ id }) => id < end)
      .map(({ id }) => ({ delete: true, space, id }) as const);
  }
}

const NOTHING = {
  requests: 0,
  errors: 0,
  throttles: 0,
  billedMs: 0,
  gbMs: 0,
  storageGbMs: 0,
  inits: 0,
  initMs: 0,
  bytesIn: 0,
  bytesOut: 0,
  most: 0,
  mostGb: 0,
  provisionedGbMs: 0,
  provisionedUsedGbMs: 0,
};

const spaceOf = ({ account, region }: Scope): string => `${account}/${region}/${METERS}`;

const hourId = (hour: number): string => String(hour).padStart(8, "0");
