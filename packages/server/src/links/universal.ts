/** Any operation as a target, by the ARN that EventBridge Scheduler gives it: `arn:aws:scheduler:::aws-sdk:sqs:sendMessage`. */
import { type OperationCalls, OperationFailed } from "../aws/operation-calls.ts";
import { Undeliverable } from "../ports/targets.ts";
import { universalOf } from "../services/schedules/index.ts";
import type { TargetKind } from "./targets.ts";

/** An operation that takes longer has failed. */
const PATIENCE_MS = 50_000;

/** `origin`: what a client would have connected to. */
export function universalTargets(calls: OperationCalls, origin: () => string): TargetKind {
  return {
    async deliver({ target, body, sender }) {
      const operation = universalOf(target);
      if (operation === undefined) throw new Undeliverable(`${target} names no operation`);
      const [, , , region = "", account = ""] = sender.arn.split(":");
      const input = Buffer.from(body).toString("utf8");
      const signal = AbortSignal.timeout(PATIENCE_MS);
      try {
        await calls.call({
          ...operation,
          input,
          scope: { account, region },
          origin: origin(),
          signal,
        });
      } catch (error) {
        throw error instanceof OperationFailed && isFinal(error)
          ? new Undeliverable(error.message, error.code)
          : error;
      }
    },
    async exists(target) {
      const operation = universalOf(target);
      return (
        operation !== undefined && calls.state(operation.service, operation.action) === "served"
      );
    },
  };
}

/** Whether the same call would fail again: the caller's fault, and not for being too much at once. */
const isFinal = ({ status, code }: OperationFailed): boolean =>
  status === 501 ||
  (status < 500 && status !== 429 && !/Throttl|TooManyRequests|LimitExceeded/.test(code));
