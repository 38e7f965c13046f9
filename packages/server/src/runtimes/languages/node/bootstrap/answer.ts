/** What an instance answers: frames that end an invocation, each sent at once, before anything else is started. */
import { Kind, OUTCOME_BYTES } from "../../../wire/frames.ts";
import type { Channel } from "../../bootstrap/channel.ts";
import { entriesWritten } from "./console.ts";
import { errorJson } from "./errors.ts";

/** Responses up to this many UTF-16 units are encoded straight into the frame. */
const DIRECT_UNITS = 16 * 1024;
/** Handlers shorter than this do not tell their memory: the question costs more than they can have used. */
const TELLING_MS = 1;

/** One for each instance. */
export interface Answers {
  /** Ends a buffered invocation with JSON text. Longer than allowed: it becomes Function.ResponseSizeTooLarge. */
  result(call: number, startedAt: number, json: string): void;
  error(call: number, startedAt: number, thrown: unknown): void;
  /** Ends a streamed invocation, with what was thrown where it failed. */
  streamEnd(call: number, startedAt: number, thrown?: { readonly error: unknown }): void;
}

/** `startedAt` is of performance.now(). */
export function createAnswers({ writer }: Channel, responseBytes: number): Answers {
  const head = Buffer.alloc(OUTCOME_BYTES);
  const measure = (call: number, startedAt: number): Buffer => {
    const ms = performance.now() - startedAt;
    head.writeUInt32LE(Math.min(0xffffffff, Math.round(ms * 1000)), 0);
    head.writeUInt32LE(ms < TELLING_MS ? 0 : process.resourceUsage().maxRSS, 4);
    head.writeUInt32LE(entriesWritten(call), 8);
    return head;
  };
  const send = (kind: number, call: number, startedAt: number, body: Uint8Array): void => {
    writer.frame(kind, call, measure(call, startedAt), body);
    writer.flush();
  };
  return {
    result(call, startedAt, json) {
      if (json.length <= DIRECT_UNITS) {
        const most = OUTCOME_BYTES + json.length * 3;
        writer.encoded(Kind.result, call, most, (to, at) => {
          to.set(measure(call, startedAt), at);
          return at + OUTCOME_BYTES + to.write(json, at + OUTCOME_BYTES);
        });
        writer.flush();
        return;
      }
      const body = Buffer.from(json);
      if (body.length <= responseBytes) send(Kind.result, call, startedAt, body);
      else send(Kind.error, call, startedAt, tooLarge(responseBytes));
    },
    error(call, startedAt, thrown) {
      send(Kind.error, call, startedAt, errorBody(thrown, responseBytes));
    },
    streamEnd(call, startedAt, thrown) {
      const body = thrown ? errorBody(thrown.error, responseBytes) : new Uint8Array(0);
      send(Kind.streamEnd, call, startedAt, body);
    },
  };
}

/** The error object as JSON; one that is longer than a response may be is not sent. */
export function errorBody(thrown: unknown, responseBytes: number): Uint8Array {
  const body = Buffer.from(errorJson(thrown));
  return body.length <= responseBytes ? body : tooLarge(responseBytes);
}

const tooLarge = (limit: number): Uint8Array =>
  Buffer.from(
    JSON.stringify({
      errorType: "Function.ResponseSizeTooLarge",
      errorMessage: `Response payload size exceeded maximum allowed payload size (${limit} bytes).`,
    }),
  );
