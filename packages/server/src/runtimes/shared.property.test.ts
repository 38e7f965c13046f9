/** Under random load no instance has more than it may, nothing is lost, and none starts while there is room elsewhere. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Duplex, PassThrough } from "node:stream";
import { test } from "node:test";
import { seeded } from "../../../../tests/random.ts";
import { systemClock } from "../ports/clock.ts";
import type { Sandbox, SandboxedExit, SandboxedProcess } from "../ports/sandbox.ts";
import { createExecutor } from "./index.ts";
import type { LanguageRuntime } from "./language.ts";
import { invocation, plainDeployment } from "./runtimes.fixture.ts";
import { FrameReader } from "./wire/frame-reader.ts";
import { FrameWriter } from "./wire/frame-writer.ts";
import { Kind, OUTCOME_BYTES } from "./wire/frames.ts";

const NOTHING = new Uint8Array(0);
const MOST_FRAME = 1024 * 1024;

/** What the platform did to instances that are no processes. */
class World {
  readonly most: number;
  readonly #random: () => number;
  readonly #crashes: number;
  started = 0;
  alive = 0;
  mostAlive = 0;
  /** The most invocations that any of them had at once. */
  peak = 0;
  /** Times that one began with an invocation. */
  begun = 0;

  /** `crashes`: how probable it is that an invocation ends its instance. */
  constructor(most: number, random: () => number, crashes: number) {
    this.most = most;
    this.#random = random;
    this.#crashes = crashes;
  }

  readonly sandbox: Sandbox = {
    tier: "none",
    enforces: [],
    start: () => this.#start(),
  };

  #start(): SandboxedProcess {
    this.started++;
    this.alive++;
    this.mostAlive = Math.max(this.mostAlive, this.alive);
    const running = new Set<number>();
    const exited = Promise.withResolvers<SandboxedExit>();
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const channel = new Duplex({
      read() {},
      write(chunk: Buffer, _encoding, done) {
        if (!over) reader.push(chunk);
        done();
      },
    });
    let over = false;
    const end = (exit: SandboxedExit): void => {
      if (over) return;
      over = true;
      this.alive--;
      for (const stream of [stdout, stderr]) stream.end();
      channel.push(null);
      exited.resolve(exit);
    };
    const back = {
      write: (bytes: Uint8Array): boolean => channel.push(Buffer.from(bytes)),
      cork() {},
      uncork() {},
      writableLength: 0,
    };
    const writer = new FrameWriter(back);
    const say = (kind: number, call = 0, body: Uint8Array = NOTHING): void => {
      if (over) return;
      const isAnswer = kind === Kind.result;
      writer.frame(kind, call, isAnswer ? new Uint8Array(OUTCOME_BYTES) : NOTHING, body);
      writer.flush();
    };
    const reader = new FrameReader(MOST_FRAME, (kind, call) => {
      if (kind === Kind.specialise) setTimeout(() => say(Kind.initialised), this.#random() * 10);
      if (kind !== Kind.invoke) return;
      assert.ok(!running.has(call));
      running.add(call);
      this.begun++;
      this.peak = Math.max(this.peak, running.size);
      setTimeout(() => {
        running.delete(call);
        if (this.#random() < this.#crashes) end({ code: 1, signal: null });
        else say(Kind.result, call, Buffer.from("1"));
      }, this.#random() * 20);
    });
    setImmediate(() => say(Kind.booted));
    return {
      ...{ pid: this.started, channel, stdout, stderr, exited: exited.promise },
      kill: () => end({ code: null, signal: "SIGKILL" }),
      memory: () => 0,
    };
  }
}

const language: LanguageRuntime = {
  names: new Set(["nodejs22.x"]),
  prepare: async () => ({
    ...{ version: "nodejs:0", hash: "0", programs: "/", modules: "/", mounts: [] },
    command: () => ({ command: "/bin/true", args: [] }),
    environment: () => ({}),
  }),
};

for (const [seed, crashes, processors] of [
  [1, 0, 400],
  [2, 0, 3],
  [3, 0, 400],
  [4, 0.02, 400],
  [5, 0.1, 2],
] as const)
  test(`no instance and no provider ever has more than it may (seed ${seed}, crashes ${crashes})`, async () => {
    const random = seeded(seed);
    const most = 2 + Math.floor(random() * 9);
    const world = new World(most, random, crashes);
    const directory = await mkdtemp(join(tmpdir(), "yunque-shared-"));
    const executor = createExecutor({
      packages: { directory: async () => directory },
      logs: { append() {} },
      clock: systemClock,
      sandbox: world.sandbox,
      languages: [language],
      endpoint: () => "",
      directory: join(directory, "data"),
      limits: { pooled: 0, walled: 0, instances: 50, starting: 50 },
    });
    const sharing = { provider: "provider", most, vcpus: 1 };
    const deployment = { ...plainDeployment("code"), runtime: "nodejs22.x", sharing };
    executor.limit(deployment.functionArn, {
      ...{ reserved: undefined, provisioned: [], kept: [] },
      providers: [["provider", processors]],
    });
    let [outstanding, highest, answered, failed] = [0, 0, 0, 0];
    const calls: Promise<void>[] = [];
    for (let i = 0; i < 400; i++) {
      highest = Math.max(highest, ++outstanding);
      calls.push(
        executor.invoke(deployment, invocation()).then(({ functionError }) => {
          outstanding--;
          answered++;
          if (functionError) failed++;
        }),
      );
      if (random() < 0.3) await new Promise((resolve) => setTimeout(resolve, random() * 8));
    }
    await Promise.all(calls);
    assert.equal(answered, 400);
    assert.ok(world.peak <= most, `${world.peak} at once, although ${most} are the most`);
    assert.ok(world.mostAlive <= processors, `${world.mostAlive} of ${processors}`);
    if (crashes === 0) {
      assert.equal(failed, 0);
      assert.equal(world.begun, 400);
      assert.ok(world.started <= Math.ceil(highest / most));
    }
    await executor.close(1_000);
    assert.equal(world.alive, 0);
    await rm(directory, { recursive: true, force: true });
  });
