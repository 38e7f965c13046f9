/** What ports/records.ts says of spaces, ids, values and options, checked once for every engine. */
import type { Change, ListOptions } from "../ports/records.ts";
import { checkSpace, checkText } from "./space-rules.ts";

const MAX_ID_BYTES = 1100;
const MAX_VALUE_BYTES = 4 << 20;
const MAX_CHANGES = 12_000;
const MAX_COMMIT_BYTES = 32 << 20;
const MAX_LIMIT = 10_000;
const DEFAULT_LIMIT = 1000;

/** A change that was checked, with its value as JSON text. */
export interface Write {
  readonly kind: "put" | "delete" | "check";
  readonly space: string;
  readonly id: string;
  /** The revision that must be there, 0 for none, -1 for whatever is there. */
  readonly expect: number;
  /** Empty unless `kind` is "put". */
  readonly json: string;
}

/** @throws RangeError */
export function checkKey(space: string, id: string): void {
  checkSpace(space);
  checkText(id, "id", MAX_ID_BYTES);
}

/** The limit that the options mean. @throws RangeError */
export function checkList(space: string, options: ListOptions): number {
  const { prefix = "", after = "", limit = DEFAULT_LIMIT } = options;
  checkKey(space, prefix);
  checkText(after, "after", MAX_ID_BYTES);
  if (!Number.isInteger(limit) || limit < 0 || limit > MAX_LIMIT)
    throw new RangeError(`limit ${limit} is not between 0 and ${MAX_LIMIT}`);
  return limit;
}

/** Checks the changes of one commit and takes their values down, so that nobody changes them later. @throws RangeError */
export function encodeChanges(changes: readonly Change[]): Write[] {
  if (changes.length > MAX_CHANGES)
    throw new RangeError(`${changes.length} changes in one commit, at most ${MAX_CHANGES}`);
  const writes = changes.map(encode);
  if (sizeOf(writes) > MAX_COMMIT_BYTES)
    throw new RangeError(`more than ${MAX_COMMIT_BYTES} bytes of values in one commit`);
  return writes;
}

/** About how much memory a commit takes while it waits, in bytes. */
export function sizeOf(writes: readonly Write[]): number {
  return writes.reduce(
    (sum, { space, id, json }) => sum + space.length + id.length + json.length,
    0,
  );
}

/** The ids that a commit put or deleted, by space: what watchers are told. */
export function touched(writes: readonly Write[]): Map<string, string[]> {
  const spaces = new Map<string, string[]>();
  for (const { kind, space, id } of writes) {
    if (kind === "check") continue;
    const ids = spaces.get(space);
    if (ids) ids.push(id);
    else spaces.set(space, [id]);
  }
  return spaces;
}

function encode(change: Change): Write {
  const { space, id, expect = -1 } = change;
  checkKey(space, id);
  if (!Number.isSafeInteger(expect) || expect < -1) throw new RangeError(`expect ${expect}`);
  if ("put" in change) return { kind: "put", space, id, expect, json: encodeValue(change.put) };
  return { kind: "delete" in change ? "delete" : "check", space, id, expect, json: "" };
}

function encodeValue(value: unknown): string {
  const json: string | undefined = JSON.stringify(value);
  if (json === undefined) throw new RangeError(`${typeof value} is no JSON`);
  if (json.length * 3 > MAX_VALUE_BYTES && Buffer.byteLength(json) > MAX_VALUE_BYTES)
    throw new RangeError(`a value of more than ${MAX_VALUE_BYTES} bytes`);
  return json;
}
