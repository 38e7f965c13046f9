/** What the suites of queues share: names, times and messages. */
import type { Enqueued, Leased, NewMessage, Outcome, Queues } from "./queues.ts";

export const QUEUE = "000000000000/us-east-1/queue/one";
export const OTHER = "000000000000/us-east-1/queue/other";
export const NOW = 1_700_000_000_000;
export const LEASE = { leaseMs: 1000, limit: 1000 } as const;

export const message = (text: string, more: Partial<NewMessage> = {}): NewMessage => ({
  body: Buffer.from(text),
  attributes: "{}",
  ...more,
});

export const messages = (...texts: string[]): NewMessage[] => texts.map((text) => message(text));

export const textOf = ({ body }: Leased): string => Buffer.from(body).toString();

/** What becomes of a message that was leased. */
export const outcome = (
  { queue, id, epoch }: Pick<Leased, "queue" | "id" | "epoch">,
  become: Outcome["become"] = { kind: "done" },
): Outcome => ({ queue, id, epoch, become });

export const ids = async (added: Promise<readonly Enqueued[]>): Promise<number[]> =>
  (await added).map(({ id }) => id);

/** Takes and settles what is visible then. */
export async function bodies(queues: Queues, now: number, queue = QUEUE): Promise<string[]> {
  const leased = await queues.lease(queue, { now, ...LEASE });
  await queues.settle(
    leased.map((one) => outcome(one)),
    now,
  );
  return leased.map(textOf);
}
