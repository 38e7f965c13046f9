/** The views of functions, in memory: a warm invoke reads no store. A change forgets the view before its caller hears of it. */
import type { NetworkRule } from "../../domain/function-network.ts";
import type { Scope } from "../../domain/scope.ts";
import type { Executor } from "../../ports/executor.ts";
import type { Records } from "../../ports/records.ts";
import { ownConcurrency, pushConcurrency } from "./concurrency.ts";
import { FUNCTIONS, functionKey, spaceOf, URL_INDEX } from "./spaces.ts";
import {
  type FunctionSnapshot,
  type FunctionView,
  readSnapshot,
  snapshotOf,
  viewOf,
} from "./view.ts";

/** Whom a function URL belongs to. */
export interface UrlOwner extends Scope {
  readonly functionName: string;
  readonly qualifier: string;
}

/**
 * Tells the processes that invoke what a function is from now on; without a snapshot they shall know nothing of it.
 * Resolves once they go by it.
 */
export type Publish = (
  scope: Scope,
  name: string,
  snapshot: FunctionSnapshot | undefined,
) => Promise<void>;

/** More views than this are not kept: the ones that were read first go first. */
const MAX_VIEWS = 20_000;

export class Catalog {
  readonly #records: Records;
  readonly #executor: Pick<Executor, "retire" | "limit">;
  readonly #network: NetworkRule;
  /** Absent where this process alone invokes. */
  readonly #publish: Publish | undefined;
  readonly #views = new Map<string, FunctionView>();
  readonly #loading = new Map<string, Promise<FunctionView | undefined>>();
  /** Views that changed while they were read. */
  readonly #stale = new Set<string>();
  /** The deployments that the executor may have instances of, by function. */
  readonly #deployed = new Map<string, ReadonlySet<string>>();
  /** What functions have of their account's concurrency for themselves; 0 is left out. */
  readonly #owned = new Map<string, number>();
  readonly #ownedChanged: (scope: Scope) => void;
  readonly #urls = new Map<string, UrlOwner>();
  readonly #watches = new Map<string, () => void>();
  /** Spaces of functions in which some were found. */
  readonly #inhabited = new Set<string>();
  #closed = false;

  /** `ownedChanged` hears of accounts whose functions have more concurrency for themselves now, or less. */
  constructor(
    records: Records,
    executor: Pick<Executor, "retire" | "limit">,
    network: NetworkRule,
    ownedChanged: (scope: Scope) => void,
    publish?: Publish,
  ) {
    this.#ownedChanged = ownedChanged;
    this.#publish = publish;
    this.#records = records;
    this.#executor = executor;
    this.#network = network;
    this.#watches.set(
      URL_INDEX,
      records.watch(URL_INDEX, (ids) => {
        for (const id of ids) this.#urls.delete(id);
      }),
    );
  }

  /** The view where it is in memory and true. */
  peek(scope: Scope, name: string): FunctionView | undefined {
    return this.#views.get(functionKey(scope, name));
  }

  /** The view, read where it must be; undefined where there is no such function. */
  load(scope: Scope, name: string): Promise<FunctionView | undefined> {
    const key = functionKey(scope, name);
    const view = this.#views.get(key);
    if (view !== undefined) return Promise.resolve(view);
    const loading = this.#loading.get(key);
    if (loading !== undefined) return loading;
    const started = this.#read(key, scope, name);
    this.#loading.set(key, started);
    return started;
  }

  /**
   * Somebody changed the function: its view is read again, and instances of what it was are ended. Where other
   * processes invoke, the change is to be acknowledged only after what this answers.
   */
  forget(scope: Scope, name: string): Promise<void> | undefined {
    const key = functionKey(scope, name);
    const loading = this.#loading.get(key);
    if (loading !== undefined) this.#stale.add(key);
    else if (!(this.#views.delete(key) || this.#deployed.has(key)) || this.#closed)
      return undefined;
    // Where it fails, nobody but who asks next need hear of it: that one reads it again.
    const read = (loading ?? this.load(scope, name)).then(nothing, nothing);
    return this.#publish && read;
  }

  /** What is in memory of all functions, or of this one. */
  snapshots(scope?: Scope, name = ""): FunctionSnapshot[] {
    if (scope === undefined) return [...this.#views.values()].map(snapshotOf);
    const view = this.peek(scope, name);
    return view === undefined ? [] : [snapshotOf(view)];
  }

  /** Whose function URL this is, where that is in memory. */
  peekUrlOwner(id: string): UrlOwner | undefined {
    return this.#urls.get(id);
  }

  /** Whose function URL this is; undefined where it is nobody's. */
  async urlOwner(id: string): Promise<UrlOwner | undefined> {
    const known = this.#urls.get(id);
    if (known !== undefined) return known;
    const owner = (await this.#records.get<UrlOwner>(URL_INDEX, id))?.value;
    if (owner !== undefined) {
      if (this.#urls.size >= MAX_VIEWS) this.#urls.clear();
      this.#urls.set(id, owner);
    }
    return owner;
  }

  close(): void {
    this.#closed = true;
    for (const end of this.#watches.values()) end();
    this.#watches.clear();
  }

  async #read(key: string, scope: Scope, name: string): Promise<FunctionView | undefined> {
    this.#watch(scope);
    try {
      for (;;) {
        this.#stale.delete(key);
        const snapshot = await readSnapshot(this.#records, scope, name);
        if (this.#stale.has(key)) continue;
        if (this.#publish && (snapshot !== undefined || this.#deployed.has(key))) {
          await this.#publish(scope, name, snapshot);
          if (this.#stale.has(key)) continue;
        }
        const view = snapshot && viewOf(snapshot, this.#network);
        if (view !== undefined) {
          this.#inhabited.add(spaceOf(scope, FUNCTIONS));
          // Another search, for nothing, ended the watch: what changed since, nobody told.
          if (this.#watch(scope)) continue;
        }
        this.#retire(key, view);
        this.#push(key, scope, name, view);
        if (view !== undefined) this.#keep(key, view);
        return view;
      }
    } catch (error) {
      if (this.#deployed.has(key)) await this.#publish?.(scope, name, undefined);
      throw error;
    } finally {
      this.#loading.delete(key);
      this.#unwatchEmpty(scope);
    }
  }

  #keep(key: string, view: FunctionView): void {
    if (this.#closed) return;
    const oldest = this.#views.size >= MAX_VIEWS ? this.#views.keys().next().value : undefined;
    if (oldest !== undefined) this.#views.delete(oldest);
    this.#views.set(key, view);
  }

  #retire(key: string, view: FunctionView | undefined): void {
    const now = new Set([...(view?.deployments.values() ?? [])].map(({ id }) => id));
    for (const id of this.#deployed.get(key) ?? []) if (!now.has(id)) this.#executor.retire(id);
    if (view === undefined) this.#deployed.delete(key);
    else this.#deployed.set(key, now);
  }

  #push(key: string, scope: Scope, name: string, view: FunctionView | undefined): void {
    if (this.#closed) return;
    pushConcurrency(this.#executor, scope, name, view);
    const owned = view === undefined ? 0 : ownedBy(view);
    if (owned === (this.#owned.get(key) ?? 0)) return;
    if (owned === 0) this.#owned.delete(key);
    else this.#owned.set(key, owned);
    this.#ownedChanged(scope);
  }

  /** Another node may change functions of this scope. Answers whether that was not watched before. */
  #watch(scope: Scope): boolean {
    const space = spaceOf(scope, FUNCTIONS);
    if (this.#watches.has(space) || this.#closed) return false;
    this.#watches.set(
      space,
      this.#records.watch(space, (names) => {
        for (const name of names) void this.forget(scope, name);
      }),
    );
    return true;
  }

  /** Anybody can ask for functions of any scope: those without functions are not remembered. */
  #unwatchEmpty(scope: Scope): void {
    const space = spaceOf(scope, FUNCTIONS);
    if (this.#inhabited.has(space)) return;
    this.#watches.get(space)?.();
    this.#watches.delete(space);
  }
}

const ownedBy = ({ head, provisioned }: FunctionView): number =>
  ownConcurrency(head.reservedConcurrency, provisioned.values());

const nothing = (): void => {};
