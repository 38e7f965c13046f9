/** Sampling rules: kept as records, and in memory for the doors that ask them. */
import {
  DEFAULT_RULE,
  type SampledRequest,
  type SamplingRule,
} from "../../domain/sampling-rule.ts";
import type { Scope } from "../../domain/scope.ts";
import { everyRecord } from "../../ports/every-record.ts";
import type { TracesDependencies } from "./context.ts";
import { invalid, tracesError } from "./errors.ts";
import { Sampler } from "./sampler.ts";
import { rulesSpace } from "./spaces.ts";
import { checkTags, type Tags } from "./tags.ts";

export interface RuleRecord {
  readonly rule: SamplingRule;
  readonly created: number;
  readonly modified: number;
  readonly tags: Tags;
}

export type RuleChange = Partial<Omit<SamplingRule, "name">>;

/** What a client has sampled in the last ten seconds. */
export interface RuleStatistics {
  readonly rule: string;
  readonly client: string;
  readonly requests: number;
  readonly sampled: number;
  readonly borrowed: number;
}
export interface RuleTarget {
  readonly rule: string;
  readonly fixedRate: number;
  /** Of each second, for this client. */
  readonly quota: number;
  readonly quotaUntil: number;
}

/** X-Ray: 25 custom sampling rules. */
const MAX_RULES = 25;
const QUOTA_MS = 10_000;
/** A client that says nothing for so long needs no part of a reservoir. */
const CLIENT_MS = 30_000;
const MAX_CLIENTS = 10_000;

interface Figures {
  at: number;
  requests: number;
  sampled: number;
  borrowed: number;
}

export class SamplingRules {
  readonly #context: TracesDependencies;
  readonly #known = new Map<string, Sampler>();
  /** By scope, rule and client: when it asked last. */
  readonly #clients = new Map<string, number>();
  readonly #figures = new Map<string, Figures>();

  constructor(context: TracesDependencies) {
    this.#context = context;
  }

  /** Whether a request is recorded. Answers at once: rules that are not in memory yet decide from the next request on. */
  decide(scope: Scope, request: SampledRequest): boolean {
    const key = `${scope.account}/${scope.region}`;
    let known = this.#known.get(key);
    if (known === undefined) {
      known = new Sampler(this.#context.clock, this.#context.random);
      this.#known.set(key, known);
      this.refresh(scope).catch((error) => this.#context.onFailure(error));
    }
    return known.decide(request);
  }

  /** Every rule of a scope, the default one last. */
  async list(scope: Scope): Promise<RuleRecord[]> {
    const all = await everyRecord<RuleRecord>(this.#context.records, rulesSpace(scope));
    const rules = all.map(({ value }) => value);
    if (!rules.some(({ rule }) => rule.name === DEFAULT_RULE.name))
      rules.push({ rule: DEFAULT_RULE, created: 0, modified: 0, tags: {} });
    return rules.sort(
      (a, b) => a.rule.priority - b.rule.priority || (a.rule.name < b.rule.name ? -1 : 1),
    );
  }

  async create(scope: Scope, rule: SamplingRule, tags: Tags): Promise<RuleRecord> {
    checkTags(tags);
    const all = await this.list(scope);
    if (all.some((each) => each.rule.name === rule.name))
      throw invalid(`Sampling rule already exists: ${rule.name}`);
    if (all.length > MAX_RULES)
      throw tracesError("TooManySamplingRules", "The maximum number of sampling rules is reached");
    const now = this.#context.clock.now();
    return await this.#put(scope, { rule, created: now, modified: now, tags }, 0);
  }

  async update(scope: Scope, name: string, change: RuleChange): Promise<RuleRecord> {
    const before = await this.find(scope, name);
    const isDefault = name === DEFAULT_RULE.name;
    const allowed = isDefault
      ? { fixedRate: change.fixedRate, reservoir: change.reservoir }
      : change;
    const given = Object.fromEntries(
      Object.entries(allowed).filter(([, value]) => value !== undefined),
    ) as RuleChange;
    const rule = { ...before.rule, ...given };
    return await this.#put(scope, { ...before, rule, modified: this.#context.clock.now() });
  }

  async delete(scope: Scope, name: string): Promise<RuleRecord> {
    if (name === DEFAULT_RULE.name) throw invalid("Default rule cannot be deleted.");
    const found = await this.find(scope, name);
    await this.#context.records.commit([{ delete: true, space: rulesSpace(scope), id: name }]);
    await this.refresh(scope);
    return found;
  }

  /** @throws YunqueError where there is none. */
  async find(scope: Scope, name: string): Promise<RuleRecord> {
    const found = (await this.list(scope)).find(({ rule }) => rule.name === name);
    if (found === undefined) throw invalid(`Sampling rule does not exist: ${name}`);
    return found;
  }

  async retag(scope: Scope, name: string, next: (before: Tags) => Tags): Promise<void> {
    const before = await this.find(scope, name);
    const tags = next(before.tags);
    checkTags(tags);
    await this.#put(scope, { ...before, tags });
  }

  /** Parts of reservoirs for clients that sample themselves, by what they saw. Those of unknown rules are left out. */
  async targets(scope: Scope, statistics: readonly RuleStatistics[]): Promise<RuleTarget[]> {
    const rules = new Map((await this.list(scope)).map(({ rule }) => [rule.name, rule]));
    const now = this.#context.clock.now();
    return statistics.flatMap((each) => {
      const rule = rules.get(each.rule);
      if (rule === undefined) return [];
      const key = `${scope.account}/${scope.region}/${each.rule}/`;
      this.#count(key, now, each);
      const clients = this.#clientsOf(key, each.client, now);
      const { fixedRate, name, reservoir } = rule;
      const quota = reservoir === 0 ? 0 : Math.max(1, Math.floor(reservoir / clients));
      return [{ rule: name, fixedRate, quota, quotaUntil: now + QUOTA_MS }];
    });
  }

  /** What clients told of, rule by rule, in the last minute. */
  statistics(scope: Scope): (RuleStatistics & { readonly at: number })[] {
    const prefix = `${scope.account}/${scope.region}/`;
    return [...this.#figures].flatMap(([key, figures]) =>
      key.startsWith(prefix)
        ? [{ rule: key.slice(prefix.length, -1), client: "", ...figures }]
        : [],
    );
  }

  async refresh(scope: Scope): Promise<void> {
    const rules = (await this.list(scope)).map(({ rule }) => rule);
    const key = `${scope.account}/${scope.region}`;
    const known = this.#known.get(key) ?? new Sampler(this.#context.clock, this.#context.random);
    known.rules = rules;
    this.#known.set(key, known);
  }

  async #put(scope: Scope, record: RuleRecord, expect?: number): Promise<RuleRecord> {
    const at = { space: rulesSpace(scope), id: record.rule.name };
    await this.#context.records.commit([
      { put: record, ...at, ...(expect === undefined ? {} : { expect }) },
    ]);
    await this.refresh(scope);
    return record;
  }

  #clientsOf(key: string, client: string, now: number): number {
    this.#clients.delete(key + client);
    this.#clients.set(key + client, now);
    let count = 0;
    for (const [each, at] of this.#clients) {
      if (at < now - CLIENT_MS || this.#clients.size > MAX_CLIENTS) this.#clients.delete(each);
      else if (each.startsWith(key)) count += 1;
    }
    return Math.max(1, count);
  }

  #count(key: string, now: number, { requests, sampled, borrowed }: RuleStatistics): void {
    const minute = Math.floor(now / 60_000) * 60_000;
    const before = this.#figures.get(key);
    const kept = before?.at === minute ? before : { requests: 0, sampled: 0, borrowed: 0 };
    this.#figures.set(key, {
      at: minute,
      requests: kept.requests + requests,
      sampled: kept.sampled + sampled,
      borrowed: kept.borrowed + borrowed,
    });
  }
}
