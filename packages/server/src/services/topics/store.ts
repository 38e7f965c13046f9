/** Topics with their subscriptions: read from memory where they are published to, changed by one commit each. */
import {
  compileFilterPolicy,
  type FilterPolicy,
  type FilterScope,
} from "../../domain/filter-policy.ts";
import type { Scope } from "../../domain/scope.ts";
import { everyRecord } from "../../ports/every-record.ts";
import type { Change, Records } from "../../ports/records.ts";
import { retried } from "../../ports/retried.ts";
import { missing, topicError } from "./errors.ts";
import type { Subscription, Topic } from "./model.ts";
import { subscriptionId, subscriptionsSpace, topicsSpace } from "./spaces.ts";

/** A topic as of one moment. */
export interface TopicView {
  readonly topic: Topic;
  readonly revision: number;
  readonly subscriptions: readonly KnownSubscription[];
}

export interface KnownSubscription {
  readonly subscription: Subscription;
  readonly revision: number;
  readonly filter: FilterPolicy | undefined;
}

/** What a change does: the topic afterwards, records beside it, and what the caller gets. */
export interface Edit<Result> {
  readonly topic?: Topic;
  readonly changes?: readonly Change[];
  readonly result: Result;
}

/** Subscriptions that are kept in memory, of all topics; a topic alone may have more, and is then read each time. */
const MAX_KEPT = 200_000;

export class TopicStore {
  readonly records: Records;
  readonly #views = new Map<string, TopicView>();
  #kept = 0;
  /** Counts changes: what was read before one is not kept after it. */
  #changes = 0;

  constructor(records: Records) {
    this.records = records;
  }

  /** Undefined where there is no such topic. */
  async find(scope: Scope, name: string): Promise<TopicView | undefined> {
    const key = `${topicsSpace(scope)}/${name}`;
    const known = this.#views.get(key);
    if (known !== undefined) return known;
    const changes = this.#changes;
    const [found, subscriptions] = await Promise.all([
      this.records.get<Topic>(topicsSpace(scope), name),
      everyRecord<Subscription>(this.records, subscriptionsSpace(scope), subscriptionId(name, "")),
    ]);
    if (found === undefined) return undefined;
    const view = {
      topic: found.value,
      revision: found.revision,
      subscriptions: subscriptions.map(({ value, revision }) => ({
        subscription: value,
        revision,
        filter: filterOf(value),
      })),
    };
    if (changes === this.#changes) this.#keep(key, view);
    return view;
  }

  /** @throws YunqueError where there is no such topic. */
  async view(scope: Scope, name: string): Promise<TopicView> {
    const found = await this.find(scope, name);
    if (found === undefined) throw missing("Topic");
    return found;
  }

  /** Lets `decide` say what changes and commits it; decides again where somebody else's change came first. */
  async edit<Result>(
    scope: Scope,
    name: string,
    decide: (view: TopicView) => Edit<Result> | Promise<Edit<Result>>,
  ): Promise<Result> {
    return this.retried(scope, name, async () => {
      const view = await this.view(scope, name);
      const { topic, changes = [], result } = await decide(view);
      const space = topicsSpace(scope);
      const own: Change[] =
        topic !== undefined
          ? [{ put: topic, space, id: name, expect: view.revision }]
          : changes.length > 0
            ? [{ check: true, space, id: name, expect: view.revision }]
            : [];
      if (own.length > 0) await this.records.commit([...own, ...changes]);
      return result;
    });
  }

  /** Runs a step that reads, decides and commits changes of a topic, again where somebody else committed first. */
  async retried<Result>(scope: Scope, name: string, step: () => Promise<Result>): Promise<Result> {
    const forgetting = () => step().finally(() => this.#forget(`${topicsSpace(scope)}/${name}`));
    return retried(forgetting, () =>
      topicError("TopicContended", "Can't perform multiple operations on a topic simultaneously."),
    );
  }

  #keep(key: string, view: TopicView): void {
    const size = view.subscriptions.length + 1;
    if (size > MAX_KEPT / 4) return;
    this.#forget(key, false);
    this.#views.set(key, view);
    this.#kept += size;
    for (const oldest of this.#views.keys()) {
      if (this.#kept <= MAX_KEPT) return;
      this.#forget(oldest, false);
    }
  }

  #forget(key: string, changed = true): void {
    if (changed) this.#changes += 1;
    const known = this.#views.get(key);
    if (known === undefined) return;
    this.#views.delete(key);
    this.#kept -= known.subscriptions.length + 1;
  }
}

/** A policy that was accepted compiles. */
function filterOf({ attributes }: Subscription): FilterPolicy | undefined {
  const text = attributes["FilterPolicy"];
  if (text === undefined) return undefined;
  return compileFilterPolicy(
    text,
    (attributes["FilterPolicyScope"] ?? "MessageAttributes") as FilterScope,
  );
}

/** The change that writes a subscription. */
export const putSubscription = (
  scope: Scope,
  topic: string,
  subscription: Subscription,
  expect: number,
): Change => ({
  put: subscription,
  space: subscriptionsSpace(scope),
  id: subscriptionId(topic, subscription.id),
  expect,
});
