/** Delivery policies of topics and subscriptions as JSON: checked, completed, merged. */
import {
  type Backoff,
  HTTP_POLICY,
  isBackoff,
  type RetryPolicy,
  totalDelay,
} from "../../domain/topic-delivery-policy.ts";
import { invalid } from "./errors.ts";

type Json = Readonly<Record<string, unknown>>;

/** `healthyRetryPolicy`, in the order in which SNS answers it. */
interface RetryJson {
  readonly minDelayTarget: number;
  readonly maxDelayTarget: number;
  readonly numRetries: number;
  readonly numMaxDelayRetries: number;
  readonly numNoDelayRetries: number;
  readonly numMinDelayRetries: number;
  readonly backoffFunction: Backoff;
}

/** As SNS answers a topic's policy; what was not given is absent. */
export interface TopicPolicyJson {
  readonly http: {
    readonly defaultHealthyRetryPolicy?: RetryJson;
    readonly disableSubscriptionOverrides: boolean;
    readonly defaultThrottlePolicy?: ThrottleJson;
    readonly defaultRequestPolicy?: RequestJson;
  };
}
export interface SubscriptionPolicyJson {
  readonly healthyRetryPolicy: RetryJson | null;
  readonly sicklyRetryPolicy: null;
  readonly throttlePolicy: ThrottleJson | null;
  readonly requestPolicy: RequestJson | null;
  readonly guaranteed: boolean;
}
interface ThrottleJson {
  readonly maxReceivesPerSecond: number;
}
interface RequestJson {
  readonly headerContentType: string;
}

const DEFAULT_RETRY: RetryJson = {
  minDelayTarget: HTTP_POLICY.minDelay,
  maxDelayTarget: HTTP_POLICY.maxDelay,
  numRetries: HTTP_POLICY.retries,
  numMaxDelayRetries: HTTP_POLICY.maxDelayRetries,
  numNoDelayRetries: HTTP_POLICY.noDelayRetries,
  numMinDelayRetries: HTTP_POLICY.minDelayRetries,
  backoffFunction: HTTP_POLICY.backoff,
};
const DEFAULT_REQUEST: RequestJson = { headerContentType: "text/plain; charset=UTF-8" };

/** SNS: an hour for all retries together. */
const LONGEST_MS = 3_600_000;
const MEDIA_TYPE =
  /^(?:text\/(?:css|csv|html|plain|xml)|application\/(?:atom\+xml|json|octet-stream|soap\+xml|x-www-form-urlencoded|xhtml\+xml|xml))(?:; ?charset=[\w-]{1,20})?$/i;

/** @throws YunqueError */
export function topicPolicy(text: string): TopicPolicyJson {
  const json = object(parsed(text), "");
  const http = object(json["http"], "http");
  only(json, ["http"], "");
  only(
    http,
    [
      "defaultHealthyRetryPolicy",
      "disableSubscriptionOverrides",
      "defaultThrottlePolicy",
      "defaultRequestPolicy",
    ],
    "http",
  );
  const retry = http["defaultHealthyRetryPolicy"];
  const throttle = http["defaultThrottlePolicy"];
  const request = http["defaultRequestPolicy"];
  return {
    http: {
      ...(retry == null ? {} : { defaultHealthyRetryPolicy: retryOf(retry) }),
      disableSubscriptionOverrides: http["disableSubscriptionOverrides"] === true,
      ...(throttle == null ? {} : { defaultThrottlePolicy: throttleOf(throttle) }),
      ...(request == null ? {} : { defaultRequestPolicy: requestOf(request) }),
    },
  };
}

/** @throws YunqueError */
export function subscriptionPolicy(text: string): SubscriptionPolicyJson {
  const json = object(parsed(text), "");
  only(
    json,
    ["healthyRetryPolicy", "sicklyRetryPolicy", "throttlePolicy", "requestPolicy", "guaranteed"],
    "",
  );
  const { healthyRetryPolicy: retry, throttlePolicy: throttle, requestPolicy: request } = json;
  return {
    healthyRetryPolicy: retry == null ? null : retryOf(retry),
    sicklyRetryPolicy: null,
    throttlePolicy: throttle == null ? null : throttleOf(throttle),
    requestPolicy: request == null ? null : requestOf(request),
    guaranteed: json["guaranteed"] === true,
  };
}

/** What holds for a topic. */
export function effectiveTopicPolicy(text: string | undefined): TopicPolicyJson {
  const http = text === undefined ? undefined : topicPolicy(text).http;
  return {
    http: {
      defaultHealthyRetryPolicy: http?.defaultHealthyRetryPolicy ?? DEFAULT_RETRY,
      disableSubscriptionOverrides: http?.disableSubscriptionOverrides ?? false,
      ...(http?.defaultThrottlePolicy ? { defaultThrottlePolicy: http.defaultThrottlePolicy } : {}),
      defaultRequestPolicy: http?.defaultRequestPolicy ?? DEFAULT_REQUEST,
    },
  };
}

/** What holds for a subscription, with what its topic says. */
export function effectivePolicy(
  topic: string | undefined,
  subscription: string | undefined,
): SubscriptionPolicyJson {
  const { http } = effectiveTopicPolicy(topic);
  const own =
    subscription === undefined || http.disableSubscriptionOverrides
      ? undefined
      : subscriptionPolicy(subscription);
  return {
    healthyRetryPolicy: own?.healthyRetryPolicy ?? http.defaultHealthyRetryPolicy ?? DEFAULT_RETRY,
    sicklyRetryPolicy: null,
    throttlePolicy: own?.throttlePolicy ?? http.defaultThrottlePolicy ?? null,
    requestPolicy: own?.requestPolicy ?? http.defaultRequestPolicy ?? DEFAULT_REQUEST,
    guaranteed: own?.guaranteed ?? false,
  };
}

/** How a subscription of HTTP is served. */
export function httpDelivery(topic: string | undefined, subscription: string | undefined) {
  const { healthyRetryPolicy, requestPolicy, throttlePolicy } = effectivePolicy(
    topic,
    subscription,
  );
  return {
    retry: retryPolicy(healthyRetryPolicy ?? DEFAULT_RETRY),
    contentType: (requestPolicy ?? DEFAULT_REQUEST).headerContentType,
    perSecond: throttlePolicy?.maxReceivesPerSecond,
  };
}

const retryPolicy = (json: RetryJson): RetryPolicy => ({
  minDelay: json.minDelayTarget,
  maxDelay: json.maxDelayTarget,
  retries: json.numRetries,
  noDelayRetries: json.numNoDelayRetries,
  minDelayRetries: json.numMinDelayRetries,
  maxDelayRetries: json.numMaxDelayRetries,
  backoff: json.backoffFunction,
});

function retryOf(value: unknown): RetryJson {
  const json = object(value, "healthyRetryPolicy");
  only(json, Object.keys(DEFAULT_RETRY), "healthyRetryPolicy");
  const whole = (name: keyof RetryJson, least: number, most: number, usual: number): number => {
    const given = json[name] ?? usual;
    if (!Number.isInteger(given) || (given as number) < least || (given as number) > most)
      throw wrong(`healthyRetryPolicy.${name} must be a whole number from ${least} to ${most}`);
    return given as number;
  };
  const { minDelayTarget, maxDelayTarget } = json;
  const backoffFunction = json["backoffFunction"] ?? "linear";
  if (!isBackoff(backoffFunction))
    throw wrong(
      "healthyRetryPolicy.backoffFunction must be one of linear, arithmetic, geometric, exponential",
    );
  const retry: RetryJson = {
    minDelayTarget: whole("minDelayTarget", 1, 3600, Math.min(20, Number(maxDelayTarget ?? 20))),
    maxDelayTarget: whole("maxDelayTarget", 1, 3600, Math.max(20, Number(minDelayTarget ?? 20))),
    numRetries: whole("numRetries", 0, 100, 3),
    numMaxDelayRetries: whole("numMaxDelayRetries", 0, 100, 0),
    numNoDelayRetries: whole("numNoDelayRetries", 0, 100, 0),
    numMinDelayRetries: whole("numMinDelayRetries", 0, 100, 0),
    backoffFunction,
  };
  if (retry.minDelayTarget > retry.maxDelayTarget)
    throw wrong("healthyRetryPolicy.minDelayTarget must not exceed maxDelayTarget");
  const phases = retry.numMaxDelayRetries + retry.numNoDelayRetries + retry.numMinDelayRetries;
  if (phases > retry.numRetries)
    throw wrong(
      "healthyRetryPolicy.numRetries must be at least the sum of the retries of its phases",
    );
  if (totalDelay(retryPolicy(retry)) > LONGEST_MS)
    throw wrong("healthyRetryPolicy must end within 3600 seconds");
  return retry;
}

function throttleOf(value: unknown): ThrottleJson {
  const { maxReceivesPerSecond } = object(value, "throttlePolicy");
  if (!Number.isInteger(maxReceivesPerSecond) || (maxReceivesPerSecond as number) < 1)
    throw wrong("throttlePolicy.maxReceivesPerSecond must be a whole number from 1");
  return { maxReceivesPerSecond: maxReceivesPerSecond as number };
}

function requestOf(value: unknown): RequestJson {
  const { headerContentType } = object(value, "requestPolicy");
  if (typeof headerContentType !== "string" || !MEDIA_TYPE.test(headerContentType))
    throw wrong("requestPolicy.headerContentType is not supported");
  return { headerContentType };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw wrong("failed to parse JSON.");
  }
}

function object(value: unknown, name: string): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw wrong(`${name || "the policy"} must be an object`);
  return value as Json;
}

function only(json: Json, names: readonly string[], where: string): void {
  const unknown = Object.keys(json).find((name) => !names.includes(name));
  if (unknown !== undefined) throw wrong(`unexpected field ${where ? `${where}.` : ""}${unknown}`);
}

const wrong = (why: string) => invalid(`DeliveryPolicy: ${why}`);
