/** Replays: archived events once more, to the rules of their bus. They go on after a restart where they were. */
import type { Scope } from "../../domain/scope.ts";
import { everyRecord } from "../../ports/every-record.ts";
import { type ArchiveLog, timeOf } from "./archive-log.ts";
import type { ArchiveOperations } from "./archives.ts";
import type { BusesContext } from "./context.ts";
import type { Dispatch } from "./dispatch.ts";
import { busError, exists, invalidParameter, limitReached, unknown } from "./errors.ts";
import { replayedEvent } from "./event.ts";
import type { Replay, ReplayState } from "./model.ts";
import { arnOf, parseEventsArn } from "./names.ts";
import { byName, type Page, type PageRequest, pageOf } from "./paging.ts";
import { replaysSpace, scopesWith } from "./spaces.ts";

export interface DescribedReplay extends Replay {
  readonly arn: string;
  readonly archiveArn: string;
  readonly busArn: string;
}

export interface NewReplay {
  readonly name: string;
  readonly description: string | undefined;
  readonly archiveArn: string;
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
  readonly busArn: string;
  readonly rules: readonly string[] | undefined;
}

/** EventBridge: ten at a time for an account. */
const MAX_RUNNING = 10;
/** Events between two marks of how far a replay is: so many may come twice after a crash. */
const BATCH = 100;
const RETRY_MS = 5_000;
/** EventBridge forgets replays after 90 days. */
const KEPT_MS = 90 * 86_400_000;
const RUNNING: readonly ReplayState[] = ["STARTING", "RUNNING", "CANCELLING"];

export class Replays {
  readonly #context: BusesContext;
  readonly #archives: ArchiveOperations;
  readonly #log: ArchiveLog;
  readonly #dispatch: Dispatch;
  readonly #running = new Set<Promise<void>>();
  #closing = false;

  constructor(
    context: BusesContext,
    archives: ArchiveOperations,
    log: ArchiveLog,
    dispatch: Dispatch,
  ) {
    this.#context = context;
    this.#archives = archives;
    this.#log = log;
    this.#dispatch = dispatch;
  }

  start(scope: Scope, given: NewReplay): Promise<DescribedReplay> {
    const { catalog, clock } = this.#context;
    return catalog.turn(scope, "replays", async () => {
      const { name, description, archiveArn, from, to, busArn, rules } = given;
      const bus = await catalog.get(busAt(scope, busArn));
      const archiveName = nameAt(archiveArn, "archive");
      const archive =
        archiveName === undefined ? undefined : await this.#archives.find(scope, archiveName);
      if (archive === undefined)
        throw invalidParameter(
          "EventSourceArn",
          `Archive ${archiveName ?? archiveArn} does not exist.`,
        );
      if (archive.bus !== bus.name)
        throw invalidParameter("Destination.Arn", "Cross event bus replay is not permitted.");
      if (from >= to)
        throw invalidParameter("EventEndTime", "EventStartTime must be before EventEndTime.");
      for (const rule of rules ?? [])
        if (![...bus.rules.values()].some(({ arn }) => arn === rule))
          throw invalidParameter("Destination.FilterArns", `Rule ${rule} does not exist.`);
      const all = await this.#withoutOld(scope);
      if (all.some((one) => one.name === name)) throw exists(`Replay ${name}`);
      if (all.filter(({ state }) => RUNNING.includes(state)).length >= MAX_RUNNING)
        throw limitReached();
      const replay: Replay = {
        name,
        description,
        archive: archive.name,
        archiveId: archive.id,
        bus: bus.name,
        ...(rules === undefined ? {} : { rules }),
        from,
        to,
        state: "STARTING",
        started: clock.now(),
        after: "",
      };
      await this.#put(scope, replay);
      this.#run(scope, name);
      return described(scope, replay);
    });
  }

  async describe(scope: Scope, name: string): Promise<DescribedReplay> {
    return described(scope, await this.#get(scope, name));
  }

  async list(
    scope: Scope,
    {
      prefix = "",
      state,
      archiveArn,
      ...request
    }: PageRequest & {
      readonly prefix?: string | undefined;
      readonly state?: string | undefined;
      readonly archiveArn?: string | undefined;
    },
  ): Promise<Page<DescribedReplay>> {
    const all = (await this.#all(scope))
      .filter(({ name }) => name.startsWith(prefix))
      .filter((replay) => state === undefined || replay.state === state)
      .map((replay) => described(scope, replay))
      .filter((replay) => archiveArn === undefined || replay.archiveArn === archiveArn)
      .sort(byName);
    return pageOf(all, ({ name }) => name, request, `replays ${prefix} ${state} ${archiveArn}`);
  }

  cancel(scope: Scope, name: string): Promise<DescribedReplay> {
    return this.#context.catalog.turn(scope, "replays", async () => {
      const replay = await this.#get(scope, name);
      if (replay.state !== "STARTING" && replay.state !== "RUNNING")
        throw busError(
          "ReplayNotRunning",
          `Replay ${name} is not in a valid state for this operation.`,
        );
      const cancelling: Replay = { ...replay, state: "CANCELLING" };
      await this.#put(scope, cancelling);
      return described(scope, cancelling);
    });
  }

  /** Goes on with those that an earlier life of the platform left. */
  async resume(): Promise<void> {
    for (const scope of scopesWith(await this.#context.records.spaces(""), "event-replays"))
      for (const { name, state } of await this.#all(scope))
        if (RUNNING.includes(state)) this.#run(scope, name);
  }

  async close(): Promise<void> {
    this.#closing = true;
    await Promise.all(this.#running);
  }

  #run(scope: Scope, name: string): void {
    const running = this.#steps(scope, name)
      .catch((error: unknown) => {
        const { clock, onFailure } = this.#context;
        onFailure(error);
        if (!this.#closing) clock.after(RETRY_MS, () => this.#run(scope, name));
      })
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Batch after batch, until it is over or everything stops. */
  async #steps(scope: Scope, name: string): Promise<void> {
    const { catalog } = this.#context;
    while (!this.#closing) {
      const replay = await this.#get(scope, name);
      const { archiveId, from, to, after } = replay;
      const live = await catalog.find({ scope, name: replay.bus });
      if (live === undefined) return this.#end(scope, name, "FAILED");
      if (replay.state === "CANCELLING") return this.#end(scope, name, "CANCELLED");
      const events = await this.#log.read(scope, archiveId, { from, to, after }, BATCH);
      for (const { value } of events)
        await this.#dispatch.replay(
          live,
          replayedEvent(value.text, name, this.#context.clock.now()),
          replay.rules,
        );
      const last = events.at(-1);
      if (last === undefined) return this.#end(scope, name, "COMPLETED");
      await catalog.turn(scope, "replays", async () => {
        const now = await this.#get(scope, name);
        const state = now.state === "STARTING" ? "RUNNING" : now.state;
        await this.#put(scope, { ...now, state, after: last.id, lastReplayed: timeOf(last.id) });
      });
    }
  }

  #end(scope: Scope, name: string, state: ReplayState): Promise<void> {
    const { catalog, clock } = this.#context;
    return catalog.turn(scope, "replays", async () => {
      const replay = await this.#get(scope, name);
      await this.#put(scope, { ...replay, state, ended: clock.now() });
    });
  }

  /** All of them; those that ended long ago are forgotten. */
  async #withoutOld(scope: Scope): Promise<Replay[]> {
    const { records, clock } = this.#context;
    const all = await this.#all(scope);
    const oldest = clock.now() - KEPT_MS;
    const old = all.filter(({ ended }) => ended !== undefined && ended < oldest);
    if (old.length > 0)
      await records.commit(
        old.map(({ name }) => ({ delete: true, space: replaysSpace(scope), id: name })),
      );
    return all.filter((replay) => !old.includes(replay));
  }

  async #get(scope: Scope, name: string): Promise<Replay> {
    const found = await this.#context.records.get<Replay>(replaysSpace(scope), name);
    if (found === undefined) throw unknown(`Replay ${name}`);
    return found.value;
  }

  async #all(scope: Scope): Promise<Replay[]> {
    const stored = await everyRecord<Replay>(this.#context.records, replaysSpace(scope));
    return stored.map(({ value }) => value);
  }

  #put(scope: Scope, replay: Replay): Promise<void> {
    return this.#context.records.commit([
      { put: replay, space: replaysSpace(scope), id: replay.name },
    ]);
  }
}

const described = (scope: Scope, replay: Replay): DescribedReplay => ({
  ...replay,
  arn: arnOf(scope, "replay", replay.name),
  archiveArn: arnOf(scope, "archive", replay.archive),
  busArn: arnOf(scope, "event-bus", replay.bus),
});

function nameAt(arn: string, kind: string): string | undefined {
  const parsed = parseEventsArn(arn);
  return parsed?.kind === kind ? parsed.name : undefined;
}

function busAt(scope: Scope, arn: string) {
  const name = nameAt(arn, "event-bus");
  if (name === undefined)
    throw invalidParameter("Destination.Arn", "Must contain an event bus ARN.");
  return { scope, name };
}
