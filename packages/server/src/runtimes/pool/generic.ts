/** A process that has booted, but does not know yet which function it will run. */
import { randomUUID } from "node:crypto";
import type { Sandbox, SandboxedProcess } from "../../ports/sandbox.ts";
import type { Recipe } from "../blueprint.ts";
import { createFence, type Fence } from "../fence.ts";
import { FrameReader } from "../wire/frame-reader.ts";
import { FrameWriter } from "../wire/frame-writer.ts";
import { Kind } from "../wire/frames.ts";
import { makeSlot, type Slot } from "./slot.ts";

/** Where generic processes are made. */
export interface Workshop {
  readonly sandbox: Sandbox;
  /** Slots are made in it. */
  readonly slots: string;
  /** For files that must have a name for a moment. */
  readonly scratch: string;
}

/** Whoever takes it has its channel and its streams for himself. */
export interface Generic {
  readonly process: SandboxedProcess;
  readonly fence: Fence;
  /** Code that is put there appears in the process. It is removed when the process is gone. */
  readonly slot: Slot;
  /** Resolves once it waits to be told what to become; rejects where it ended before. */
  readonly booted: Promise<void>;
}

/** Before it has booted it says one frame without a payload. */
const NOTHING = 0;

const ANYTHING = Buffer.from("{}");
const NO_HEAD = new Uint8Array(0);

/** @throws Error where no process can be started; nothing stays behind. */
export async function startGeneric(recipe: Recipe, workshop: Workshop): Promise<Generic> {
  const [slot, fence] = await Promise.all([
    makeSlot(workshop.slots),
    createFence(workshop.scratch, `yunque-fence-${randomUUID()}`),
  ]);
  let process: SandboxedProcess;
  try {
    const host = { ...slot, scratch: slot.taskRoot };
    process = workshop.sandbox.start(recipe.program(host, fence.descriptor));
  } catch (error) {
    fence.close();
    await slot.discard();
    throw error;
  }
  void process.exited.then(() => {
    fence.close();
    return slot.discard();
  });
  return { process, fence, slot, booted: hearOf(process, recipe.reads) };
}

function hearOf(process: SandboxedProcess, reads: Recipe["reads"]): Promise<void> {
  const { channel, exited } = process;
  return new Promise((resolve, reject) => {
    const reader = new FrameReader(NOTHING, (kind) => {
      channel.off("data", push);
      if (kind !== Kind.booted) return process.kill();
      if (reads === "frames") tryTheWay(channel);
      resolve();
    });
    const push = (chunk: Buffer): void => {
      try {
        reader.push(chunk);
      } catch {
        process.kill();
      }
    };
    channel.on("data", push);
    channel.on("error", () => {}); // its exit says so
    void exited.then(() => reject(new Error("a generic process ended before it had booted")));
  });
}

function tryTheWay(channel: SandboxedProcess["channel"]): void {
  const writer = new FrameWriter(channel);
  writer.frame(Kind.rehearse, 0, NO_HEAD, ANYTHING);
  writer.flush();
}
