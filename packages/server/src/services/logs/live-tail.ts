import { logGroupKey } from "../../domain/log-group.ts";
import type { Scope } from "../../domain/scope.ts";
import type { Clock } from "../../ports/clock.ts";
import type { LogRecord, Logs } from "../../ports/logs.ts";
import { compiled } from "./patterns.ts";

/** CloudWatch Logs: StartLiveTail: an update each second, 500 events at most, the rest is sampled; three hours. */
const UPDATE_MS = 1_000;
const MOST = 500;
const SESSION_MS = 3 * 3600 * 1000;

export interface LiveTail {
  readonly groups: readonly string[];
  readonly streams?: readonly string[] | undefined;
  readonly prefixes?: readonly string[] | undefined;
  readonly pattern?: string | undefined;
}
export interface LiveUpdate {
  readonly events: readonly (LogRecord & { readonly group: string })[];
  /** More than what is there arrived. */
  readonly sampled: boolean;
}

/** What arrives in some groups, once a second, until the signal aborts. Follows from the call on. */
export function liveTail(
  { logs, clock }: { readonly logs: Logs; readonly clock: Clock },
  scope: Scope,
  { groups, streams, prefixes, pattern = "" }: LiveTail,
  signal: AbortSignal,
): AsyncGenerator<LiveUpdate> {
  const { matches } = compiled(pattern);
  const wanted = ({ stream, message }: LogRecord) =>
    (streams === undefined || streams.includes(stream)) &&
    (prefixes === undefined || prefixes.some((prefix) => stream.startsWith(prefix))) &&
    matches(message);
  let events: (LogRecord & { group: string })[] = [];
  let sampled = false;
  const ends = groups.map((group) =>
    logs.follow(logGroupKey(scope, group), (record) => {
      if (!wanted(record)) return;
      if (events.length < MOST) events.push({ ...record, group });
      else sampled = true;
    }),
  );
  return updates();

  async function* updates(): AsyncGenerator<LiveUpdate> {
    const until = clock.monotonic() + SESSION_MS;
    try {
      while (!signal.aborted && clock.monotonic() < until) {
        await pause();
        if (signal.aborted) return;
        const update = { events, sampled };
        [events, sampled] = [[], false];
        yield update;
      }
    } finally {
      for (const end of ends) end();
    }
  }

  function pause(): Promise<void> {
    return new Promise((resolve) => {
      const stop = () => {
        cancel();
        resolve();
      };
      const cancel = clock.after(UPDATE_MS, () => {
        signal.removeEventListener("abort", stop);
        resolve();
      });
      signal.addEventListener("abort", stop, { once: true });
    });
  }
}
