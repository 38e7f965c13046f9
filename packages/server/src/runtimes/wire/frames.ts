/**
 * The wire between the platform and an instance: frames on one stream, both ways. Language bootstraps share this file.
 *
 *     u32 LE length of the payload | u8 kind | u32 LE number of the invocation (0: none) | payload
 */

/** The first argument of a process that is started before anybody needs it; what it shall make ready follows. */
export const AHEAD = "ahead";

/** Bytes before each payload. */
export const HEADER_BYTES = 9;

/** Numbers of invocations go round, and leave 0 out. */
export const nextNumber = (last: number): number => (last % 0xffff_ffff) + 1;

/** What a frame is. Below 15 the platform speaks, from 15 on the instance. */
export const Kind = {
  /** JSON `Specialisation`: become this function, load its handler. */
  specialise: 1,
  /** Run the handler: see invoke-frame.ts. Stands in line behind the invocations that came before. */
  invoke: 2,
  /** Give back every invocation that was not started. Answered by `returned`. */
  recall: 3,
  /** u32 LE: so many further bytes of a streamed response may be sent. */
  credit: 4,

  /** Say goodbye, then exit: UTF-8 text, why (SPINDOWN, TIMEOUT or FAILURE). Only to runtimes that linger. */
  shutdown: 5,
  /** SnapStart: this instance was initialised ahead of time and is about to be used. Answered by `restored`. */
  restore: 6,
  /** Give what was compiled so far, for the next instances. Answered by `code`. */
  giveCode: 7,
  /** JSON that means nothing: the way here is used once before somebody waits for what comes. */
  rehearse: 8,

  /** The process runs, and waits to be told what to become. */
  booted: 15,
  /** The handler is loaded. */
  initialised: 16,
  /** The handler could not be loaded. The error object as JSON; the instance exits. */
  initFailed: 17,
  /** `Outcome` head, then the response as JSON. */
  result: 18,
  /** `Outcome` head, then the error object as JSON. */
  error: 19,
  /** A streamed response begins: its content type, UTF-8. */
  streamStart: 20,
  /** Bytes of it. */
  streamChunk: 21,
  /** `Outcome` head, then nothing, or the error object as JSON where the handler failed. */
  streamEnd: 22,
  /** u32 LE each: the invocations that were not started, and now never will be here. */
  returned: 23,
  /**
   * The process is about to end by itself. Of an invocation: the one that runs, and ends with it. Where several run, u32
   * LE each: those. Others never start.
   */
  leaving: 24,
  /** SnapStart: the hooks that follow a restore have run. Nothing, or the error object as JSON where one failed. */
  restored: 25,
  /** A piece of the function's compiled code; an empty one is the last. */
  code: 28,
  /** The answer that follows ends its invocation, but the instance takes nothing else before it says `settled`. */
  occupied: 26,
  /** Where several invocations run: it takes so many at once from now on (in place of the invocation's number). */
  capacity: 29,
  /** After `occupied`: runtime and extensions are done with the invocation. */
  settled: 27,
} as const;

/**
 * Stands in the error object of `initFailed` for the id of whichever invocation is told of it; the instance knows none
 * yet.
 */
export const UNKNOWN_REQUEST = "00000000-0000-0000-0000-000000000000";

/** Bytes that a streamed response may be ahead of what its reader has taken. */
export const STREAM_WINDOW = 512 * 1024;

/** Most bytes of compiled code that an instance gives. */
export const CODE_BYTES = 16 * 2 ** 20;

/**
 * Bytes of the head of `result`, `error` and `streamEnd`, u32 LE each: microseconds that the handler ran, its peak
 * memory in KiB (0: not told), entries that it wrote to the log.
 */
export const OUTCOME_BYTES = 12;

/** What an instance is told to become. */
export interface Specialisation {
  /** The whole environment of the handler; replaces whatever the process has. */
  readonly environment: Readonly<Record<string, string>>;
  /** The process was started by the function's own wrapper, which had the environment already, and may have changed it. */
  readonly wrapped: boolean;
  /** Where the function's code lies: /var/task. */
  readonly taskRoot: string;
  /** Where its layers lie: /opt. */
  readonly layers: string;
  /** For example index.handler. */
  readonly handler: string;
  /** Whose function it is. */
  readonly account: string;
  readonly timeoutMs: number;
  /** Largest response in bytes. */
  readonly responseBytes: number;
  /**
   * SnapStart: run the hooks that precede a snapshot before saying `initialised`; a `restore` comes before the first
   * invocation.
   */
  readonly snapStart: boolean;
  /** A file with compiled code that an earlier instance gave. */
  readonly codeCache: string | undefined;
  /** Whether `giveCode` may come: remember what is compiled. */
  readonly keepCode: boolean;
  /** How many invocations may come before the first is answered. Where there are more than one, all are started at once. */
  readonly concurrency: number;
  /** A directory whose node_modules hold what the runtime itself brings, such as the AWS SDK. */
  readonly runtimeModules: string;
}
