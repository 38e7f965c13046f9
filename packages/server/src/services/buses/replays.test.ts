import assert from "node:assert/strict";
import { test } from "node:test";
import { bodyOf, idle, openBuses, QUEUE, SCOPE } from "./fixture.ts";

const arn = (kind: string, name: string) =>
  `arn:aws:events:${SCOPE.region}:${SCOPE.account}:${kind}/${name}`;

/** A bus with so many archived events, and a rule that replayed ones fit; the first events wait until they are let go. */
async function archived(count: number) {
  let letGo = () => {};
  const held = new Promise<void>((resolve) => (letGo = resolve));
  const fixture = openBuses({ take: () => held });
  const { buses, clock } = fixture;
  await buses.archives.create(SCOPE, {
    name: "archive",
    description: undefined,
    pattern: undefined,
    kmsKey: undefined,
    busArn: arn("event-bus", "default"),
    retentionDays: undefined,
  });
  const from = clock.now();
  for (let n = 0; n < count; n += 1) {
    clock.advance(1);
    await fixture.put({ detail: JSON.stringify({ n }) });
  }
  await buses.rules.put(SCOPE, {
    name: "again",
    bus: undefined,
    pattern: '{"replay-name": [{"exists": true}]}',
    schedule: undefined,
    state: undefined,
    description: undefined,
    roleArn: undefined,
    tags: undefined,
  });
  await buses.targets.put(SCOPE, { name: "again", bus: undefined }, [{ id: "1", arn: QUEUE }]);
  const replay = (name: string, to = clock.now()) =>
    buses.replays.start(SCOPE, {
      name,
      description: undefined,
      archiveArn: arn("archive", "archive"),
      from,
      to,
      busArn: arn("event-bus", "default"),
      rules: undefined,
    });
  return { ...fixture, letGo, from, replay };
}

/** Lets things happen until a replay is over. */
async function over(buses: Awaited<ReturnType<typeof archived>>["buses"], name: string) {
  for (;;) {
    const replay = await buses.replays.describe(SCOPE, name);
    if (replay.ended !== undefined) return replay;
    await idle();
  }
}

const numbers = (sent: Awaited<ReturnType<typeof archived>>["sent"]) =>
  sent.map((message) => (bodyOf(message)["detail"] as { readonly n: number }).n);

test("events come again in their order, those of the time that is asked for", async () => {
  const { buses, letGo, from, replay, sent } = await archived(250);
  letGo();
  await replay("all");
  assert.equal((await over(buses, "all")).state, "COMPLETED");
  assert.deepEqual(
    numbers(sent),
    Array.from({ length: 250 }, (_, n) => n),
  );
  assert.equal(bodyOf(sent[0])["replay-name"], "all");
  sent.length = 0;
  await replay("some", from + 10);
  await over(buses, "some");
  assert.equal(sent.length, 10);
  assert.equal((await buses.archives.describe(SCOPE, "archive")).events, 250);
});

test("a replay that is cancelled ends where it is", async () => {
  const { buses, clock, letGo, replay, sent } = await archived(250);
  await replay("cut");
  await idle();
  assert.equal((await buses.replays.cancel(SCOPE, "cut")).state, "CANCELLING");
  letGo();
  assert.equal((await over(buses, "cut")).state, "CANCELLED");
  assert.equal(sent.length, 100);
  await assert.rejects(buses.replays.cancel(SCOPE, "cut"), { code: "ReplayNotRunning" });
  await assert.rejects(replay("cut"), { message: "Replay cut already exists." });
  clock.advance(91 * 86_400_000);
  assert.equal((await replay("cut")).state, "STARTING");
});

test("a replay goes on in the next life of the platform", async () => {
  const fixture = await archived(250);
  await fixture.replay("long");
  await idle();
  const closing = fixture.buses.close(0);
  fixture.letGo();
  await closing;
  assert.equal(fixture.sent.length, 100);
  const next = fixture.restart();
  await next.buses.start();
  assert.equal((await over(next.buses, "long")).state, "COMPLETED");
  assert.deepEqual(
    numbers(next.sent),
    Array.from({ length: 150 }, (_, n) => n + 100),
  );
});
