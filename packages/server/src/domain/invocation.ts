import type { HttpRequest } from "./segment.ts";

/** How an invocation came about; metering, retries and logs tell them apart. */
export type InvocationKind = "sync" | "async" | "poll";

/** One call of a function, as it reaches an instance. Payloads are bytes: the server never parses them. */
export interface Invocation {
  /** A UUID, unique for ever. */
  readonly requestId: string;
  readonly kind: InvocationKind;
  /** UTF-8 JSON, at most 6 MB (sync) or 1 MB (async). */
  readonly payload: Uint8Array;
  /** The ARN that the caller used, with its qualifier if it gave one. */
  readonly invokedFunctionArn: string;
  /** `Root=1-...;Parent=...;Sampled=0|1` */
  readonly traceId: string;
  /** Decoded JSON text of X-Amz-Client-Context. */
  readonly clientContext?: string;
  /** Whether the end of the log is asked for. Where this is absent it may be. */
  readonly wantsLog?: boolean;
  /** Aborts when the caller went away. A running handler is not interrupted, a queued one is dropped. */
  readonly signal?: AbortSignal;
  /** Whether that has happened, for who only asks: a signal is dear where it is made for each invocation. */
  readonly abandoned?: boolean;
  /** Of an event that waited: since when, in milliseconds since the epoch, and which attempt this is. */
  readonly enqueuedAt?: number;
  readonly attempt?: number;
  /** Of a function URL: what was asked for. Looked at only where it is traced. */
  readonly http?: HttpRequest;
}

/** What an invocation cost; the REPORT line and metering say the same. Times in milliseconds. */
export interface InvocationReport {
  readonly durationMs: number;
  readonly billedMs: number;
  /** Present on a cold start. */
  readonly initMs?: number;
  /** Present where the instance had been initialised ahead of time, and was restored for this. */
  readonly restoreMs?: number;
  readonly maxMemoryMB: number;
  /** Present on a cold start, of its init: what it took to have the code at hand, and a process for it. */
  readonly startMs?: { readonly code: number; readonly allocation: number };
  /** Time spent waiting for an instance. */
  readonly queuedMs: number;
}

/** The result of a buffered invocation. A function's error is a result, not an exception. */
export interface InvocationResult {
  readonly requestId: string;
  readonly payload: Uint8Array;
  /** Set where the function failed: the payload is then the error object. */
  readonly functionError?: "Unhandled";
  /** The last 4 KB of what the invocation logged, with its START, END and REPORT lines. */
  readonly logTail: Uint8Array;
  readonly report: InvocationReport;
}

/** The result of a streamed invocation: bytes as the handler writes them, then how it ended. */
export interface InvocationStream {
  readonly requestId: string;
  /** The content type the handler declared; `application/vnd.awslambda.http-integration-response` starts with a prelude. */
  readonly contentType: string;
  readonly body: AsyncIterable<Uint8Array>;
  /** Resolves once the body has ended, whether well or not. Never rejects. */
  readonly completion: Promise<InvocationStreamEnd>;
}
export interface InvocationStreamEnd {
  /** `Unhandled` after a failure; `errorCode` as Lambda names it, `errorDetails` its error object as JSON text. */
  readonly errorCode?: string;
  readonly errorDetails?: string;
  readonly logTail: Uint8Array;
  readonly report: InvocationReport;
}
