/** What the service needs of the world. */
import type { Scope } from "../../domain/scope.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Mailer } from "../../ports/mailer.ts";
import type { Metrics } from "../../ports/metrics.ts";
import type { Queues } from "../../ports/queues.ts";
import type { Records } from "../../ports/records.ts";
import type { Targets } from "../../ports/targets.ts";
import type { Web } from "../../ports/web.ts";

export interface TopicsDependencies {
  readonly records: Records;
  readonly queues: Queues;
  readonly clock: Clock;
  readonly targets: Targets;
  readonly web: Web;
  readonly mailer: Mailer;
  readonly metrics: Metrics;
  /** Where subscribers find the platform, for links in messages: `https://example.org`. */
  readonly origin: () => string;
  /** Hears of defects, and of storage that fails. */
  readonly onFailure: (error: unknown) => void;
  /** Hears of messages that are given up and have no dead-letter queue. */
  readonly onGivenUp: (lost: Lost) => void;
}

export interface Lost {
  readonly subscriptionArn: string;
  readonly why: string;
}

/** Who asks. */
export interface Caller extends Scope {
  /** The access key of a signed request. */
  readonly accessKeyId?: string | undefined;
  /** X-Ray's header, where the request has one that can be passed on. */
  readonly traceId?: string | undefined;
}
