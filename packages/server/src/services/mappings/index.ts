/** Event source mappings: queues and streams that invoke functions. The folder's only door. */
import { randomUUID } from "node:crypto";
import { MAX_TAGS } from "../../domain/function-limits.ts";
import { functionArn, lambdaArn, parseFunctionReference } from "../../domain/function-name.ts";
import type { Scope } from "../../domain/scope.ts";
import type { FoundFunction } from "../../ports/function-calls.ts";
import type { MappingsDependencies } from "./context.ts";
import { invalid, mappingError, noMapping } from "./errors.ts";
import { LASTING, Lifecycle } from "./lifecycle.ts";
import type { Mapping, MappingChange, NewMapping, Tags } from "./model.ts";
import { NO_RESULT } from "./reports.ts";
import { changedSettings, positionOf, type Source, sourceOf } from "./settings.ts";
import { MappingStore } from "./store.ts";

export type { MappingsDependencies } from "./context.ts";
export { MAPPING_ERRORS, type MappingErrorCode } from "./errors.ts";
export type { Mapping, MappingChange, MappingSettings, NewMapping } from "./model.ts";

export interface DescribedMapping {
  readonly arn: string;
  readonly mapping: Mapping;
}

export interface MappingFilter {
  readonly sourceArn?: string | undefined;
  readonly functionName?: string | undefined;
  readonly marker?: string | undefined;
  readonly maxItems?: number | undefined;
}

export interface Mappings {
  create(scope: Scope, input: NewMapping): Promise<DescribedMapping>;
  get(scope: Scope, uuid: string): Promise<DescribedMapping>;
  list(
    scope: Scope,
    filter: MappingFilter,
  ): Promise<{ readonly items: readonly DescribedMapping[]; readonly marker?: string }>;
  update(scope: Scope, uuid: string, change: MappingChange): Promise<DescribedMapping>;
  delete(scope: Scope, uuid: string): Promise<DescribedMapping>;
  /** By the mapping's ARN. */
  readonly tags: {
    list(scope: Scope, arn: string): Promise<Tags>;
    add(scope: Scope, arn: string, tags: Tags): Promise<void>;
    remove(scope: Scope, arn: string, keys: readonly string[]): Promise<void>;
  };
  /** Goes on with what an earlier life of the platform left. */
  start(): Promise<void>;
  /** Polls no more; lets batches end for so long, and answers how many were left. */
  close(graceMs: number): Promise<number>;
}

/** Lambda: lists answer at most 100. */
const MAX_PAGE = 100;
/** Milliseconds change for each change, so that one is told from the next. */
const later = (now: number, before: number): number => Math.max(now, before + 1);

export function createMappings(dependencies: MappingsDependencies): Mappings {
  const { clock, functions, records, compilePattern } = dependencies;
  const store = new MappingStore(records);
  const lifecycle = new Lifecycle(dependencies, store);

  const described = (scope: Scope, mapping: Mapping): DescribedMapping => {
    const lastResult = lifecycle.lastResult(mapping.uuid) ?? mapping.lastResult;
    return {
      arn: lambdaArn(scope, "event-source-mapping", mapping.uuid),
      mapping: lastResult === undefined ? mapping : { ...mapping, lastResult },
    };
  };

  async function functionNamed(scope: Scope, functionName: string): Promise<FoundFunction> {
    const found = await functions.find(scope, functionName);
    if (found === undefined) throw invalid("Function does not exist");
    return found;
  }

  /** @throws YunqueError where the source is not there, or hides messages for too short a time. */
  async function checkSource({ kind }: Source, arn: string, timeoutSeconds: number) {
    if (kind !== "sqs") {
      if ((await dependencies.streams.describe(arn)) === undefined)
        throw invalid(`Stream not found: ${arn}`);
      return;
    }
    const queue = await dependencies.queues.describe(arn);
    if (queue === undefined)
      throw invalid(
        "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue does not exist.",
      );
    const hidden = queue.visibilityMs / 1000;
    if (hidden < timeoutSeconds)
      throw invalid(
        `Queue visibility timeout: ${hidden} seconds is less than Function timeout: ${timeoutSeconds} seconds`,
      );
  }

  const keyOf = (scope: Scope, arn: string) => {
    const [, , , region = "", account = "", , uuid = ""] = arn.split(":");
    return { scope: { account: account || scope.account, region: region || scope.region }, uuid };
  };

  async function editTags(scope: Scope, arn: string, change: (before: Tags) => Tags) {
    await store
      .edit(keyOf(scope, arn), (mapping) => ({ ...mapping, tags: change(mapping.tags) }))
      .catch((error: unknown) => {
        throw missing(error, arn);
      });
  }

  return {
    async create(scope, input) {
      const { sourceArn, functionName, enabled = true } = input;
      if (sourceArn === undefined) throw invalid("Unrecognized event source.");
      const { arn, timeoutSeconds } = await functionNamed(scope, functionName);
      const source = sourceOf(sourceArn);
      const settings = changedSettings(source, undefined, input, compilePattern);
      const position = positionOf(source, input);
      await checkSource(source, sourceArn, timeoutSeconds);
      const stream = source.kind !== "sqs";
      const mapping: Mapping = {
        uuid: randomUUID(),
        kind: source.kind,
        sourceArn,
        functionArn: arn,
        settings,
        ...(position === undefined ? {} : { position }),
        enabled,
        state: enabled ? "Creating" : "Disabled",
        reason: reasonOf(source),
        modifiedAt: clock.now(),
        ...(stream ? { lastResult: NO_RESULT } : {}),
        tags: merged([], input.tags),
      };
      await store.add(scope, mapping);
      if (enabled) lifecycle.settleLater({ scope, uuid: mapping.uuid });
      return described(scope, mapping);
    },

    async get(scope, uuid) {
      return described(scope, await store.get({ scope, uuid }));
    },

    async list(scope, { sourceArn, functionName, marker, maxItems = MAX_PAGE }) {
      let ofFunction: string | undefined;
      if (functionName !== undefined) {
        const found = await functions.find(scope, functionName);
        if (found === undefined) throw noFunction(scope, functionName);
        ofFunction = found.arn;
      }
      const after = marker === undefined ? "" : Buffer.from(marker, "base64url").toString("utf8");
      const all = (await store.list(scope)).filter(
        (mapping) =>
          mapping.uuid > after &&
          (sourceArn === undefined || mapping.sourceArn === sourceArn) &&
          (ofFunction === undefined || mapping.functionArn === ofFunction),
      );
      const page = all.slice(0, Math.min(maxItems, MAX_PAGE));
      const last = page.at(-1);
      return {
        items: page.map((mapping) => described(scope, mapping)),
        ...(page.length < all.length && last !== undefined
          ? { marker: Buffer.from(last.uuid).toString("base64url") }
          : {}),
      };
    },

    async update(scope, uuid, change) {
      const key = { scope, uuid };
      const before = await store.get(key);
      const source = sourceOf(before.sourceArn);
      const { functionName } = change;
      const changed = functionName && (await functionNamed(scope, functionName));
      const after = await store.edit(key, (mapping) => {
        if (!LASTING.has(mapping.state)) throw busy("update");
        const settings = changedSettings(source, mapping.settings, change, compilePattern);
        const enabled = change.enabled ?? mapping.enabled;
        const was = mapping.state === "Enabled";
        return {
          ...mapping,
          functionArn: changed ? changed.arn : mapping.functionArn,
          settings,
          enabled,
          state: enabled === was ? "Updating" : enabled ? "Enabling" : "Disabling",
          reason: reasonOf(source),
          modifiedAt: later(clock.now(), mapping.modifiedAt),
        };
      });
      lifecycle.settleLater(key);
      return described(scope, after);
    },

    async delete(scope, uuid) {
      const key = { scope, uuid };
      const gone = await store.edit(key, (mapping) => {
        if (!LASTING.has(mapping.state)) throw busy("delete");
        const modifiedAt = later(clock.now(), mapping.modifiedAt);
        return { ...mapping, enabled: false, state: "Deleting", modifiedAt };
      });
      lifecycle.settleLater(key);
      return described(scope, gone);
    },

    tags: {
      async list(scope, arn) {
        const found = await store.find(keyOf(scope, arn));
        if (found === undefined) throw missing(noMapping(), arn);
        return found.tags;
      },
      async add(scope, arn, tags) {
        await editTags(scope, arn, (before) => merged(before, tags));
      },
      async remove(scope, arn, keys) {
        await editTags(scope, arn, (before) => before.filter(([key]) => !keys.includes(key)));
      },
    },

    async start() {
      for (const scope of await store.scopes())
        for (const { uuid, state } of await store.list(scope))
          if (state !== "Disabled") lifecycle.settle({ scope, uuid });
    },
    close: (graceMs) => lifecycle.close(graceMs),
  };
}

/** Recorded: queues and streams word it differently. */
const reasonOf = ({ kind }: Source): string => (kind === "sqs" ? "USER_INITIATED" : "User action");

/** Lambda: lists of a function's mappings ask for the function first. */
function noFunction(caller: Scope, functionName: string) {
  const {
    name = functionName,
    account,
    region,
    qualifier,
  } = parseFunctionReference(functionName) ?? {};
  const scope = { account: account ?? caller.account, region: region ?? caller.region };
  return mappingError(
    "MappingNotFound",
    `Function not found: ${functionArn(scope, name, qualifier)}`,
  );
}

/** Terraform and others wait where they are told so. */
const busy = (what: "update" | "delete") =>
  mappingError("MappingBusy", `Cannot ${what} the event source mapping because it is in use.`);

function missing(error: unknown, arn: string): unknown {
  const unknown = error instanceof Error && "code" in error && error.code === "MappingNotFound";
  return unknown
    ? mappingError("MappingNotFound", `Event source mapping not found: ${arn}`)
    : error;
}

function merged(before: Tags, more: Tags): Tags {
  const all = new Map([...before, ...more]);
  if (all.size > MAX_TAGS) throw invalid("Number of tags exceeds resource tag limit.");
  return [...all].sort(([one], [other]) => (one < other ? -1 : 1));
}
