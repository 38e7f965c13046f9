/** The way of a function from Pending to Active, and of an update from InProgress to Successful. */
import { randomUUID } from "node:crypto";
import type { FunctionHead, FunctionVersion } from "../../domain/function.ts";
import { LATEST_PUBLISHED } from "../../domain/function-name.ts";
import type { Scope } from "../../domain/scope.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Change, Records } from "../../ports/records.ts";
import type { FunctionsDependencies } from "./context.ts";
import { isBeingInitialised } from "./snap-start.ts";
import { childSpace, FUNCTIONS, functionKey, numberId, scopesOf, spaceOf } from "./spaces.ts";
import { readSpace, type Store, type StoredFunction } from "./store.ts";

/** How many functions are made ready when the platform starts. */
const EXPECTED = 100;

/** Whether a version is on its way. */
export const isUnsettled = (version: FunctionVersion): boolean =>
  version.state === "Pending" || version.lastUpdate === "InProgress";

/** The version once it has arrived. AWS gives $LATEST a new revision for it, and published versions none. */
export function settled(
  version: FunctionVersion,
  revisionId: string = randomUUID(),
): FunctionVersion {
  return { ...version, state: "Active", lastUpdate: "Successful", revisionId };
}

/** Settles functions some time after they were created or updated; at once where somebody invokes them. */
export class Settler {
  readonly #store: Store;
  readonly #records: Records;
  readonly #clock: Clock;
  readonly #delayMs: number;
  readonly #expect: (scope: Scope, name: string) => void;
  readonly #timers = new Map<string, () => void>();
  readonly #running = new Map<string, Promise<void>>();

  /** `expect` hears of functions that may be invoked soon. */
  constructor(
    store: Store,
    { records, clock }: Pick<FunctionsDependencies, "records" | "clock">,
    delayMs: number,
    expect: (scope: Scope, name: string) => void,
  ) {
    this.#store = store;
    this.#records = records;
    this.#clock = clock;
    this.#delayMs = delayMs;
    this.#expect = expect;
  }

  /** Settles the function after a while. */
  later(scope: Scope, name: string): void {
    const key = functionKey(scope, name);
    this.#expect(scope, name);
    this.#timers.get(key)?.();
    const cancel = this.#clock.after(this.#delayMs, () => {
      this.#timers.delete(key);
      // Whoever needs the function next settles it, if the store refuses now.
      this.now(scope, name).catch(() => undefined);
    });
    this.#timers.set(key, cancel);
  }

  /** Settles the function now; resolves once it is. A function that is gone is settled. */
  now(scope: Scope, name: string): Promise<void> {
    const key = functionKey(scope, name);
    const running = this.#running.get(key);
    if (running !== undefined) return running;
    this.#timers.get(key)?.();
    this.#timers.delete(key);
    const started = this.#settle(scope, name).finally(() => this.#running.delete(key));
    this.#running.set(key, started);
    return started;
  }

  /** Settles what a stop or a crash left on its way. The functions that were changed last may be invoked first. */
  async resume(): Promise<void> {
    const found: { readonly scope: Scope; readonly latest: FunctionVersion }[] = [];
    for (const scope of scopesOf(await this.#records.spaces(""), FUNCTIONS))
      for (const { name, latest } of (
        await readSpace<FunctionHead>(this.#records, spaceOf(scope, FUNCTIONS))
      ).values()) {
        found.push({ scope, latest });
        if (isUnsettled(latest)) await this.now(scope, name);
      }
    const last = found.sort((a, b) => a.latest.modifiedAt - b.latest.modifiedAt).slice(-EXPECTED);
    for (const { scope, latest } of last) this.#expect(scope, latest.name);
  }

  /** Cancels what waits; the next start settles it. */
  async close(): Promise<void> {
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
    await Promise.allSettled(this.#running.values());
  }

  async #settle(scope: Scope, name: string): Promise<void> {
    const target = { scope, name, qualifier: undefined };
    if ((await this.#store.find(scope, name)) === undefined) return;
    try {
      await this.#store.edit(target, async (stored) => ({
        head: isUnsettled(stored.head.latest)
          ? { ...stored.head, latest: settled(stored.head.latest) }
          : stored.head,
        changes: await settledVersions(stored),
        result: undefined,
      }));
    } catch (error) {
      // Deleted meanwhile.
      if ((await this.#store.find(scope, name)) !== undefined) throw error;
    }
  }
}

async function settledVersions(stored: StoredFunction): Promise<Change[]> {
  const space = childSpace(stored.scope, "function-versions", stored.name);
  // Only a version that was published together with a new code waits with it, and that is always the newest, or `$LATEST.PUBLISHED`.
  const changes: Change[] = [];
  for (const id of [LATEST_PUBLISHED, numberId(stored.head.nextVersion - 1)]) {
    const version = await stored.child<FunctionVersion>("function-versions", id);
    if (version === undefined || !isUnsettled(version) || isBeingInitialised(version)) continue;
    changes.push({ put: settled(version, version.revisionId), space, id });
  }
  return changes;
}
