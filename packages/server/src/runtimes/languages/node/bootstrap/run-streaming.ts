/** Runs a handler that streams its response: `awslambda.streamifyResponse`. */
import { Kind, STREAM_WINDOW } from "../../../wire/frames.ts";
import type { Channel } from "../../bootstrap/channel.ts";
import type { Start } from "../../bootstrap/line.ts";
import { logError } from "./console.ts";
import { ResponseStream } from "./response-stream.ts";
import { isThenable, parseEvent, type RunParts } from "./run-buffered.ts";

const NOTHING = new Uint8Array(0);

/** Starts invocations of a handler that writes to a stream. */
export function streamingStart(
  { handler, answers, context, timeoutMs }: RunParts,
  channel: Channel,
  highWaterMark: number | undefined,
): Start {
  return (frame, ended) => {
    const startedAt = performance.now();
    const { call } = frame;
    let settled = false;
    const settle = (thrown?: { readonly error: unknown }): void => {
      if (settled) return;
      settled = true;
      if (waits) channel.hold(false);
      answers.streamEnd(call, startedAt, thrown);
      stream.destroy();
      ended();
    };
    const failQuietly = (error: unknown): void => settle({ error });
    const fail = (error: unknown): void => {
      if (!settled) logError("Invoke Error", error);
      failQuietly(error);
    };
    const send = (kind: number, bytes: Uint8Array): void => {
      if (settled) return;
      channel.writer.frame(kind, call, NOTHING, bytes);
      channel.writer.flush();
    };

    /** The invocation is over when the handler has returned and its stream has ended. */
    let returned = false;
    let finished = false;
    /** For credit, which comes through the channel: that is not to have nothing left to do. */
    let waits = false;
    const stream = new ResponseStream(
      {
        start: (contentType) => send(Kind.streamStart, Buffer.from(contentType)),
        chunk: (bytes) => send(Kind.streamChunk, bytes),
        blocked: (waiting) => {
          if (waits === waiting || settled) return;
          waits = waiting;
          channel.hold(waiting);
        },
        end: () => {
          finished = true;
          if (returned) settle();
        },
      },
      STREAM_WINDOW,
      highWaterMark,
    );
    stream.on("error", fail);

    try {
      const event = parseEvent(frame.event);
      const full = Object.assign(
        { callbackWaitsForEmptyEventLoop: true },
        context(frame, Date.now() + timeoutMs),
      );
      const value = handler(event, stream, full);
      if (!isThenable(value)) throw new Error("Streaming does not support non-async handlers.");
      value.then((result) => {
        if (result !== undefined) console.warn("Streaming handlers ignore return values.");
        returned = true;
        if (finished) settle();
      }, fail);
    } catch (error) {
      fail(error);
    }
    return {
      frame,
      startedAt,
      emptyLoop: () => fail(new Error("Response stream is not finished.")),
      fail: failQuietly,
      grant: (bytes) => stream.grant(bytes),
    };
  };
}
