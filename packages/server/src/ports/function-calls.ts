/** Functions as those call them who have events for them, and wait for their answers. */
import type { Scope } from "../domain/scope.ts";

export interface FunctionCalls {
  /** What a name or ARN stands for; undefined where there is no such function, version or alias. */
  find(scope: Scope, functionName: string): Promise<FoundFunction | undefined>;

  /**
   * The trace header that a call goes on with, from the one that an event came with. Undefined where it is one too many
   * of a recursive loop.
   */
  follow(functionArn: string, traceId: string): Promise<string | undefined>;

  /** Invokes a function and waits for its answer. Never rejects for what concerns the function. */
  call(functionArn: string, call: FunctionCall): Promise<FunctionAnswer>;
}

export interface FoundFunction {
  /** With the qualifier that was asked for. */
  readonly arn: string;
  /** The same without the qualifier, and alone. */
  readonly name: string;
  readonly timeoutSeconds: number;
  /** ARN of its execution role. */
  readonly role: string;
}

export interface FunctionCall {
  readonly requestId: string;
  /** JSON in UTF-8. */
  readonly payload: Uint8Array;
  /** As `follow` gave it. */
  readonly traceId: string;
}

export type FunctionAnswer =
  | {
      readonly kind: "answered";
      readonly executedVersion: string;
      /** Absent where it went well. */
      readonly functionError?: string;
      readonly payload: Uint8Array;
    }
  /** Throttled, or no instance could be had: later it may go well. */
  | { readonly kind: "refused"; readonly why: string }
  /** It does not exist any more. */
  | { readonly kind: "gone" }
  /** The platform stops. */
  | { readonly kind: "closing" };
