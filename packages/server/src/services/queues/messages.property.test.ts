/** Whatever senders and receivers do: no message is lost, comes back, comes too early, too often or out of its order. */
import assert from "node:assert/strict";
import { it } from "node:test";
import { seeded } from "../../ports/port.contract.ts";
import { arn, openQueues } from "./fixture.ts";
import type { ReceivedMessage } from "./index.ts";

const STEPS = 400;
const MAX_RECEIVES = 3;
const RETENTION_MS = 600_000;
const DEDUPLICATION_MS = 300_000;

interface Known {
  readonly id: string;
  readonly group: string;
  readonly sent: number;
  readonly order: number;
  receives: number;
  /** Visible not before. */
  hiddenUntil: number;
  /** `either`: deleted, or a dead letter before that. */
  state: "there" | "deleted" | "dead" | "either";
}

for (const fifo of [false, true])
  for (const seed of [1, 2, 3])
    it(`${fifo ? "FIFO" : "standard"} queues keep what they promise (seed ${seed})`, async () => {
      const world = await World.open(fifo, seeded(seed));
      for (let step = 0; step < STEPS; step++) await world.step();
      await world.drain();
    });

type Queues = ReturnType<typeof openQueues>;

class World {
  readonly #queues: Queues;
  readonly #random: () => number;
  readonly #fifo: boolean;
  readonly #q: string;
  readonly #dead: string;
  readonly #known = new Map<string, Known>();
  /** By deduplication id: the message that was sent with it last. */
  readonly #first = new Map<string, Known>();
  readonly #held: ReceivedMessage[] = [];
  #sent = 0;
  #duplicates = 0;

  private constructor(queues: Queues, fifo: boolean, random: () => number) {
    this.#queues = queues;
    this.#fifo = fifo;
    this.#random = random;
    this.#q = fifo ? "q.fifo" : "q";
    this.#dead = fifo ? "dead.fifo" : "dead";
  }

  static async open(fifo: boolean, random: () => number): Promise<World> {
    const queues = openQueues();
    const world = new World(queues, fifo, random);
    await queues.create(world.#dead);
    const policy = { deadLetterTargetArn: arn(world.#dead), maxReceiveCount: MAX_RECEIVES };
    await queues.create(world.#q, {
      RedrivePolicy: JSON.stringify(policy),
      MessageRetentionPeriod: String(RETENTION_MS / 1000),
    });
    return world;
  }

  async step(): Promise<void> {
    const dice = this.#random();
    if (dice < 0.3) await this.#send();
    else if (dice < 0.6) await this.#receive();
    else if (dice < 0.75) await this.#delete();
    else if (dice < 0.85) await this.#hide();
    else this.#queues.clock.advance(this.#below(this.#random() < 0.1 ? 300_000 : 20_000));
  }

  /** Everything that is not deleted and not too old comes, in one queue or the other. */
  async drain(): Promise<void> {
    while ((await this.#queues.counts(this.#q)).some((count) => count !== "0")) {
      while ((await this.#receive(10)) > 0);
      this.#queues.clock.advance(31_000);
    }
    for (;;) {
      const messages = await this.#queues.receive(this.#dead);
      for (const message of messages) {
        const known = this.#knownOf(message);
        assert.ok(known.state === "there" || known.state === "either", known.state);
        assert.equal(message.deadLetterSource, arn(this.#q));
        assert.ok(message.receives > MAX_RECEIVES);
        known.state = "dead";
      }
      await this.#queues.delete(this.#dead, messages);
      if (messages.length === 0) break;
    }
    const now = this.#queues.clock.now();
    for (const known of this.#known.values())
      assert.ok(known.state !== "there" || now - known.sent > RETENTION_MS, `${known.id} is lost`);
    const states = [...this.#known.values()].map(({ state }) => state);
    for (const state of ["deleted", "dead"] as const) assert.ok(states.includes(state), state);
    assert.equal(this.#known.size, this.#sent - this.#duplicates);
    if (this.#fifo) assert.ok(this.#duplicates > 0);
  }

  async #send(): Promise<void> {
    const now = this.#queues.clock.now();
    const group = `g${this.#below(3)}`;
    const deduplicationId = `d${this.#below(60)}`;
    const delaySeconds = this.#fifo ? undefined : this.#below(3) * 5;
    const body = `${this.#sent++}`;
    const [id = ""] = await this.#queues.send(
      this.#q,
      this.#fifo ? { body, group, deduplicationId } : { body, delaySeconds },
    );
    const first = this.#fifo ? this.#first.get(deduplicationId) : undefined;
    if (first !== undefined && now - first.sent < DEDUPLICATION_MS) {
      assert.equal(id, first.id, "a duplicate is told of the first");
      this.#duplicates++;
      return;
    }
    assert.ok(!this.#known.has(id), "a message is new");
    const known: Known = {
      ...{ id, group, sent: now, order: this.#sent, receives: 0, state: "there" },
      hiddenUntil: now + (delaySeconds ?? 0) * 1000,
    };
    this.#known.set(id, known);
    this.#first.set(deduplicationId, known);
  }

  async #receive(max = 1 + this.#below(5)): Promise<number> {
    const now = this.#queues.clock.now();
    const messages = await this.#queues.receive(this.#q, { max });
    const before = new Set<Known>();
    for (const message of messages) {
      const known = this.#knownOf(message);
      assert.equal(known.state, "there", "it was deleted and is back");
      assert.ok(known.hiddenUntil <= now, "it comes too early");
      assert.ok(now - known.sent <= RETENTION_MS, "it is too old");
      assert.equal(message.receives, known.receives + 1);
      assert.ok(message.receives <= MAX_RECEIVES, "it comes too often");
      if (this.#fifo)
        for (const other of this.#known.values())
          if (other.group === known.group && other.order < known.order)
            assert.ok(before.has(other) || this.#isOver(other, now), "it overtakes");
      before.add(known);
    }
    for (const message of messages) {
      const known = this.#knownOf(message);
      known.receives++;
      known.hiddenUntil = now + 30_000;
      this.#held.push(message);
    }
    return messages.length;
  }

  /** Deleted, dead (or about to be), or too old. */
  #isOver({ state, sent, receives, hiddenUntil }: Known, now: number): boolean {
    const dies = receives === MAX_RECEIVES && hiddenUntil <= now;
    return state !== "there" || now - sent > RETENTION_MS || dies;
  }

  async #delete(): Promise<void> {
    const [message] = this.#held.splice(this.#below(this.#held.length), 1);
    if (message === undefined) return;
    const [refusal] = await this.#queues.delete(this.#q, [message]);
    const known = this.#knownOf(message);
    if (refusal !== undefined || !this.#holds(message)) return;
    const { receives, hiddenUntil } = known;
    const dies = receives === MAX_RECEIVES && hiddenUntil <= this.#queues.clock.now();
    known.state = dies ? "either" : "deleted";
  }

  async #hide(): Promise<void> {
    const message = this.#held[this.#below(this.#held.length)];
    if (message === undefined) return;
    const seconds = this.#below(40);
    const [refusal] = await this.#queues.hide(this.#q, seconds, [message]);
    const known = this.#knownOf(message);
    const now = this.#queues.clock.now();
    if (refusal === undefined && this.#holds(message) && known.hiddenUntil > now)
      known.hiddenUntil = now + seconds * 1000;
  }

  /** Whether its handle is the message's last, and the message still in the queue. */
  #holds(message: ReceivedMessage): boolean {
    const { state, receives, sent } = this.#knownOf(message);
    const old = this.#queues.clock.now() - sent > RETENTION_MS;
    return state === "there" && receives === message.receives && !old;
  }

  #knownOf({ messageId }: ReceivedMessage): Known {
    const known = this.#known.get(messageId);
    assert.ok(known, `${messageId} was never sent`);
    return known;
  }

  #below(n: number): number {
    return Math.floor(this.#random() * n);
  }
}
