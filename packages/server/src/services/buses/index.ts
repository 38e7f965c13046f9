/** EventBridge: events on buses, and the rules that bring them to targets. The folder's only door. docs/design/buses.md */
import type { Scope } from "../../domain/scope.ts";
import { everyRecord } from "../../ports/every-record.ts";
import type { TargetMessage } from "../../ports/targets.ts";
import { createDeliverer } from "../deliverer/index.ts";
import { type ApiDestinationOperations, createApiDestinations } from "./api-destinations.ts";
import { ArchiveLog } from "./archive-log.ts";
import { type ArchiveOperations, createArchives } from "./archives.ts";
import { type BusOperations, createBuses } from "./buses.ts";
import { Catalog } from "./catalog.ts";
import { type ConnectionOperations, createConnections } from "./connections.ts";
import type { BusesContext, BusesDependencies } from "./context.ts";
import { Dispatch, deadLetterAttributes } from "./dispatch.ts";
import { HttpCalls } from "./http-calls.ts";
import type { Archive } from "./model.ts";
import { parseEventsArn } from "./names.ts";
import { createPermissions, type PermissionOperations } from "./permissions.ts";
import { EntranceOfEvents, type NewEntry, type PutEntry } from "./put-events.ts";
import { Replays } from "./replays.ts";
import { createRuleTargets, type RuleTargetOperations } from "./rule-targets.ts";
import { createRules, type RuleOperations, testPattern } from "./rules.ts";
import { createSchedules } from "./schedules.ts";
import { archivesSpace, DELIVERIES, scopesWith } from "./spaces.ts";
import { createTags, type TagOperations } from "./tags.ts";

export type { DescribedApiDestination } from "./api-destinations.ts";
export type { DescribedArchive } from "./archives.ts";
export type { BusSettings, DescribedBus } from "./buses.ts";
export type {
  ConnectionAuth,
  DescribedConnection,
  ExtraParameters,
  PartialAuth,
} from "./connections.ts";
export type { BusesDependencies } from "./context.ts";
export { BUS_ERRORS, type BusErrorCode } from "./errors.ts";
export type { Target } from "./model.ts";
export type { NewEntry, PutEntry } from "./put-events.ts";
export type { DescribedReplay, Replays } from "./replays.ts";
export type { DescribedRule } from "./rules.ts";

export interface Buses {
  readonly buses: BusOperations;
  readonly permissions: PermissionOperations;
  readonly rules: RuleOperations;
  readonly targets: RuleTargetOperations;
  readonly tags: TagOperations;
  readonly archives: ArchiveOperations;
  readonly replays: Pick<Replays, "start" | "describe" | "list" | "cancel">;
  readonly connections: ConnectionOperations;
  readonly apiDestinations: ApiDestinationOperations;
  /** PutEvents. Resolves once every entry that was taken is durable for each target that it is for. */
  put(scope: Scope, entries: readonly NewEntry[]): Promise<PutEntry[]>;
  /** TestEventPattern. @throws YunqueError where pattern or event are not valid. */
  testPattern(pattern: string, event: string): boolean;
  /** A message for a bus or an API destination, by its ARN. @throws Undeliverable */
  deliver(message: TargetMessage): Promise<void>;
  /** Whether there is such a bus or API destination. */
  exists(arn: string): Promise<boolean>;
  /** Takes up what earlier lives of the platform left. */
  start(): Promise<void>;
  /** Starts nothing more, and waits for what is under way for at most so long. */
  close(graceMs: number): Promise<void>;
}

export function createEventBuses(dependencies: BusesDependencies): Buses {
  const { records, clock, queues, targets, web, onFailure, onGivenUp } = dependencies;
  const context: BusesContext = {
    ...dependencies,
    catalog: new Catalog(records, clock),
    deliverer: createDeliverer({
      queues,
      clock,
      kind: DELIVERIES,
      targets,
      deadLetterAttributes,
      onFailure,
      onGivenUp,
    }),
  };
  const log = new ArchiveLog(records, clock);
  const dispatch = new Dispatch(context, log);
  const entrance = new EntranceOfEvents(context, dispatch);
  const schedules = createSchedules(context, dispatch);
  const archives = createArchives(context, log);
  const replays = new Replays(context, archives, log, dispatch);
  const connections = createConnections(context);
  const apiDestinations = createApiDestinations(context, connections);
  const calls = new HttpCalls(web, clock, apiDestinations, connections);

  return {
    buses: createBuses(context),
    permissions: createPermissions(context),
    rules: createRules(context),
    targets: createRuleTargets(context),
    tags: createTags(context.catalog),
    archives,
    replays,
    connections,
    apiDestinations,
    put: (scope, entries) => entrance.put(scope, entries),
    testPattern,
    deliver: (message) =>
      parseEventsArn(message.target)?.kind === "api-destination"
        ? calls.deliver(message)
        : entrance.accept(message),
    async exists(arn) {
      const parsed = parseEventsArn(arn);
      if (parsed?.kind === "api-destination") return calls.exists(arn);
      if (parsed?.kind !== "event-bus") return false;
      return (await context.catalog.find(parsed)) !== undefined;
    },
    async start() {
      await context.deliverer.start();
      await schedules.start();
      await replays.resume();
      log.start(everyArchive, onFailure);
    },
    async close(graceMs) {
      log.close();
      await Promise.all([schedules.close(), replays.close()]);
      await context.deliverer.close(graceMs);
    },
  };

  async function everyArchive() {
    const all: { readonly scope: Scope; readonly archive: Archive }[] = [];
    for (const scope of scopesWith(await records.spaces(""), "event-archives"))
      for (const { value } of await everyRecord<Archive>(records, archivesSpace(scope)))
        all.push({ scope, archive: value });
    return all;
  }
}
