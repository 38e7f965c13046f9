/**
 * The items of a source, until the signal aborts: then its reason is thrown, even while the source is silent. The
 * source is told to stop either way.
 */
export async function* interruptible<T>(
  source: AsyncIterable<T>,
  signal: AbortSignal,
): AsyncGenerator<T> {
  const iterator = source[Symbol.asyncIterator]();
  try {
    for (;;) {
      const item = await orAbort(iterator.next(), signal);
      if (item.done) return;
      yield item.value;
    }
  } finally {
    // Not awaited: a silent source may never answer.
    iterator.return?.().catch(() => undefined);
  }
}

/** A listener of its own for each wait: racing against one lasting promise would hold every item until that settles. */
function orAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
