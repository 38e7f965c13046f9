/** Subscriptions: asked for, confirmed, changed, ended, restored. */
import { randomBytes, randomUUID } from "node:crypto";
import type { ControlMessage } from "../../domain/topic-message.ts";
import { topicArn } from "../../domain/topic-name.ts";
import type { Change } from "../../ports/records.ts";
import type { Caller, TopicsDependencies } from "./context.ts";
import type { Deliveries } from "./deliveries.ts";
import { invalid, missing, topicError } from "./errors.ts";
import type { Attributes, Subscription, Topic } from "./model.ts";
import { subscriptionNamed, topicNamed } from "./names.ts";
import { type Page, pageOf } from "./paging.ts";
import { subscriptionId, subscriptionsSpace } from "./spaces.ts";
import {
  type KnownSubscription,
  putSubscription,
  type TopicStore,
  type TopicView,
} from "./store.ts";
import { checkSubscriber, mustConfirm } from "./subscriber.ts";
import { shownSubscription, withAttributes } from "./subscription-attributes.ts";
import { checkCounts, checkFilters, isSame } from "./subscription-limits.ts";

export interface NewSubscription {
  readonly topicArn: string;
  readonly protocol: string;
  readonly endpoint: string;
  readonly attributes: Attributes;
}

export interface SubscriptionOperations {
  /** Also a subscription that is there already, with these attributes. */
  subscribe(caller: Caller, subscription: NewSubscription): Promise<Subscription>;
  /** Answers the ARN. `guarded`: only a signed request may end it. */
  confirm(caller: Caller, topicArn: string, token: string, guarded: boolean): Promise<string>;
  /** One that is not there is no fault. */
  unsubscribe(caller: Caller, arn: string): Promise<void>;
  attributes(caller: Caller, arn: string): Promise<Attributes>;
  setAttribute(caller: Caller, arn: string, name: string, value: string): Promise<void>;
  list(caller: Caller, token: string | undefined): Promise<Page<Subscription>>;
  ofTopic(caller: Caller, arn: string, token: string | undefined): Promise<Page<Subscription>>;
}

/** SNS: who does not confirm within two days has not subscribed. */
const TOKEN_MS = 2 * 86_400_000;
/** Id of the subscription, then what nobody can guess. */
const TOKEN = /^([0-9a-f]{32})[0-9a-f]{160}$/;

export function createSubscriptionOperations(
  dependencies: TopicsDependencies,
  store: TopicStore,
  deliveries: Deliveries,
): SubscriptionOperations {
  const { records, clock, origin } = dependencies;

  const isLive = ({ state, tokenUntil = 0 }: Subscription): boolean =>
    state === "confirmed" || (state === "pending" && tokenUntil > clock.now());

  /** Removes what nobody confirmed or restored in time. */
  const sweep = (caller: Caller, { subscriptions }: TopicView, but?: string): Change[] =>
    subscriptions
      .filter(
        ({ subscription: { id, state, tokenUntil = 0 } }) =>
          state !== "confirmed" && tokenUntil <= clock.now() && id !== but,
      )
      .slice(0, 1000)
      .map(({ subscription: { id, topicArn: arn }, revision }) => ({
        delete: true,
        space: subscriptionsSpace(caller),
        id: subscriptionId(arn.split(":")[5] ?? "", id),
        expect: revision,
      }));

  async function found(
    caller: Caller,
    arn: string,
  ): Promise<{ view: TopicView; known: KnownSubscription }> {
    const { topic, id } = subscriptionNamed(caller, arn);
    const view = await store.find(caller, topic);
    const known = view?.subscriptions.find(({ subscription }) => subscription.id === id);
    if (view === undefined || known === undefined || !isLive(known.subscription))
      throw missing("Subscription");
    return { view, known };
  }

  function asking(subscription: Subscription, type: ControlMessage["type"]): ControlMessage {
    const { topicArn: arn, token = "" } = subscription;
    const link = `${origin()}/?Action=ConfirmSubscription&TopicArn=${arn}&Token=${token}`;
    const text =
      type === "SubscriptionConfirmation"
        ? `You have chosen to subscribe to the topic ${arn}.\nTo confirm the subscription, visit the SubscribeURL included in this message.`
        : `You have chosen to deactivate subscription ${subscription.arn}.\nTo cancel this operation and restore the subscription, visit the SubscribeURL included in this message.`;
    return {
      type,
      id: randomUUID(),
      token,
      topicArn: arn,
      text,
      subscribeUrl: link,
      time: clock.now(),
    };
  }

  const newToken = (id: string) => ({
    token: id.replaceAll("-", "") + randomBytes(80).toString("hex"),
    tokenUntil: clock.now() + TOKEN_MS,
  });

  return {
    async subscribe(caller, { topicArn: arn, protocol: name, endpoint, attributes: given }) {
      const topicName = topicNamed(caller, arn);
      const subscribed = await store.edit(caller, topicName, (view) => {
        const { topic } = view;
        const protocol = checkSubscriber(topic, name, endpoint);
        const owner = { protocol, fifo: topic.fifo, from: "Subscribe" } as const;
        const attributes = withAttributes({}, given, owner);
        const same = view.subscriptions.find(
          ({ subscription }) =>
            subscription.protocol === protocol &&
            subscription.endpoint === endpoint &&
            isLive(subscription),
        );
        if (same !== undefined) {
          const { subscription, revision } = same;
          if (!isSame(subscription.attributes, attributes))
            throw invalid(
              "Attributes Reason: Subscription already exists with different attributes",
            );
          if (subscription.state === "confirmed") return { result: subscription };
          const again = { ...subscription, ...newToken(subscription.id) };
          return { changes: [putSubscription(caller, topicName, again, revision)], result: again };
        }
        checkCounts(view, attributes, protocol);
        const id = randomUUID();
        const pending = mustConfirm(protocol);
        const made: Subscription = {
          id,
          arn: `${topic.arn}:${id}`,
          topicArn: topic.arn,
          protocol,
          endpoint,
          owner: caller.account,
          principal: `arn:aws:iam::${caller.account}:user/${caller.accessKeyId ?? "anonymous"}`,
          attributes,
          created: clock.now(),
          ...(pending
            ? { state: "pending", authenticated: false, ...newToken(id) }
            : { state: "confirmed", authenticated: true }),
        };
        const changes = [putSubscription(caller, topicName, made, 0), ...sweep(caller, view)];
        return { changes, result: made };
      });
      if (subscribed.state === "pending") {
        const { topic } = await store.view(caller, topicName);
        await deliveries.ask(
          caller,
          topic,
          subscribed,
          asking(subscribed, "SubscriptionConfirmation"),
        );
      }
      return subscribed;
    },

    async confirm(caller, arn, token, guarded) {
      const topicName = confirmedTopic(caller, arn);
      const [, hex = ""] = TOKEN.exec(token) ?? [];
      const [, a, b, c, d, e] = /^(.{8})(.{4})(.{4})(.{4})(.{12})$/.exec(hex) ?? [];
      const id = [a, b, c, d, e].join("-");
      if (hex === "") throw invalid("Token");
      if (guarded && caller.accessKeyId === undefined)
        throw topicError(
          "UnsubscribeForbidden",
          "AuthenticateOnUnsubscribe needs a signed request",
        );
      return store.edit(caller, topicName, (view) => {
        const known = view.subscriptions.find(({ subscription }) => subscription.id === id);
        if (known === undefined || known.subscription.token !== token) throw invalid("Token");
        const { subscription, revision } = known;
        if (subscription.state === "confirmed") return { result: subscription.arn };
        if ((subscription.tokenUntil ?? 0) <= clock.now()) throw invalid("Token");
        const confirmed: Subscription = {
          ...subscription,
          state: "confirmed",
          authenticated: caller.accessKeyId !== undefined,
          ...(guarded ? { guarded } : {}),
        };
        const changes = [putSubscription(caller, topicName, confirmed, revision)];
        const { topic } = view;
        const restored = subscription.state === "ended";
        return {
          ...(restored ? { topic: { ...topic, ended: Math.max(0, topic.ended - 1) } } : {}),
          changes,
          result: subscription.arn,
        };
      });
    },

    async unsubscribe(caller, arn) {
      const { topic: topicName, id } = subscriptionNamed(caller, arn);
      if ((await store.find(caller, topicName)) === undefined) return;
      const ended = await store.edit<{ topic: Topic; subscription: Subscription } | undefined>(
        caller,
        topicName,
        (view) => {
          const known = view.subscriptions.find(({ subscription }) => subscription.id === id);
          if (known === undefined || !isLive(known.subscription)) return { result: undefined };
          const { subscription, revision } = known;
          if (subscription.guarded === true && caller.accessKeyId === undefined)
            throw topicError(
              "UnsubscribeForbidden",
              "User is not authorized to end this subscription",
            );
          const restorable =
            subscription.state === "confirmed" && mustConfirm(subscription.protocol);
          const after: Subscription = { ...subscription, state: "ended", ...newToken(id) };
          const change: Change = restorable
            ? putSubscription(caller, topicName, after, revision)
            : {
                delete: true,
                space: subscriptionsSpace(caller),
                id: subscriptionId(topicName, id),
                expect: revision,
              };
          return {
            topic: { ...view.topic, ended: view.topic.ended + 1 },
            changes: [change, ...sweep(caller, view, id)],
            result: { topic: view.topic, subscription: restorable ? after : subscription },
          };
        },
      );
      if (ended === undefined) return;
      await deliveries.drop(caller, id);
      const { topic, subscription } = ended;
      if (subscription.state === "ended")
        await deliveries.ask(
          caller,
          topic,
          subscription,
          asking(subscription, "UnsubscribeConfirmation"),
        );
    },

    async attributes(caller, arn) {
      const { view, known } = await found(caller, arn);
      return shownSubscription(known.subscription, view.topic);
    },

    async setAttribute(caller, arn, name, value) {
      await found(caller, arn);
      const { topic: topicName, id } = subscriptionNamed(caller, arn);
      await store.edit(caller, topicName, (view) => {
        const known = view.subscriptions.find(({ subscription }) => subscription.id === id);
        if (known === undefined || !isLive(known.subscription)) throw missing("Subscription");
        const { subscription, revision } = known;
        const owner = {
          protocol: subscription.protocol,
          fifo: view.topic.fifo,
          from: "SetSubscriptionAttributes",
        } as const;
        const attributes = withAttributes(subscription.attributes, { [name]: value }, owner);
        if (subscription.attributes["FilterPolicy"] === undefined) checkFilters(view, attributes);
        const changed = { ...subscription, attributes };
        return {
          changes: [putSubscription(caller, topicName, changed, revision)],
          result: undefined,
        };
      });
    },

    list: (caller, token) =>
      pageOf<Subscription>(records, subscriptionsSpace(caller), token, { fits: isLive }),

    async ofTopic(caller, arn, token) {
      const name = topicNamed(caller, arn);
      await store.view(caller, name);
      return pageOf<Subscription>(records, subscriptionsSpace(caller), token, {
        prefix: subscriptionId(name, ""),
        fits: isLive,
      });
    },
  };
}

/** ConfirmSubscription names the topic that it does not know in fewer words. */
function confirmedTopic(caller: Caller, arn: string): string {
  const name = arn.split(":")[5] ?? "";
  if (topicArn(caller, name) !== arn) throw invalid("Topic");
  return name;
}
