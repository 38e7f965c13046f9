import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { idle, openQueues, ref } from "./fixture.ts";

const SECOND = 1_000;

/** Whether a receiver was answered, and with what. */
function watched(receiving: Promise<readonly { readonly body: string }[]>) {
  const state: { bodies?: string[] } = {};
  void receiving.then((messages) => {
    state.bodies = messages.map(({ body }) => body);
  });
  return state;
}

async function waiting(attributes: Record<string, string> = {}, name = "q") {
  const world = openQueues();
  await world.create(name, attributes);
  const wait = (ms = 20 * SECOND, signal = new AbortController().signal) =>
    watched(world.receive(name, { max: 1, waitMs: ms, signal }));
  return { ...world, wait };
}

describe("receivers that wait", () => {
  it("are woken by a message, the longest waiting first, one for each", async () => {
    const { send, wait } = await waiting();
    const [first, second, third] = [wait(), wait(), wait()];
    await idle();
    await send("q", "a", "b");
    await idle();
    assert.deepEqual([first.bodies, second.bodies, third.bodies], [["a"], ["b"], undefined]);
    await send("q", "c");
    await idle();
    assert.deepEqual(third.bodies, ["c"]);
  });

  it("are woken when a delay is over, and not before", async () => {
    const { send, wait, clock } = await waiting();
    await send("q", { body: "a", delaySeconds: 5 });
    const receiver = wait();
    await idle();
    clock.advance(4_999);
    await idle();
    assert.equal(receiver.bodies, undefined);
    clock.advance(1);
    await idle();
    assert.deepEqual(receiver.bodies, ["a"]);
  });

  it("are woken by a delayed message that was sent while they waited", async () => {
    const { send, wait, clock } = await waiting();
    const receiver = wait();
    await idle();
    await send("q", { body: "a", delaySeconds: 5 });
    await idle();
    clock.advance(5 * SECOND);
    await idle();
    assert.deepEqual(receiver.bodies, ["a"]);
  });

  it("are woken when a visibility runs out, or is ended", async () => {
    const { send, receive, hide, wait, clock } = await waiting({ VisibilityTimeout: "10" });
    await send("q", "a");
    await receive("q");
    const first = wait();
    await idle();
    clock.advance(10 * SECOND);
    await idle();
    assert.deepEqual(first.bodies, ["a"]);
    clock.advance(10 * SECOND);
    const held = await receive("q");
    const second = wait();
    await idle();
    await hide("q", 0, held);
    await idle();
    assert.deepEqual(second.bodies, ["a"]);
  });

  it("are woken when a group goes on", async () => {
    const world = await waiting({ ContentBasedDeduplication: "true" }, "q.fifo");
    await world.send("q.fifo", { body: "a", group: "g" }, { body: "b", group: "g" });
    const held = await world.receive("q.fifo", { max: 1 });
    const receiver = world.wait();
    await idle();
    assert.equal(receiver.bodies, undefined);
    await world.delete("q.fifo", held);
    await idle();
    assert.deepEqual(receiver.bodies, ["b"]);
  });

  it("get nothing when their time is over, the queue is gone, or the platform stops", async () => {
    const { wait, clock, queues } = await waiting();
    const short = wait(SECOND);
    const long = wait();
    await idle();
    clock.advance(SECOND);
    await idle();
    assert.deepEqual([short.bodies, long.bodies], [[], undefined]);
    await queues.close();
    await idle();
    assert.deepEqual(long.bodies, []);
    assert.equal(clock.pending, 0);
  });

  it("wait as long as the queue says, where they do not", async () => {
    const { receive, clock } = await waiting({ ReceiveMessageWaitTimeSeconds: "3" });
    const receiver = watched(receive("q", { waitMs: undefined }));
    await idle();
    clock.advance(2_999);
    await idle();
    assert.equal(receiver.bodies, undefined);
    clock.advance(1);
    await idle();
    assert.deepEqual(receiver.bodies, []);
  });

  it("who went away takes no message with him", async () => {
    const { send, wait, counts, clock } = await waiting();
    const gone = new AbortController();
    const first = wait(20 * SECOND, gone.signal);
    const second = wait();
    await idle();
    const sending = send("q", "a");
    gone.abort();
    await sending;
    await idle();
    assert.deepEqual([first.bodies, second.bodies], [[], ["a"]]);
    assert.deepEqual(await counts("q"), ["0", "1", "0"]);
    clock.advance(60 * SECOND);
  });

  it("leave nothing behind", async () => {
    const { send, wait, clock } = await waiting();
    const receivers = Array.from({ length: 50 }, () => wait());
    await idle();
    await send("q", ...Array.from({ length: 10 }, (_, n) => `${n}`));
    await idle();
    assert.equal(receivers.filter(({ bodies }) => bodies?.length === 1).length, 10);
    clock.advance(20 * SECOND);
    await idle();
    assert.equal(clock.pending, 0);
    assert.ok(receivers.every(({ bodies }) => bodies !== undefined));
  });

  it("are told at once that their queue is deleted", async () => {
    const { receive, queues } = await waiting();
    const receivers = [1, 2, 3].map(() => receive("q", { waitMs: 20 * SECOND }));
    const told = receivers.map((receiver) => assert.rejects(receiver, { code: "QueueMissing" }));
    await idle();
    await queues.remove(ref("q"));
    await Promise.all(told);
  });
});
