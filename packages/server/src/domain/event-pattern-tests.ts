/** What a pattern asks of one value of an event. */
import { parseAddress } from "./ip-address.ts";

export type Leaf = string | number | boolean | null;

export type ValueTest =
  | { readonly kind: "equals"; readonly value: Leaf }
  | { readonly kind: "prefix" | "suffix"; readonly text: string }
  /** The texts are in lower case. */
  | { readonly kind: "prefix-ignore-case" | "suffix-ignore-case"; readonly text: string }
  | { readonly kind: "equals-ignore-case"; readonly text: string }
  | { readonly kind: "wildcard"; readonly parts: readonly string[] }
  | ({ readonly kind: "numeric" } & NumericRange)
  | { readonly kind: "cidr"; readonly bits: number; readonly low: bigint; readonly high: bigint }
  /** Any leaf at all. */
  | { readonly kind: "exists" }
  /** None of these holds. */
  | { readonly kind: "anything-but"; readonly tests: readonly ValueTest[] };

export interface NumericRange {
  readonly low: number;
  readonly lowOpen: boolean;
  readonly high: number;
  readonly highOpen: boolean;
}

/** Whether a value is what is asked for. */
export function holds(test: ValueTest, value: Leaf): boolean {
  switch (test.kind) {
    case "equals":
      return test.value === value;
    case "exists":
      return true;
    case "anything-but":
      return !test.tests.some((one) => holds(one, value));
    case "numeric":
      return typeof value === "number" && inRange(test, value);
    default:
      return typeof value === "string" && holdsForText(test, value);
  }
}

type TextTest = Exclude<
  ValueTest,
  { readonly kind: "equals" | "exists" | "anything-but" | "numeric" }
>;

function holdsForText(test: TextTest, value: string): boolean {
  switch (test.kind) {
    case "prefix":
      return value.startsWith(test.text);
    case "suffix":
      return value.endsWith(test.text);
    case "prefix-ignore-case":
      return value.toLowerCase().startsWith(test.text);
    case "suffix-ignore-case":
      return value.toLowerCase().endsWith(test.text);
    case "equals-ignore-case":
      return value.toLowerCase() === test.text;
    case "wildcard":
      return matchesParts(test.parts, value);
    case "cidr": {
      const address = parseAddress(value);
      if (address === undefined || address.bits !== test.bits) return false;
      return address.value >= test.low && address.value <= test.high;
    }
  }
}

const inRange = ({ low, lowOpen, high, highOpen }: NumericRange, value: number): boolean =>
  (lowOpen ? value > low : value >= low) && (highOpen ? value < high : value <= high);

/** Whether the parts follow each other in the text, the first at its start, the last at its end. */
function matchesParts(parts: readonly string[], text: string): boolean {
  const first = parts[0] ?? "";
  const last = parts.at(-1) ?? "";
  if (parts.length === 1) return text === first;
  const end = text.length - last.length;
  if (!text.startsWith(first) || first.length > end || !text.endsWith(last)) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}
