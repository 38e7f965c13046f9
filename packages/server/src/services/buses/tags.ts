import type { Scope } from "../../domain/scope.ts";
import type { Catalog } from "./catalog.ts";
import { invalid, invalidParameter, unknown } from "./errors.ts";
import type { Tags } from "./model.ts";
import { parseEventsArn, ruleOf } from "./names.ts";

export interface TagOperations {
  list(resourceArn: string): Promise<Tags>;
  add(resourceArn: string, tags: Tags): Promise<void>;
  remove(resourceArn: string, keys: readonly string[]): Promise<void>;
}

const MAX_TAGS = 50;

/** @throws YunqueError where these are no tags of one resource. */
export function checkTags(tags: Tags): Tags {
  const keys = Object.keys(tags);
  if (keys.some((key) => /^aws:/i.test(key)))
    throw invalid("Tag keys that start with aws: are reserved for AWS use.");
  if (keys.length > MAX_TAGS) throw invalid(`A resource has at most ${MAX_TAGS} tags.`);
  return tags;
}

/** Tags of buses and rules. */
export function createTags(catalog: Catalog): TagOperations {
  const change = async (arn: string, changed: (tags: Tags) => Tags): Promise<void> => {
    const { scope, bus, rule } = tagged(arn);
    await catalog.change({ scope, name: bus }, async (live) => {
      if (rule === undefined) {
        await catalog.putBus(scope, { ...live.bus, tags: checkTags(changed(live.bus.tags)) });
        return;
      }
      const known = live.rules.get(rule)?.rule ?? missing(rule, bus);
      await catalog.putRule(live, { ...known, tags: checkTags(changed(known.tags)) });
    });
  };
  return {
    async list(arn) {
      const { scope, bus, rule } = tagged(arn);
      const live = await catalog.get({ scope, name: bus });
      if (rule === undefined) return live.bus.tags;
      return (live.rules.get(rule)?.rule ?? missing(rule, bus)).tags;
    },
    add: (arn, tags) => change(arn, (before) => ({ ...before, ...tags })),
    remove: (arn, keys) =>
      change(arn, (before) =>
        Object.fromEntries(Object.entries(before).filter(([key]) => !keys.includes(key))),
      ),
  };
}

function tagged(arn: string): { scope: Scope; bus: string; rule: string | undefined } {
  const parsed = parseEventsArn(arn);
  if (parsed?.kind === "event-bus")
    return { scope: parsed.scope, bus: parsed.name, rule: undefined };
  if (parsed?.kind !== "rule") throw invalidParameter("ResourceARN");
  return { scope: parsed.scope, ...ruleOf(parsed.name) };
}

export function missing(rule: string, bus: string): never {
  throw unknownRule(rule, bus);
}

export const unknownRule = (rule: string, bus: string) => {
  const error = unknown(`Rule ${rule}`);
  error.message = `Rule ${rule} does not exist on EventBus ${bus}.`;
  return error;
};
