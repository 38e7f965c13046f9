/** How queues are named: by name, ARN and URL. */
import { partitionOf } from "./function-name.ts";
import type { Scope } from "./scope.ts";

/** A queue of an account and region. */
export interface QueueRef extends Scope {
  readonly name: string;
}

export const FIFO_SUFFIX = ".fifo";

/** SQS: 1 to 80 letters, digits, hyphens and underscores; a FIFO queue's ends with `.fifo`, which counts. */
export const isQueueName = (name: string): boolean =>
  name.length <= 80 && /^[A-Za-z0-9_-]+(?:\.fifo)?$/.test(name);

/** `arn:aws:sqs:REGION:ACCOUNT:NAME` */
export const queueArn = ({ account, region, name }: QueueRef): string =>
  `arn:${partitionOf(region)}:sqs:${region}:${account}:${name}`;

const ARN = /^arn:aws[a-z-]*:sqs:([a-z0-9-]{1,32}):(\d{12}):([A-Za-z0-9_-]{1,80}(?:\.fifo)?)$/;

/** The queue that an ARN names; undefined where it can name none. */
export function parseQueueArn(arn: string): QueueRef | undefined {
  const [, region, account, name] = ARN.exec(arn) ?? [];
  if (region === undefined || account === undefined || name === undefined) return undefined;
  return isQueueName(name) ? { region, account, name } : undefined;
}

/** `http://HOST:PORT/ACCOUNT/NAME` */
export const queueUrl = (origin: string, { account, name }: QueueRef): string =>
  `${origin}/${account}/${name}`;

/** The region of `sqs.REGION.amazonaws.com`, `REGION.queue.amazonaws.com` and hosts of the same form elsewhere. */
const HOST_REGION =
  /^(?:https?:\/\/)?(?:sqs\.([a-z]{2}(?:-[a-z]+)+-\d)\.|([a-z]{2}(?:-[a-z]+)+-\d)\.queue\.)/;
const URL_PATH = /(?:^|\/)(\d{12})\/([^/?#]+)\/?$/;

/**
 * The queue of a URL of any form: `http://any-host/ACCOUNT/NAME`, `/queue/REGION/ACCOUNT/NAME`, AWS's own hosts, a bare
 * name. Where it does not say account or region they are the caller's. Undefined: it names none.
 */
export function parseQueueUrl(url: string, { account, region }: Scope): QueueRef | undefined {
  const [, owner, named] = URL_PATH.exec(url) ?? [];
  const name = owner === undefined ? url : (named ?? "");
  if (!isQueueName(name)) return undefined;
  const host = HOST_REGION.exec(url);
  const path = /\/queue\/([a-z0-9-]{1,32})\/\d{12}\/[^/]+\/?$/.exec(url);
  return { account: owner ?? account, region: path?.[1] ?? host?.[1] ?? host?.[2] ?? region, name };
}
