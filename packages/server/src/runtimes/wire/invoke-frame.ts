import type { FrameWriter } from "./frame-writer.ts";
import { Kind } from "./frames.ts";

/** What a handler is told of its invocation, besides the event. */
export interface InvokeHead {
  readonly requestId: string;
  readonly invokedFunctionArn: string;
  readonly traceId: string;
  /** JSON text. */
  readonly clientContext: string | undefined;
  /** It stands behind others: the fence decides whether it may be started. */
  readonly inLine: boolean;
}

/** An invocation as the instance reads it. */
export interface InvokeFrame extends InvokeHead {
  readonly call: number;
  /** UTF-8 JSON, as the caller sent it. */
  readonly event: Buffer;
}

/** u8 flags, u8 and u16 and u16 and u32 lengths; then the texts. */
const FIXED_BYTES = 10;
const IN_LINE = 1;

/** Appends an invocation. The first three texts are ASCII by contract; what is not is sent as `?`-like garbage, never as more bytes. */
export function writeInvoke(
  writer: FrameWriter,
  call: number,
  head: InvokeHead,
  event: Uint8Array,
): void {
  const id = head.requestId.slice(0, 255);
  const arn = head.invokedFunctionArn.slice(0, 2_048);
  const trace = head.traceId.slice(0, 2_048);
  const context = head.clientContext === undefined ? 0 : Buffer.byteLength(head.clientContext);
  const bytes = Buffer.allocUnsafe(FIXED_BYTES + id.length + arn.length + trace.length + context);
  bytes[0] = head.inLine ? IN_LINE : 0;
  bytes[1] = id.length;
  bytes.writeUInt16LE(arn.length, 2);
  bytes.writeUInt16LE(trace.length, 4);
  bytes.writeUInt32LE(context, 6);
  let at = FIXED_BYTES;
  at += bytes.write(id, at, "latin1");
  at += bytes.write(arn, at, "latin1");
  at += bytes.write(trace, at, "latin1");
  if (head.clientContext !== undefined) bytes.write(head.clientContext, at);
  writer.frame(Kind.invoke, call, bytes, event);
}

/** The reverse, in the instance. */
export function readInvoke(call: number, payload: Buffer): InvokeFrame {
  const idEnd = FIXED_BYTES + (payload[1] ?? 0);
  const arnEnd = idEnd + payload.readUInt16LE(2);
  const traceEnd = arnEnd + payload.readUInt16LE(4);
  const contextEnd = traceEnd + payload.readUInt32LE(6);
  return {
    call,
    inLine: ((payload[0] ?? 0) & IN_LINE) !== 0,
    requestId: payload.toString("latin1", FIXED_BYTES, idEnd),
    invokedFunctionArn: payload.toString("latin1", idEnd, arnEnd),
    traceId: payload.toString("latin1", arnEnd, traceEnd),
    clientContext:
      contextEnd > traceEnd ? payload.toString("utf8", traceEnd, contextEnd) : undefined,
    event: payload.subarray(contextEnd),
  };
}
