/**
 * Recursive loops: every invocation carries, in its trace header, the way that led to it.
 *
 * The header's part is `Lineage=<steps>:<function>:<rounds>`, in the form that Lambda's own has. One function of the
 * chain is watched: `function` are eight hex digits of its ARN's hash, `rounds` how often the chain came back to it, and
 * `steps` how many invocations ago it last ran. Where the chain does not come back within LONGEST_LOOP steps, the
 * function that runs then is watched instead, so that a loop behind a long way in is found, too.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
 */

/** Lambda stops a function that was invoked approximately 16 times in one chain of requests. */
export const MAX_INVOCATIONS_IN_CHAIN = 16;
/** Functions in a loop that is found. */
const LONGEST_LOOP = 64;

const LINEAGE = /(?:^|;)Lineage=([^;]*)/i;
const PARTS = /^(\d{1,5}):([0-9a-f]{8}):(\d{1,3})$/;

/** A trace header that goes on to a function. */
export interface Descent {
  /** With the function's own step in its lineage. */
  readonly traceId: string;
  /** Whether the function has had its 16 invocations in this chain. */
  readonly looped: boolean;
}

/**
 * One invocation further: `traceId` is what led to it, `hash` names the function. A function that may recur is not
 * watched: the next one that may not is.
 */
export function descend(traceId: string, hash: string, mayRecur: boolean): Descent {
  const found = LINEAGE.exec(traceId);
  const parts = found === null ? null : PARTS.exec(found[1] ?? "");
  const rest = found === null ? traceId : traceId.replace(LINEAGE, "").replace(/^;/, "");
  const to = (steps: number, watched: string, rounds: number): Descent => ({
    traceId: `${rest};Lineage=${steps}:${watched}:${rounds}`,
    looped: rounds >= MAX_INVOCATIONS_IN_CHAIN && !mayRecur && watched === hash,
  });
  if (parts === null) return to(mayRecur ? LONGEST_LOOP : 1, hash, 0);
  const [steps, watched = "", rounds] = [Number(parts[1]), parts[2], Number(parts[3])];
  if (watched === hash && !mayRecur) return to(1, hash, Math.min(rounds + 1, 255));
  if (steps >= LONGEST_LOOP && !mayRecur) return to(1, hash, 0);
  return to(Math.min(steps + 1, 32_767), watched, rounds);
}

/** How far a chain has come back to the function that is watched, and then from it: who has more is nearer to being stopped. */
export function depthOf(traceId: string): number {
  const parts = PARTS.exec(LINEAGE.exec(traceId)?.[1] ?? "");
  return parts === null ? -1 : Number(parts[3]) * 100_000 + Number(parts[1]);
}
