/** Receipt handles: opaque to clients, they name a message, one of its leases, and the queue. */
import { queueError } from "./errors.ts";
import type { Queue } from "./model.ts";

export interface Handle {
  readonly id: number;
  readonly epoch: number;
  /** When it was given; milliseconds since the epoch. */
  readonly at: number;
}

export const handleOf = ({ record }: Queue, { id, epoch, at }: Handle): string =>
  Buffer.from(`${record.generation}.${id}.${epoch}.${at}`, "latin1").toString("base64");

/** @throws YunqueError ReceiptHandleUnreadable where the queue did not give it. */
export function readHandle({ record }: Queue, handle: string): Handle {
  const [generation, id = "", epoch = "", at = "", ...more] = Buffer.from(
    handle.slice(0, 1024),
    "base64",
  )
    .toString("latin1")
    .split(".");
  const read = { id: Number(id), epoch: Number(epoch), at: Number(at) };
  const sound =
    generation === record.generation && more.length === 0 && [id, epoch, at].every(isNumber);
  if (!sound) throw unreadable(handle);
  return read;
}

const isNumber = (text: string): boolean =>
  /^\d{1,16}$/.test(text) && Number.isSafeInteger(Number(text));

const unreadable = (handle: string) =>
  queueError(
    "ReceiptHandleUnreadable",
    `The input receipt handle "${handle}" is not a valid receipt handle.`,
  );
