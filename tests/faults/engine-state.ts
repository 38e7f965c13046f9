/** What engine-child.ts writes and engine-kill.test.ts expects. */
export const LEFT = "000000000000/us-east-1/left";
export const RIGHT = "000000000000/us-east-1/right";
export const COUNTER = "000000000000/us-east-1/counter";

/** The content of blob number `n`: its own, of a size of its own. */
export function bytesOf(n: number): Uint8Array {
  const length = 1 + ((n * 7919) % 40_000);
  return Uint8Array.from({ length }, (_, index) => (index * 31 + n) & 0xff);
}
