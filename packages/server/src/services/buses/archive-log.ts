/** The events of archives, in order of the time at which their bus got them. */

import type { Scope } from "../../domain/scope.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Listed, Records } from "../../ports/records.ts";
import type { LiveEvent } from "./event.ts";
import type { Archive } from "./model.ts";
import { archiveSizesSpace, archiveSpace } from "./spaces.ts";

export interface ArchivedEvent {
  readonly text: string;
}

export interface ArchiveSize {
  readonly events: number;
  readonly bytes: number;
}

const EMPTY: ArchiveSize = { events: 0, bytes: 0 };
const DAY_MS = 86_400_000;
const SWEEP_EVERY_MS = 3_600_000;
const SWEEP_BATCH = 1_000;

export class ArchiveLog {
  readonly #records: Records;
  readonly #clock: Clock;
  readonly #sizes = new Map<string, Promise<{ events: number; bytes: number }>>();
  #number = 0;
  #cancel: () => void = () => {};

  constructor(records: Records, clock: Clock) {
    this.#records = records;
    this.#clock = clock;
  }

  /** Resolves once the event is durable. */
  async append(scope: Scope, { id: archiveId }: Archive, event: LiveEvent): Promise<void> {
    this.#number += 1;
    const id = `${timeId(event.ingestionTime)}-${String(this.#number).padStart(10, "0")}-${event.id}`;
    const size = await this.#sizeOf(scope, archiveId);
    size.events += 1;
    size.bytes += event.bytes.length;
    await this.#records.commit([
      {
        put: { text: event.text } satisfies ArchivedEvent,
        space: archiveSpace(scope, archiveId),
        id,
      },
      { put: { ...size }, space: archiveSizesSpace(scope), id: archiveId },
    ]);
  }

  async size(scope: Scope, { id }: Archive): Promise<ArchiveSize> {
    return { ...(await this.#sizeOf(scope, id)) };
  }

  /** Events of `[from, to]` behind the one with the id `after`, in order. Ids tell their times: `timeOf`. */
  async read(
    scope: Scope,
    archiveId: string,
    range: { readonly from: number; readonly to: number; readonly after: string },
    limit: number,
  ): Promise<Listed<ArchivedEvent>[]> {
    const start = timeId(range.from);
    const after = range.after > start ? range.after : start;
    const page = await this.#records.list<ArchivedEvent>(archiveSpace(scope, archiveId), {
      after,
      limit,
    });
    return page.filter(({ id }) => timeOf(id) <= range.to);
  }

  /** Removes the events that are older than their archive keeps them, now and every hour. */
  start(
    archives: () => Promise<readonly { readonly scope: Scope; readonly archive: Archive }[]>,
    onFailure: (error: unknown) => void,
  ): void {
    const sweep = async () => {
      try {
        for (const { scope, archive } of await archives())
          if (archive.retentionDays > 0)
            await this.#expire(
              scope,
              archive.id,
              this.#clock.now() - archive.retentionDays * DAY_MS,
            );
      } catch (error) {
        onFailure(error);
      }
      this.#cancel = this.#clock.after(SWEEP_EVERY_MS, () => void sweep());
    };
    void sweep();
  }

  close(): void {
    this.#cancel();
  }

  /** Forgets all of an archive that is gone. */
  async remove(scope: Scope, archiveId: string): Promise<void> {
    await this.#expire(scope, archiveId, Number.MAX_SAFE_INTEGER);
    this.#sizes.delete(archiveId);
    await this.#records.commit([{ delete: true, space: archiveSizesSpace(scope), id: archiveId }]);
  }

  async #expire(scope: Scope, archiveId: string, before: number): Promise<void> {
    const space = archiveSpace(scope, archiveId);
    for (;;) {
      const page = await this.#records.list<ArchivedEvent>(space, { limit: SWEEP_BATCH });
      const old = page.filter(({ id }) => timeOf(id) < before);
      if (old.length === 0) return;
      const size = await this.#sizeOf(scope, archiveId);
      size.events -= old.length;
      for (const { value } of old) size.bytes -= Buffer.byteLength(value.text);
      await this.#records.commit([
        ...old.map(({ id }) => ({ delete: true, space, id }) as const),
        { put: { ...size }, space: archiveSizesSpace(scope), id: archiveId },
      ]);
      if (old.length < page.length) return;
    }
  }

  #sizeOf(scope: Scope, archiveId: string): Promise<{ events: number; bytes: number }> {
    let size = this.#sizes.get(archiveId);
    if (size === undefined) {
      size = this.#records
        .get<ArchiveSize>(archiveSizesSpace(scope), archiveId)
        .then((stored) => ({ ...(stored?.value ?? EMPTY) }));
      this.#sizes.set(archiveId, size);
      size.catch(() => this.#sizes.delete(archiveId));
    }
    return size;
  }
}

const timeId = (time: number): string => String(Math.max(0, time)).padStart(16, "0");

/** When the bus got an event, by its id in an archive. */
export const timeOf = (id: string): number => Number(id.slice(0, 16));
