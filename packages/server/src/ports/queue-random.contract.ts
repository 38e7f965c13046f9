import assert from "node:assert/strict";
import { type Case, seeded } from "./port.contract.ts";
import { message, NOW, OTHER, outcome, QUEUE, textOf } from "./queues.fixture.ts";
import type { Leased, MessageId, NewMessage, Outcome, Queues } from "./queues.ts";

const NAMES = [QUEUE, OTHER, `${OTHER}/dead`] as const;
const STEPS = 600;

/** A message that is neither done nor purged, as the callers know it. */
interface Known {
  readonly queue: string;
  readonly group: string | undefined;
  attempts: number;
  epoch: number;
}

/** Registers what holds whatever many callers do, in any order. */
export function queueRandom(test: Case<Queues>): void {
  for (const seed of [1, 2, 3])
    test(`whatever callers do, each message is there once until it is done or purged (seed ${seed})`, async (queues) => {
      const callers = new Callers(queues, seeded(seed));
      for (let step = 0; step < STEPS; step++) await callers.step();
      await callers.drain();
      assert.ok(callers.done > STEPS / 10 && callers.purged > 0 && callers.late > 0);
    });
}

/** Does random things and holds every answer against what must be so. */
class Callers {
  readonly #queues: Queues;
  readonly #random: () => number;
  /** By text, of which each is added once, in the order in which they were added. */
  readonly #there = new Map<string, Known>();
  /** The texts of what was leased. */
  readonly #texts = new Map<MessageId, string>();
  /** Leases as callers hold them, also those that are over. */
  readonly #held: Leased[] = [];
  #now = NOW;
  #made = 0;
  #added = 0;
  done = 0;
  purged = 0;
  /** How many outcomes came too late. */
  late = 0;

  constructor(queues: Queues, random: () => number) {
    this.#queues = queues;
    this.#random = random;
  }

  async step(): Promise<void> {
    const dice = this.#random();
    if (dice < 0.3) await this.#enqueue();
    else if (dice < 0.6) await this.#lease(this.#pick(NAMES));
    else if (dice < 0.9) await this.#settle();
    else if (dice < 0.98) this.#now += Math.floor(this.#random() * 60);
    else if (dice < 0.985) await this.#purge(this.#pick(NAMES));
    else await this.#count();
  }

  /** Takes and finishes everything that is left. */
  async drain(): Promise<void> {
    for (const queue of NAMES)
      for (;;) {
        const next = await this.#queues.nextVisible(queue);
        if (next === undefined) break;
        this.#now = Math.max(this.#now, next);
        const leased = await this.#lease(queue);
        assert.ok(leased.length > 0, "nextVisible named a time at which nothing was visible");
        await this.#end(leased.map((one) => outcome(one)));
      }
    assert.deepEqual([...this.#there.keys()], [], "lost");
    assert.equal(this.done + this.purged, this.#added);
    assert.deepEqual(await this.#queues.names(""), []);
  }

  async #enqueue(): Promise<void> {
    const queue = this.#pick(NAMES);
    const added = Array.from({ length: Math.floor(this.#random() * 5) }, () => this.#message());
    const answers = await this.#queues.enqueue(queue, added, this.#now);
    for (const [index, { id, epoch }] of answers.entries()) {
      const { body, attributes, group, leaseMs } = added[index] ?? message("");
      const known = this.#note(queue, String(body), group);
      assert.equal(epoch > 0, leaseMs !== undefined && this.#isFirst(known));
      if (epoch === 0) continue;
      Object.assign(known, { epoch, attempts: 1 });
      this.#texts.set(id, String(body));
      const times = { enqueuedAt: this.#now, firstLeasedAt: this.#now };
      this.#held.push({ queue, id, epoch, body, attributes, attempts: 1, ...times });
    }
  }

  async #lease(queue: string): Promise<Leased[]> {
    const limit = 1 + Math.floor(this.#random() * 6);
    const leaseMs = Math.floor(this.#random() * 80);
    const groupLimit = this.#random() < 0.5 ? 1 : 1 + Math.floor(this.#random() * 4);
    const options = { now: this.#now, leaseMs, limit, groupLimit };
    const leased = await this.#queues.lease(queue, options);
    assert.ok(leased.length <= limit);
    let before: Known | undefined;
    for (const one of leased) {
      const known = this.#there.get(textOf(one));
      assert.ok(known, `${textOf(one)} is back`);
      assert.ok(
        this.#isFirst(known) || (groupLimit > 1 && this.#previous(known) === before),
        `${textOf(one)} came before others of its group`,
      );
      before = known;
      assert.deepEqual([known.queue, known.group], [queue, one.group]);
      assert.equal(one.attempts, known.attempts + 1);
      assert.ok(one.epoch > known.epoch);
      Object.assign(known, { attempts: one.attempts, epoch: one.epoch });
      this.#texts.set(one.id, textOf(one));
      this.#held.push(one);
    }
    return leased;
  }

  async #settle(): Promise<void> {
    const chosen = this.#held.splice(Math.floor(this.#random() * this.#held.length), 4);
    await this.#end(
      chosen.map((one) => {
        const dice = this.#random();
        if (dice < 0.5) return this.#handingOver(outcome(one));
        const delayMs = Math.floor(this.#random() * 40);
        if (dice < 0.75) return outcome(one, { kind: "again", delayMs });
        this.#held.push(one);
        return outcome(one, { kind: "extended", leaseMs: delayMs });
      }),
    );
  }

  async #end(outcomes: readonly Outcome[]): Promise<void> {
    const held = await this.#queues.settle(outcomes, this.#now);
    for (const [index, { id, epoch, become, enqueue = [] }] of outcomes.entries()) {
      const text = this.#texts.get(id) ?? "";
      const known = this.#there.get(text);
      assert.equal(held[index], known?.epoch === epoch);
      if (known?.epoch !== epoch) {
        this.late++;
        continue;
      }
      if (become.kind === "done") {
        this.#there.delete(text);
        this.done++;
      }
      // Between the epoch that is over and the next.
      if (become.kind === "again") known.epoch += 0.5;
      for (const { queue, message: added } of enqueue)
        this.#note(queue, String(added.body), added.group);
    }
  }

  async #purge(queue: string): Promise<void> {
    const there = [...this.#there].filter(([, known]) => known.queue === queue);
    assert.equal(await this.#queues.purge(queue), there.length);
    for (const [text] of there) this.#there.delete(text);
    this.purged += there.length;
  }

  async #count(): Promise<void> {
    for (const queue of NAMES) {
      const there = [...this.#there.entries()].filter(([, known]) => known.queue === queue);
      const { visible, delayed, leased, bytes } = await this.#queues.depth(queue, this.#now);
      assert.equal(visible + delayed + leased, there.length);
      assert.equal(
        bytes,
        there.reduce((sum, [text]) => sum + text.length, 0),
      );
    }
  }

  #handingOver(done: Outcome): Outcome {
    if (this.#random() < 0.6) return done;
    const { leaseMs: _, ...added } = this.#message();
    return { ...done, enqueue: [{ queue: this.#pick(NAMES), message: added }] };
  }

  #message(): NewMessage {
    const group = this.#pick([undefined, undefined, "g", "h"]);
    const leased = this.#random() < 0.2;
    const wait = Math.floor(this.#random() * 50);
    return message(`message ${this.#made++}`, {
      ...(group === undefined ? {} : { group }),
      ...(leased ? { leaseMs: wait } : this.#random() < 0.3 ? { delayMs: wait } : {}),
    });
  }

  #note(queue: string, text: string, group: string | undefined): Known {
    const known = { queue, group, attempts: 0, epoch: 0 };
    this.#there.set(text, known);
    this.#added++;
    return known;
  }

  /** Whether no other of its group is before it. */
  #isFirst(known: Known): boolean {
    return this.#previous(known) === undefined;
  }

  /** Who of its group is right before it. */
  #previous(known: Known): Known | undefined {
    if (known.group === undefined) return undefined;
    const sameGroup = ({ queue, group }: Known) => queue === known.queue && group === known.group;
    const members = [...this.#there.values()].filter(sameGroup);
    return members[members.indexOf(known) - 1];
  }

  #pick<T>(choices: readonly [T, ...T[]]): T {
    return choices[Math.floor(this.#random() * choices.length)] ?? choices[0];
  }
}
