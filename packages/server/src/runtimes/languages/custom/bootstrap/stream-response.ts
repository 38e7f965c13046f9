/** A response that is streamed: `Lambda-Runtime-Function-Response-Mode: streaming`, chunked, its end in trailers. */
import type { IncomingMessage } from "node:http";
import { STREAM_WINDOW } from "../../../wire/frames.ts";
import { header } from "./api-answers.ts";
import { errorObject, type Invocation } from "./invocation.ts";

/** What one frame carries at most. */
const PIECE_BYTES = 64 * 1024;

/** Hands the body on as the platform takes it. Answers whether it came to its end. */
export function streamResponse(invocation: Invocation, request: IncomingMessage): Promise<boolean> {
  invocation.streamStart(header(request, "Content-Type") || "application/octet-stream");
  return new Promise((resolve) => {
    const sender = createSender(invocation, request);
    request.on("data", (chunk: Buffer) => sender.send(chunk));
    let ended = false;
    request.on("end", () => {
      ended = true;
      sender.finish(() => {
        void invocation.streamEnd(trailedError(request)).then(() => resolve(true));
      });
    });
    request.on("close", () => {
      if (ended) return;
      const type = "Runtime.TruncatedResponse";
      const error = { type, body: errorObject(type, "the response was truncated") };
      sender.finish(() => void invocation.streamEnd(error).then(() => resolve(false)));
    });
  });
}

/** Sends no more than the platform gave credit for; who has more waits. */
function createSender(invocation: Invocation, request: IncomingMessage) {
  let credit = STREAM_WINDOW;
  const waiting: Buffer[] = [];
  let finished: (() => void) | undefined;
  const pump = (): void => {
    while (credit > 0) {
      const next = waiting.shift();
      if (!next) break;
      const size = Math.min(next.length, credit, PIECE_BYTES);
      credit -= size;
      if (size > 0) invocation.streamChunk(next.subarray(0, size));
      if (size < next.length) waiting.unshift(next.subarray(size));
    }
    if (waiting.length > 0) {
      request.pause();
      return;
    }
    request.resume();
    finished?.();
    finished = undefined;
  };
  invocation.granted = (bytes) => {
    credit += bytes;
    pump();
  };
  return {
    send(chunk: Buffer): void {
      waiting.push(chunk);
      pump();
    },
    /** Calls back when all is sent. */
    finish(callback: () => void): void {
      finished = callback;
      pump();
    },
  };
}

/** Lambda: an error in the middle of a stream comes in its trailers, the error object in base64. */
function trailedError(request: IncomingMessage) {
  const { trailers } = request;
  const type = trailers["lambda-runtime-function-error-type"];
  if (!type) return undefined;
  const text = Buffer.from(trailers["lambda-runtime-function-error-body"] ?? "", "base64");
  const body = text.length > 0 ? text : errorObject(type, "the function failed while it streamed");
  return { type, body };
}
