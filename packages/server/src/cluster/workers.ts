/** The workers of a platform: started, told what they need, and started again where one ends by itself. */
import { doubling } from "../domain/backoff.ts";
import type { Scope } from "../domain/scope.ts";
import type { Clock } from "../ports/clock.ts";
import type { ExecutorSnapshot, RuntimeVersion } from "../ports/executor.ts";
import { ChannelClosed } from "./channel.ts";
import type { PrimaryProcedures, WorkerPrepared, WorkerProcedures } from "./messages.ts";
import { type Borrower, PermitLedger } from "./permit-ledger.ts";
import { startWorkerProcess, type WorkerProcess } from "./worker-process.ts";

export interface WorkersOptions<Order, Snapshot> {
  readonly count: number;
  /** The file that a worker runs. */
  readonly program: string;
  /** What the worker in this place is told first. */
  readonly order: (place: number) => Order;
  /** Permits that the workers share, of any account in any region, until it is limited. */
  readonly permits: number;
  readonly clock: Clock;
  /** What the platform does for any worker; `tell` gives it a function. */
  serve(tell: (snapshot: Snapshot) => void): Omit<PrimaryProcedures, "borrow">;
  /** Every function that a worker which just started shall know. */
  known(): readonly Snapshot[];
  /** A worker ended by itself; it is started again after `waitMs`. */
  onLost(place: number, how: string, waitMs: number): void;
  readonly onDefect: (error: unknown) => void;
}

/** One of the workers, for health. */
export interface WorkerState {
  readonly pid: number;
  readonly serving: boolean;
  /** How often it was started again. */
  readonly restarts: number;
}

/** A worker that does not go by a change within this is ended: it would serve what was replaced. */
const SETTLE_MS = 10_000;
/** Between a worker's end and its next start; doubled each time it does not live for STABLE_MS. */
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 10_000;
const STABLE_MS = 10_000;
/** Beyond the grace period: instances that were killed are gone, lines are written down. */
const ENDING_MS = 10_000;

type Process<Order, Isolation, Snapshot> = WorkerProcess<
  WorkerProcedures<Order, Isolation, Snapshot>
>;

interface Account {
  readonly account: string;
  readonly region: string;
  readonly ledger: PermitLedger;
  /** By process. */
  readonly borrowers: Map<object, Borrower>;
  /** What it was limited to. */
  limit: number | undefined;
}

interface Place<Order, Isolation, Snapshot> {
  readonly index: number;
  process: Process<Order, Isolation, Snapshot>;
  serving: boolean;
  restarts: number;
  /** Starts in a row that did not last. */
  failures: number;
}

export class Workers<Order, Isolation, Snapshot> {
  readonly #options: WorkersOptions<Order, Snapshot>;
  /** By account and region. */
  readonly #accounts = new Map<string, Account>();
  /** Processes that are alive. */
  readonly #alive = new Set<Process<Order, Isolation, Snapshot>>();
  readonly #places: Place<Order, Isolation, Snapshot>[] = [];
  #address: { readonly host: string; readonly port: number } | undefined;
  #ending = false;

  constructor(options: WorkersOptions<Order, Snapshot>) {
    this.#options = options;
  }

  /** Starts them all, to the point where they could run functions. @throws what keeps one from it */
  async prepare(): Promise<WorkerPrepared<Isolation>> {
    for (let index = 0; index < this.#options.count; index++)
      this.#places.push({
        index,
        process: this.#spawn(),
        serving: false,
        restarts: 0,
        failures: 0,
      });
    const prepared = await Promise.all(
      this.#places.map(({ index, process }) =>
        process.channel.ask("prepare", this.#options.order(index)),
      ),
    );
    return prepared[0] as WorkerPrepared<Isolation>; // there is at least one, and all are alike
  }

  /** Has them all listen; from now on those that end are started again. Answers the origin. */
  async listen(host: string, port: number): Promise<string> {
    const origins: string[] = [];
    for (const { process } of this.#places)
      origins.push(await process.channel.ask("listen", host, port));
    this.#address = { host, port };
    for (const place of this.#places) {
      this.#begin(place);
      void this.#watch(place);
    }
    return origins[0] as string;
  }

  get states(): WorkerState[] {
    return this.#places.map(({ process: { pid }, serving, restarts }) => ({
      pid,
      serving,
      restarts,
    }));
  }

  /** Tells all of them what a function is from now on; resolves once they go by it. */
  async publish(scope: Scope, name: string, snapshot: Snapshot | undefined): Promise<void> {
    await this.#each(async ({ channel, kill }) => {
      if (snapshot === undefined) channel.tell("remove", scope, name);
      else channel.tell("put", snapshot);
      const cancel = this.#options.clock.after(SETTLE_MS, kill);
      await channel.ask("settled").finally(cancel);
    });
  }

  /** So many permits are what functions of an account share in a region. */
  limitAccount(account: string, region: string, unreserved: number): void {
    const found = this.#account(account, region);
    found.limit = unreserved;
    found.ledger.resize(unreserved);
    for (const { serving, process } of this.#places)
      if (serving) process.channel.tell("limitAccount", account, region, unreserved);
  }

  /** Resolves once every line that their instances have written is in the log. */
  async flushLogs(): Promise<void> {
    await this.#each(({ channel }) => channel.ask("flushLogs"));
  }

  /** What all of them together run. */
  async snapshot(): Promise<ExecutorSnapshot> {
    const all = await this.#each(({ channel }) => channel.ask("snapshot"));
    const sum = (count: (one: ExecutorSnapshot) => number) =>
      all.reduce((total, one) => total + count(one), 0);
    return {
      isolation: all[0]?.isolation ?? "none",
      waiting: {
        booted: sum(({ waiting }) => waiting.booted),
        walls: sum(({ waiting }) => waiting.walls),
      },
      deployments: all.flatMap(({ deployments }) => deployments),
    };
  }

  /** The first that answers. */
  async runtimeVersion(name: string): Promise<RuntimeVersion | undefined> {
    const all = await this.#each(({ channel }) => channel.ask("runtimeVersion", name));
    return all[0] ?? undefined; // JSON has no undefined
  }

  /** They take no more requests; resolves once those under way are answered, or cut after so long. */
  async drain(graceMs: number): Promise<void> {
    this.#ending = true;
    await this.#each(({ channel }) => channel.ask("drain", graceMs));
  }

  /** Ends them in order; what runs has so long. Resolves once every process is gone. */
  async end(graceMs: number): Promise<void> {
    this.#ending = true;
    await Promise.all(
      this.#places.map(async ({ process }) => {
        const cancel = this.#options.clock.after(graceMs + ENDING_MS, process.kill);
        await process.channel.ask("end", graceMs).catch(() => {}); // it is gone already
        process.channel.close();
        await process.gone;
        cancel();
      }),
    );
  }

  #spawn(): Process<Order, Isolation, Snapshot> {
    const { program, serve, onDefect } = this.#options;
    const process: Process<Order, Isolation, Snapshot> = startWorkerProcess(
      program,
      {
        ...serve((snapshot) => process.channel.tell("put", snapshot)),
        borrow: (account: string, region: string, wanted: number) =>
          this.#borrow(process, account, region, wanted),
      },
      onDefect,
    );
    this.#alive.add(process);
    void process.gone.then(() => {
      this.#alive.delete(process);
      for (const { ledger, borrowers } of this.#accounts.values()) {
        const borrower = borrowers.get(process);
        if (borrower) ledger.leave(borrower);
        borrowers.delete(process);
      }
    });
    return process;
  }

  async #borrow(
    process: Process<Order, Isolation, Snapshot>,
    account: string,
    region: string,
    wanted: number,
  ): Promise<void> {
    const { ledger, borrowers } = this.#account(account, region);
    let borrower = borrowers.get(process);
    if (borrower === undefined && this.#alive.has(process)) {
      const { channel } = process;
      borrower = {
        lend: (permits) => channel.tell("lent", account, region, permits),
        reclaim: () => channel.ask("reclaim", account, region),
      };
      borrowers.set(process, borrower);
      ledger.join(borrower);
    }
    if (borrower) await ledger.lend(borrower, wanted);
  }

  #account(account: string, region: string): Account {
    const key = `${account}/${region}`;
    let found = this.#accounts.get(key);
    if (found === undefined) {
      const { permits, clock } = this.#options;
      const ledger = new PermitLedger(permits, clock);
      found = { account, region, ledger, borrowers: new Map(), limit: undefined };
      this.#accounts.set(key, found);
    }
    return found;
  }

  /** From now on it is published to. */
  #begin(place: Place<Order, Isolation, Snapshot>): void {
    const { channel } = place.process;
    for (const { account, region, limit } of this.#accounts.values())
      if (limit !== undefined) channel.tell("limitAccount", account, region, limit);
    for (const snapshot of this.#options.known()) channel.tell("put", snapshot);
    place.serving = true;
  }

  /** Starts the worker of this place again whenever it ended. */
  async #watch(place: Place<Order, Isolation, Snapshot>): Promise<void> {
    const { clock, onLost, onDefect } = this.#options;
    for (;;) {
      const since = clock.monotonic();
      const how = await place.process.gone;
      place.serving = false;
      if (this.#ending) return;
      place.failures = clock.monotonic() - since > STABLE_MS ? 0 : place.failures + 1;
      const waitMs = doubling(FIRST_WAIT_MS, Math.max(0, place.failures - 1), LONGEST_WAIT_MS);
      onLost(place.index, how, waitMs);
      await new Promise<void>((resolve) => clock.after(waitMs, resolve));
      if (this.#ending) return;
      place.restarts++;
      try {
        await this.#replace(place);
      } catch (error) {
        if (!(error instanceof ChannelClosed)) onDefect(error);
        place.process.kill();
      }
    }
  }

  async #replace(place: Place<Order, Isolation, Snapshot>): Promise<void> {
    place.process = this.#spawn();
    const { channel } = place.process;
    const { host, port } = this.#address as { host: string; port: number }; // watched since listen()
    await channel.ask("prepare", this.#options.order(place.index));
    await channel.ask("listen", host, port);
    this.#begin(place);
  }

  /** Of all that serve; those that end meanwhile are left out. */
  async #each<Result>(
    act: (process: Process<Order, Isolation, Snapshot>) => Promise<Result>,
  ): Promise<Result[]> {
    const acts = this.#places.filter(({ serving }) => serving).map(({ process }) => act(process));
    const results = await Promise.allSettled(acts);
    for (const one of results)
      if (one.status === "rejected" && !(one.reason instanceof ChannelClosed)) throw one.reason;
    return results.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  }
}
