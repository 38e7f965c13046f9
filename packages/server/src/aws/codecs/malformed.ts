/** Input that its protocol cannot read. The wire turns it into the service's own error; nothing has happened by then. */
export class Malformed extends Error {
  override readonly name = "Malformed";
}

/** Structures deeper than this are refused: no operation of AWS comes near it, and it bounds every recursion here. */
export const MAX_DEPTH = 100;

/** @throws Malformed past the depth that any operation needs. */
export function checkDepth(depth: number): void {
  if (depth > MAX_DEPTH) throw new Malformed("The input is nested too deeply");
}

/** Sets a key that came from outside: `__proto__` becomes a key like any other. */
export function setKey<T>(target: Record<string, T>, key: string, value: T): void {
  if (key === "__proto__")
    Object.defineProperty(target, key, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  else target[key] = value;
}
