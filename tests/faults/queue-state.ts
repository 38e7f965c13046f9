/** What queue-child.ts adds and queue-kill.test.ts expects. */
import type { Leased, NewMessage } from "../../packages/server/src/ports/queues.ts";

export const FIRST = "000000000000/us-east-1/queue/first";
export const SECOND = "000000000000/us-east-1/queue/second";

/** Message number `n`: its own content, of a size of its own; every third is one of a group. */
export function messageOf(n: number): NewMessage {
  const body = Buffer.from(`${n}:${"x".repeat((n * 7919) % 5000)}`);
  const attributes = JSON.stringify({ n, bytes: body.length });
  return n % 3 === 0 ? { body, attributes, group: `${n % 4}` } : { body, attributes };
}

/** Its number; a torn one has none. */
export function numberOf({ body, attributes }: Leased): number {
  const { n, bytes } = JSON.parse(attributes) as { n: number; bytes: number };
  const text = String(Buffer.from(body));
  if (text !== String(messageOf(n).body) || bytes !== body.length)
    throw new Error(`message ${n} is torn: ${text.slice(0, 100)}`);
  return n;
}
