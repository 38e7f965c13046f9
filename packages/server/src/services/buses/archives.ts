/** Archives: the events of a bus that fit, kept for a while, to be replayed. */
import { randomUUID } from "node:crypto";
import type { Scope } from "../../domain/scope.ts";
import { everyRecord } from "../../ports/every-record.ts";
import type { ArchiveLog, ArchiveSize } from "./archive-log.ts";
import type { BusesContext } from "./context.ts";
import { exists, invalidParameter, unknown } from "./errors.ts";
import type { Archive } from "./model.ts";
import { arnOf, type BusRef, parseEventsArn } from "./names.ts";
import { byName, type Page, type PageRequest, pageOf } from "./paging.ts";
import { checkPattern } from "./rules.ts";
import { archivesSpace } from "./spaces.ts";

export interface DescribedArchive extends Archive, ArchiveSize {
  readonly arn: string;
  readonly busArn: string;
}

export interface NewArchive extends Pick<Archive, "name" | "description" | "pattern" | "kmsKey"> {
  readonly busArn: string;
  readonly retentionDays: number | undefined;
}

export type ArchiveChange = Partial<
  Pick<Archive, "description" | "pattern" | "kmsKey" | "retentionDays">
>;

export interface ArchiveOperations {
  create(scope: Scope, archive: NewArchive): Promise<DescribedArchive>;
  describe(scope: Scope, name: string): Promise<DescribedArchive>;
  /** What is not given stays. */
  update(scope: Scope, name: string, change: ArchiveChange): Promise<DescribedArchive>;
  list(
    scope: Scope,
    request: PageRequest & {
      readonly prefix?: string | undefined;
      readonly busArn?: string | undefined;
      readonly state?: string | undefined;
    },
  ): Promise<Page<DescribedArchive>>;
  delete(scope: Scope, name: string): Promise<void>;
  find(scope: Scope, name: string): Promise<Archive | undefined>;
}

export function createArchives(context: BusesContext, log: ArchiveLog): ArchiveOperations {
  const { catalog, records, clock } = context;
  const find = async (scope: Scope, name: string): Promise<Archive | undefined> =>
    (await records.get<Archive>(archivesSpace(scope), name))?.value;
  const get = async (scope: Scope, name: string): Promise<Archive> => {
    const found = await find(scope, name);
    if (found === undefined) throw unknown(`Archive ${name}`);
    return found;
  };
  const described = async (scope: Scope, archive: Archive): Promise<DescribedArchive> => ({
    ...archive,
    ...(await log.size(scope, archive)),
    arn: arnOf(scope, "archive", archive.name),
    busArn: arnOf(scope, "event-bus", archive.bus),
  });
  return {
    find,
    create: (scope, { busArn, retentionDays = 0, ...given }) =>
      catalog.turn(scope, "archives", async () => {
        if (given.pattern !== undefined) checkPattern(given.pattern);
        if ((await find(scope, given.name)) !== undefined) throw exists(`Archive ${given.name}`);
        const archive: Archive = {
          ...given,
          bus: busOf(scope, busArn).name,
          retentionDays,
          created: clock.now(),
          id: randomUUID(),
        };
        await catalog.change({ scope, name: archive.bus }, (live) =>
          catalog.putArchive(live, archive),
        );
        return described(scope, archive);
      }),

    async describe(scope, name) {
      return described(scope, await get(scope, name));
    },

    update: (scope, name, change) =>
      catalog.turn(scope, "archives", async () => {
        if (change.pattern !== undefined) checkPattern(change.pattern);
        const given = Object.entries(change).filter(([, value]) => value !== undefined);
        const archive: Archive = { ...(await get(scope, name)), ...Object.fromEntries(given) };
        await catalog.change({ scope, name: archive.bus }, (live) =>
          catalog.putArchive(live, archive),
        );
        return described(scope, archive);
      }),

    async list(scope, { prefix = "", busArn, state, ...request }) {
      const bus = busArn === undefined ? undefined : (await catalog.get(busOf(scope, busArn))).name;
      const stored = await everyRecord<Archive>(records, archivesSpace(scope), prefix);
      const all = stored
        .map(({ value }) => value)
        .filter((archive) => bus === undefined || archive.bus === bus)
        .filter(() => state === undefined || state === "ENABLED")
        .sort(byName);
      const listing = `archives ${prefix} ${bus} ${state}`;
      const page = pageOf(all, ({ name }) => name, request, listing);
      return { ...page, items: await Promise.all(page.items.map((one) => described(scope, one))) };
    },

    delete: (scope, name) =>
      catalog.turn(scope, "archives", async () => {
        const archive = await get(scope, name);
        const live = await catalog.find({ scope, name: archive.bus });
        if (live !== undefined) await catalog.removeArchive(live, archive);
        else
          await records.commit([{ delete: true, space: archivesSpace(scope), id: archive.name }]);
        await log.remove(scope, archive.id);
      }),
  };
}

function busOf(scope: Scope, busArn: string): BusRef {
  const arn = parseEventsArn(busArn);
  if (arn?.kind !== "event-bus") throw invalidParameter("EventSourceArn");
  return { scope, name: arn.name };
}
