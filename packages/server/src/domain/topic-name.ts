/** Names and ARNs of topics and subscriptions. */

export interface ParsedTopicArn {
  readonly region: string;
  readonly account: string;
  readonly name: string;
  /** Of a subscription. */
  readonly subscription: string | undefined;
}

/** SNS: 256 characters, the suffix of a FIFO topic included. */
export const isTopicName = (name: string): boolean => /^[A-Za-z0-9_-]{1,256}$/.test(name);
export const isFifoName = (name: string): boolean =>
  name.length <= 256 && /^[A-Za-z0-9_-]{1,251}\.fifo$/.test(name);

const PARTS =
  /^arn:aws(?:-[a-z]+)*:sns:([a-z0-9-]{1,32}):(\d{12}):([\w.-]{1,256})(?::([\w-]{1,64}))?$/;

/** Undefined where the text is no ARN of a topic or subscription. */
export function parseTopicArn(arn: string): ParsedTopicArn | undefined {
  const [, region, account, name, subscription] = PARTS.exec(arn) ?? [];
  if (region === undefined || account === undefined || name === undefined) return undefined;
  return { region, account, name, subscription };
}

/** How many parts between colons a text has. */
export const arnParts = (text: string): number => text.split(":").length;

export const topicArn = (
  { account, region }: { readonly account: string; readonly region: string },
  name: string,
): string => `arn:aws:sns:${region}:${account}:${name}`;
