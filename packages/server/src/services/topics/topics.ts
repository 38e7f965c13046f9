/** Topics: made once under a name, described, changed, deleted. */
import type { Scope } from "../../domain/scope.ts";
import { isFifoName, isTopicName, topicArn } from "../../domain/topic-name.ts";
import { type Change, RecordConflict } from "../../ports/records.ts";
import type { Caller, TopicsDependencies } from "./context.ts";
import type { Deliveries } from "./deliveries.ts";
import { invalid, topicError } from "./errors.ts";
import type { Attributes, Topic } from "./model.ts";
import { topicNamed } from "./names.ts";
import { type Page, pageOf } from "./paging.ts";
import { type Grant, granted, revoked } from "./permissions.ts";
import { subscriptionId, subscriptionsSpace, topicsSpace } from "./spaces.ts";
import type { TopicStore } from "./store.ts";
import { checkCount, type Tag, tagsOf } from "./tags.ts";
import { checkedAttribute, newAttributes, shownAttributes } from "./topic-attributes.ts";

export interface NewTopic {
  readonly name: string;
  readonly attributes: Attributes;
  readonly tags: readonly Tag[];
}

export interface TopicOperations {
  /** Answers the ARN, also of a topic that is there already and has these attributes and tags. */
  create(caller: Caller, topic: NewTopic): Promise<string>;
  /** A topic that is not there is no fault. */
  delete(caller: Caller, arn: string): Promise<void>;
  attributes(caller: Caller, arn: string): Promise<Attributes>;
  setAttribute(caller: Caller, arn: string, name: string, value: string): Promise<void>;
  list(caller: Caller, token: string | undefined): Promise<Page<Topic>>;
  grant(caller: Caller, arn: string, grant: Grant): Promise<void>;
  revoke(caller: Caller, arn: string, label: string): Promise<void>;
  tags(caller: Caller, arn: string): Promise<readonly Tag[]>;
  tag(caller: Caller, arn: string, tags: readonly Tag[]): Promise<void>;
  untag(caller: Caller, arn: string, keys: readonly string[]): Promise<void>;
}

/** https://docs.aws.amazon.com/general/latest/gr/sns.html */
const MAX_TOPICS = { standard: 100_000, fifo: 1_000 };
/** Subscriptions that one commit deletes. */
const DELETED_AT_ONCE = 5_000;

export function createTopicOperations(
  { records, clock }: Pick<TopicsDependencies, "records" | "clock">,
  store: TopicStore,
  deliveries: Pick<Deliveries, "drop">,
): TopicOperations {
  const census = new Census(store);

  const edit = (caller: Caller, arn: string, change: (topic: Topic) => Topic) =>
    store.edit(caller, topicNamed(caller, arn), ({ topic }) => ({
      topic: change(topic),
      result: undefined,
    }));
  const tagged = <T>(work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      const { code } = error as { code?: string };
      throw code === "TopicNotFound"
        ? topicError("TaggedTopicUnknown", "Resource does not exist")
        : error;
    });

  return {
    async create(caller, given) {
      const { name } = given;
      const fifo = checkName(name, given.attributes["FifoTopic"] === "true");
      const attributes = newAttributes(given.attributes, fifo);
      const tags = tagsOf(given.tags);
      return store.retried(caller, name, async () => {
        const found = await store.find(caller, name);
        if (found !== undefined) {
          checkSame(found.topic, attributes, tags);
          return found.topic.arn;
        }
        await census.check(caller, fifo);
        const arn = topicArn(caller, name);
        const topic: Topic = { name, arn, fifo, created: clock.now(), attributes, tags, ended: 0 };
        await records.commit([{ put: topic, space: topicsSpace(caller), id: name, expect: 0 }]);
        census.count(caller, fifo, 1);
        return arn;
      });
    },

    async delete(caller, arn) {
      const name = topicNamed(caller, arn);
      let found = await store.find(caller, name);
      if (found === undefined) return;
      const { fifo } = found.topic;
      for (;;) {
        const view = found;
        const ended = view.subscriptions.slice(0, DELETED_AT_ONCE);
        const isLast = ended.length === view.subscriptions.length;
        const changes: Change[] = ended.map(({ subscription }) => ({
          delete: true,
          space: subscriptionsSpace(caller),
          id: subscriptionId(name, subscription.id),
        }));
        const topic = { space: topicsSpace(caller), id: name, expect: view.revision };
        await store.retried(caller, name, async () => {
          try {
            // Its record goes with the last ones: nobody subscribes meanwhile who would be left over.
            await records.commit([
              ...changes,
              isLast ? { delete: true, ...topic } : { put: view.topic, ...topic },
            ]);
          } catch (error) {
            if (!(error instanceof RecordConflict)) throw error;
          }
        });
        for (const { subscription } of ended) await deliveries.drop(caller, subscription.id);
        found = await store.find(caller, name);
        if (found === undefined) break;
      }
      census.count(caller, fifo, -1);
    },

    async attributes(caller, arn) {
      const { topic, subscriptions } = await store.view(caller, topicNamed(caller, arn));
      return shownAttributes(topic, caller.account, subscriptions);
    },

    async setAttribute(caller, arn, name, value) {
      await store.edit(caller, topicNamed(caller, arn), ({ topic, subscriptions }) => {
        const checked = checkedAttribute(name, value, topic.fifo);
        if (name === "MaximumMessageSize" && Number(value) > 262_144) {
          const others = subscriptions.some(
            ({ subscription }) => !["sqs", "lambda"].includes(subscription.protocol),
          );
          if (others || subscriptions.length > 100) throw invalid("MaximumMessageSize");
        }
        const { [name]: _, ...rest } = topic.attributes;
        const cleared = checked === "" && (name === "Policy" || name === "DeliveryPolicy");
        const attributes = cleared ? rest : { ...rest, [name]: checked };
        return { topic: { ...topic, attributes }, result: undefined };
      });
    },

    list: (caller, token) => pageOf<Topic>(records, topicsSpace(caller), token),

    grant: (caller, arn, grant) =>
      edit(caller, arn, (topic) => granted(topic, caller.account, grant)),
    revoke: (caller, arn, label) =>
      edit(caller, arn, (topic) => revoked(topic, caller.account, label)),

    async tags(caller, arn) {
      const { topic } = await tagged(store.view(caller, topicNamed(caller, arn, "ResourceArn")));
      return Object.entries(topic.tags).map(([Key, Value]) => ({ Key, Value }));
    },
    async tag(caller, arn, tags) {
      const added = tagsOf(tags);
      topicNamed(caller, arn, "ResourceArn");
      await tagged(
        edit(caller, arn, (topic) => {
          const all = { ...topic.tags, ...added };
          checkCount(all);
          return { ...topic, tags: all };
        }),
      );
    },
    async untag(caller, arn, keys) {
      topicNamed(caller, arn, "ResourceArn");
      await tagged(
        edit(caller, arn, (topic) => ({
          ...topic,
          tags: Object.fromEntries(
            Object.entries(topic.tags).filter(([key]) => !keys.includes(key)),
          ),
        })),
      );
    },
  };
}

/** Whether the topic is FIFO. @throws YunqueError */
function checkName(name: string, fifo: boolean): boolean {
  if (fifo && !isFifoName(name))
    throw invalid(
      "Fifo Topic names must end with .fifo and must be made up of only uppercase and lowercase ASCII letters, numbers, underscores, and hyphens, and must be between 1 and 256 characters long.",
    );
  if (!fifo && !isTopicName(name)) throw invalid("Topic Name");
  return fifo;
}

/** SNS: what is asked for must be there already; what is there and not asked for is no fault. */
function checkSame(topic: Topic, attributes: Attributes, tags: Attributes): void {
  const differs = (there: Attributes, asked: Attributes) =>
    Object.entries(asked).some(([name, value]) => there[name] !== value);
  if (differs(topic.tags, tags))
    throw invalid("Tags Reason: Topic already exists with different tags");
  if (differs({ ...DEFAULTS, ...topic.attributes }, attributes))
    throw invalid("Attributes Reason: Topic already exists with different attributes");
}

const DEFAULTS: Attributes = { DisplayName: "", ContentBasedDeduplication: "false" };

/** How many topics a scope has, counted once and then kept in mind. */
class Census {
  readonly #store: TopicStore;
  readonly #counts = new Map<string, { standard: number; fifo: number }>();

  constructor(store: TopicStore) {
    this.#store = store;
  }

  async check(scope: Scope, fifo: boolean): Promise<void> {
    const space = topicsSpace(scope);
    let counts = this.#counts.get(space);
    if (counts === undefined) {
      counts = { standard: 0, fifo: 0 };
      for (let after = ""; ; ) {
        const page = await this.#store.records.list<Topic>(space, { after, limit: 10_000 });
        for (const { value } of page) counts[value.fifo ? "fifo" : "standard"] += 1;
        const last = page.at(-1);
        if (last === undefined) break;
        after = last.id;
      }
      this.#counts.set(space, counts);
    }
    const kind = fifo ? "fifo" : "standard";
    if (counts[kind] >= MAX_TOPICS[kind]) throw topicError("TooManyTopics", "Topic limit exceeded");
  }

  count(scope: Scope, fifo: boolean, change: 1 | -1): void {
    const counts = this.#counts.get(topicsSpace(scope));
    if (counts !== undefined) counts[fifo ? "fifo" : "standard"] += change;
  }
}
