import { moreBehind } from "../../ports/shards.ts";
import type { StreamsContext } from "./context.ts";
import type { Stream } from "./model.ts";
import { logOf } from "./names.ts";

/**
 * Waits until there is more behind the place, or the shard has come to its end, for so long at most. Answers whether
 * nothing came; false where the signal was aborted.
 */
export async function silent(
  { clock, shards, settled }: StreamsContext,
  stream: Stream,
  shard: number,
  place: number,
  ms: number,
  signal: AbortSignal,
): Promise<boolean> {
  if (signal.aborted) return false;
  const log = logOf(stream, shard);
  const patience = new AbortController();
  const stop = () => patience.abort();
  signal.addEventListener("abort", stop);
  let over = false;
  const cancel = clock.after(ms, () => {
    over = true;
    stop();
  });
  try {
    await moreBehind(shards, log, place, patience.signal);
    // Sealed, or deleted: what becomes of the shard is known once that has come to its end.
    const open = (await shards.describe(log))?.sealed === false;
    if (!open && !patience.signal.aborted) await settled(stream);
    return over && !signal.aborted;
  } finally {
    cancel();
    signal.removeEventListener("abort", stop);
  }
}
