/** Requests to web servers that are not ours: endpoints that strangers named. */
export interface Web {
  /**
   * Sends one request and reads its answer. Redirects are not followed.
   * @throws UnreachableAddress where the platform's rules forbid the address; any other error where there was no whole
   * answer in time, which a later attempt may have.
   */
  send(request: WebRequest): Promise<WebAnswer>;

  /** Gives up what is under way, and closes connections. */
  close(): void;
}

export interface WebRequest {
  readonly method: string;
  /** http or https; may hold a user's name and password, which become a header. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** From the first try to connect to the last byte of the answer. */
  readonly timeoutMs: number;
  /** Of the answer that are kept; the rest is thrown away. 0 unless said. */
  readonly maxBytes?: number;
}

export interface WebAnswer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** An address that strangers may not make the platform call. */
export class UnreachableAddress extends Error {
  override readonly name = "UnreachableAddress";
}
