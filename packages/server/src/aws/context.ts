import type { Scope } from "../domain/scope.ts";

/** What a door knows of the request besides its input. */
export interface AwsContext extends Scope {
  readonly requestId: string;
  /** Names of AWS's model: "lambda", "CreateFunction". */
  readonly service: string;
  readonly operation: string;
  /** The access key id that the request names, where it names one. Verified once identity lands. */
  readonly accessKeyId: string | undefined;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Address of the client's end of the connection. */
  readonly sourceIp: string;
  /** What the client connected to, for URLs in answers: `http://127.0.0.1:4566`. */
  readonly origin: string;
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal;
  /** What an answer says besides its output: a door may add headers, or set a status that the model does not know. */
  readonly reply: { status?: number; readonly headers: Record<string, string> };
}

/**
 * A service on AWS's wire: one thin method per operation that has behaviour, AWS input to AWS output. The type
 * parameter is the generated interface of the service, `aws/api/<service>.ts`. What is absent answers 501.
 */
export type Door<Api> = Partial<Api>;
