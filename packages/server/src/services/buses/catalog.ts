/** Buses with their rules as events meet them: in memory, read once, changed together with their records. */
import { EventMatcher } from "../../domain/event-matcher.ts";
import type { Scope } from "../../domain/scope.ts";
import type { Clock } from "../../ports/clock.ts";
import { everyRecord } from "../../ports/every-record.ts";
import type { Change, Records } from "../../ports/records.ts";
import { scopeKey, Turns } from "./context.ts";
import { unknown } from "./errors.ts";
import type { Archive, Bus, Rule } from "./model.ts";
import { type BusRef, busArn, DEFAULT_BUS, ruleArn } from "./names.ts";
import { archivesSpace, busesSpace, rulesSpace } from "./spaces.ts";
import { type LiveTarget, liveTarget } from "./target-input.ts";

export interface LiveRule {
  readonly rule: Rule;
  readonly arn: string;
  readonly targets: readonly LiveTarget[];
}

export interface LiveBus {
  readonly scope: Scope;
  readonly name: string;
  readonly arn: string;
  bus: Bus;
  readonly rules: Map<string, LiveRule>;
  readonly archives: Map<string, Archive>;
  /** Names of rules, and of archives behind a slash: events fit both. */
  readonly matcher: EventMatcher<string>;
}

export const archiveKey = (name: string): string => `/${name}`;

export class Catalog {
  readonly #records: Records;
  readonly #loaded = new Map<string, LiveBus>();
  readonly #loading = new Map<string, Promise<LiveBus | undefined>>();
  readonly #turns = new Turns();
  readonly #born: number;

  constructor(records: Records, clock: Clock) {
    this.#records = records;
    this.#born = clock.now();
  }

  /** Undefined where it was not asked for before, or does not exist. */
  peek({ scope, name }: BusRef): LiveBus | undefined {
    return this.#loaded.get(keyOf(scope, name));
  }

  /** Undefined where it does not exist. The default bus always does. */
  async find(ref: BusRef): Promise<LiveBus | undefined> {
    const key = keyOf(ref.scope, ref.name);
    const loaded = this.#loaded.get(key);
    if (loaded !== undefined) return loaded;
    let loading = this.#loading.get(key);
    if (loading === undefined) {
      loading = this.#load(ref).finally(() => this.#loading.delete(key));
      this.#loading.set(key, loading);
    }
    return loading;
  }

  /** @throws YunqueError BusObjectUnknown */
  async get(ref: BusRef): Promise<LiveBus> {
    const found = await this.find(ref);
    if (found === undefined) throw unknown(`Event bus ${ref.name}`);
    return found;
  }

  /** Works on a bus while nobody else does. */
  change<T>(ref: BusRef, work: (live: LiveBus) => Promise<T>): Promise<T> {
    return this.#turns.take(keyOf(ref.scope, ref.name), async () => work(await this.get(ref)));
  }

  /** Works on all of an account's objects of one kind while nobody else does. */
  turn<T>(scope: Scope, kind: string, work: () => Promise<T>): Promise<T> {
    return this.#turns.take(`${scopeKey(scope)} ${kind}`, work);
  }

  /** Writes a bus, with whatever belongs to it. */
  async putBus(scope: Scope, bus: Bus): Promise<void> {
    await this.#records.commit([{ put: bus, space: busesSpace(scope), id: bus.name }]);
    const live = this.#loaded.get(keyOf(scope, bus.name));
    if (live !== undefined) live.bus = bus;
  }

  async removeBus(live: LiveBus): Promise<void> {
    const { scope, name } = live;
    await this.#records.commit([{ delete: true, space: busesSpace(scope), id: name }]);
    this.#loaded.delete(keyOf(scope, name));
  }

  /** Writes a rule in one commit with `more`. */
  async putRule(live: LiveBus, rule: Rule, more: readonly Change[] = []): Promise<void> {
    const space = rulesSpace(live.scope, live.name);
    await this.#records.commit([{ put: rule, space, id: rule.name }, ...more]);
    addRule(live, rule);
  }

  async removeRule(live: LiveBus, name: string, more: readonly Change[] = []): Promise<void> {
    const space = rulesSpace(live.scope, live.name);
    await this.#records.commit([{ delete: true, space, id: name }, ...more]);
    live.rules.delete(name);
    live.matcher.delete(name);
  }

  async putArchive(live: LiveBus, archive: Archive): Promise<void> {
    const space = archivesSpace(live.scope);
    await this.#records.commit([{ put: archive, space, id: archive.name }]);
    addArchive(live, archive);
  }

  async removeArchive(live: LiveBus, { name }: Archive): Promise<void> {
    await this.#records.commit([{ delete: true, space: archivesSpace(live.scope), id: name }]);
    live.archives.delete(name);
    live.matcher.delete(archiveKey(name));
  }

  async #load({ scope, name }: BusRef): Promise<LiveBus | undefined> {
    const records = this.#records;
    const stored = await records.get<Bus>(busesSpace(scope), name);
    if (stored === undefined && name !== DEFAULT_BUS) return undefined;
    const live: LiveBus = {
      scope,
      name,
      arn: busArn(scope, name),
      bus: stored?.value ?? { name, tags: {}, created: this.#born, modified: this.#born },
      rules: new Map(),
      archives: new Map(),
      matcher: new EventMatcher(),
    };
    for (const { value } of await everyRecord<Rule>(records, rulesSpace(scope, name)))
      addRule(live, value);
    for (const { value } of await everyRecord<Archive>(records, archivesSpace(scope)))
      if (value.bus === name) addArchive(live, value);
    this.#loaded.set(keyOf(scope, name), live);
    return live;
  }
}

function addRule(live: LiveBus, rule: Rule): void {
  const arn = ruleArn(live.scope, live.name, rule.name);
  live.rules.set(rule.name, { rule, arn, targets: rule.targets.map(liveTarget) });
  if (rule.pattern !== undefined && rule.state !== "DISABLED")
    live.matcher.set(rule.name, rule.pattern);
  else live.matcher.delete(rule.name);
}

/** Anything fits an archive without a pattern: every event has an id. */
function addArchive(live: LiveBus, archive: Archive): void {
  live.archives.set(archive.name, archive);
  live.matcher.set(archiveKey(archive.name), archive.pattern ?? '{"id":[{"exists":true}]}');
}

const keyOf = (scope: Scope, name: string): string => `${scopeKey(scope)}/${name}`;
