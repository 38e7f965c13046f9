/**
 * The wire between processes of one platform that hand invocations to each other: frames (runtimes/wire) on a Unix
 * socket, both ways. The number of a frame is that of its call, which the calling end chooses.
 */
import type { Invocation, InvocationKind, InvocationReport } from "../domain/invocation.ts";
import type { FrameWriter } from "../runtimes/wire/frame-writer.ts";

/** Below 15 the caller speaks, from 15 on the home of the function. */
export const LinkKind = {
  /** JSON `Deployment`; the frame's number is what `invoke` and `stream` call it from now on. */
  define: 1,
  /** The deployment of this number is not named any more. */
  drop: 2,
  /** Run it, answer `result`. */
  invoke: 3,
  /** Run it, answer `begin`, `chunk`s, `end`. */
  stream: 4,
  /** The caller went away. */
  abort: 5,
  /** u32 LE: so many further bytes of a stream may be sent. */
  credit: 6,
  /** JSON: a name of `LINK_ERRANDS` and its words. Answered by `done`. */
  errand: 7,

  result: 15,
  /** JSON `SentError`: it could not be run. */
  refused: 16,
  /** Content type, UTF-8. */
  begin: 17,
  chunk: 18,
  end: 19,
  done: 20,
} as const;

/** Longest payload: an invocation or its answer, each at most some 6 MB, or a deployment. */
export const LINK_FRAME_BYTES = 32 * 2 ** 20;
/** Bytes that a stream may be ahead of what its reader has taken. */
export const LINK_WINDOW = 512 * 1024;

const KINDS: readonly InvocationKind[] = ["sync", "async", "poll"];

/** An invocation, and by which number its deployment is known. */
export interface SentInvocation
  extends Pick<
    Invocation,
    | "requestId"
    | "kind"
    | "payload"
    | "invokedFunctionArn"
    | "traceId"
    | "clientContext"
    | "wantsLog"
  > {
  readonly deployment: number;
  /** The version or alias that was called. */
  readonly qualifier?: string;
}

/**
 * u8 kind, u8 flags, u32 deployment, u16 each: request id, ARN, trace id, qualifier, u32 client context; then the
 * texts.
 */
const INVOKE_BYTES = 18;
const WANTS_LOG = 1;
const HAS_CONTEXT = 2;

export function writeInvocation(
  writer: FrameWriter,
  frame: number,
  call: number,
  deployment: number,
  invocation: Invocation,
  qualifier = "",
): void {
  const { requestId, invokedFunctionArn, traceId, clientContext, wantsLog = true } = invocation;
  // Ids and ARNs are ASCII, one byte a character; what is not would never be cut in the wrong place.
  const texts = [requestId, invokedFunctionArn, traceId, qualifier].map((text) =>
    text.slice(0, 0xffff),
  );
  const context = clientContext === undefined ? 0 : Buffer.byteLength(clientContext);
  const length = texts.reduce((sum, text) => sum + text.length, INVOKE_BYTES + context);
  const head = Buffer.allocUnsafe(length);
  head[0] = KINDS.indexOf(invocation.kind);
  head[1] = (wantsLog ? WANTS_LOG : 0) | (clientContext === undefined ? 0 : HAS_CONTEXT);
  head.writeUInt32LE(deployment, 2);
  let at = INVOKE_BYTES;
  texts.forEach((text, index) => {
    head.writeUInt16LE(text.length, 6 + 2 * index);
    at += head.write(text, at, "latin1");
  });
  head.writeUInt32LE(context, 14);
  if (clientContext !== undefined) head.write(clientContext, at);
  writer.frame(frame, call, head, invocation.payload);
}

/** The reverse. The payload is a view. @throws RangeError where it is no invocation. */
export function readInvocation(bytes: Buffer): SentInvocation {
  const flags = bytes.readUInt8(1);
  let at = INVOKE_BYTES;
  const text = (index: number): string => {
    const from = at;
    at += bytes.readUInt16LE(6 + 2 * index);
    return bytes.toString("latin1", from, at);
  };
  const [requestId, invokedFunctionArn, traceId, qualifier] = [text(0), text(1), text(2), text(3)];
  const end = at + bytes.readUInt32LE(14);
  const clientContext = bytes.toString("utf8", at, end);
  return {
    deployment: bytes.readUInt32LE(2),
    requestId,
    kind: KINDS[bytes.readUInt8(0)] ?? "sync",
    payload: bytes.subarray(end),
    invokedFunctionArn,
    traceId,
    wantsLog: (flags & WANTS_LOG) !== 0,
    ...((flags & HAS_CONTEXT) !== 0 ? { clientContext } : {}),
    ...(qualifier === "" ? {} : { qualifier }),
  };
}

/** How an invocation or a stream ended. */
export interface SentEnd {
  readonly failed: boolean;
  readonly report: InvocationReport;
  readonly tail: Uint8Array;
  /** The answer, or the error object; undefined where a stream ended well. */
  readonly payload: Uint8Array | undefined;
}

/** u8 flags, u32 length of the tail, six f64 of the report, after a cold start two more; then the tail and the payload. */
const END_BYTES = 5 + 6 * 8;
const FAILED = 1;
const HAS_INIT = 2;
const HAS_RESTORE = 4;
const HAS_PAYLOAD = 8;
const HAS_START = 16;
const START_BYTES = 2 * 8;
const NOTHING = new Uint8Array(0);

export function writeEnd(writer: FrameWriter, frame: number, call: number, end: SentEnd): void {
  const { failed, report, tail, payload } = end;
  const { startMs } = report;
  const fixed = startMs === undefined ? END_BYTES : END_BYTES + START_BYTES;
  const head = Buffer.allocUnsafe(fixed + tail.length);
  head[0] =
    (failed ? FAILED : 0) |
    (report.initMs === undefined ? 0 : HAS_INIT) |
    (report.restoreMs === undefined ? 0 : HAS_RESTORE) |
    (startMs === undefined ? 0 : HAS_START) |
    (payload === undefined ? 0 : HAS_PAYLOAD);
  head.writeUInt32LE(tail.length, 1);
  head.writeDoubleLE(report.durationMs, 5);
  head.writeDoubleLE(report.billedMs, 13);
  head.writeDoubleLE(report.initMs ?? 0, 21);
  head.writeDoubleLE(report.restoreMs ?? 0, 29);
  head.writeDoubleLE(report.maxMemoryMB, 37);
  head.writeDoubleLE(report.queuedMs, 45);
  if (startMs !== undefined) {
    head.writeDoubleLE(startMs.code, END_BYTES);
    head.writeDoubleLE(startMs.allocation, END_BYTES + 8);
  }
  head.set(tail, fixed);
  writer.frame(frame, call, head, payload ?? NOTHING);
}

/** The reverse. Tail and payload are views. @throws RangeError where it is no end. */
export function readEnd(bytes: Buffer): SentEnd {
  const flags = bytes.readUInt8(0);
  const started = (flags & HAS_START) !== 0;
  const fixed = started ? END_BYTES + START_BYTES : END_BYTES;
  const body = fixed + bytes.readUInt32LE(1);
  return {
    failed: (flags & FAILED) !== 0,
    report: {
      durationMs: bytes.readDoubleLE(5),
      billedMs: bytes.readDoubleLE(13),
      ...((flags & HAS_INIT) !== 0 ? { initMs: bytes.readDoubleLE(21) } : {}),
      ...((flags & HAS_RESTORE) !== 0 ? { restoreMs: bytes.readDoubleLE(29) } : {}),
      maxMemoryMB: bytes.readDoubleLE(37),
      queuedMs: bytes.readDoubleLE(45),
      ...(started
        ? {
            startMs: {
              code: bytes.readDoubleLE(END_BYTES),
              allocation: bytes.readDoubleLE(END_BYTES + 8),
            },
          }
        : {}),
    },
    tail: bytes.subarray(fixed, body),
    payload: (flags & HAS_PAYLOAD) !== 0 ? bytes.subarray(body) : undefined,
  };
}
