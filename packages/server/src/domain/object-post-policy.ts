/**
 * What the form of a browser may hold, as its signer allowed it.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
 */

/** Fields of a form, by their names in lower case. */
export type FormFields = ReadonlyMap<string, string>;

export interface SizeRange {
  readonly min: number;
  readonly max: number;
}

/** `document`: it is no policy at all. `condition`: as S3 shows the one that does not hold. */
export type PolicyFault =
  | { readonly fault: "document" | "expired" }
  | { readonly fault: "condition"; readonly condition: readonly string[] }
  | { readonly fault: "extra"; readonly fields: readonly string[] };

/** Checks a form against its policy; the sizes that the file may have are left to who reads it. */
export function checkPolicy(
  text: string,
  fields: FormFields,
  now: number,
): { readonly range: SizeRange | undefined } | PolicyFault {
  const policy = parsePolicy(text);
  if (policy === undefined) return { fault: "document" };
  if (policy.expiration <= now) return { fault: "expired" };
  const named = new Set(UNNAMED);
  let range: SizeRange | undefined;
  for (const condition of policy.conditions) {
    const [operator, name = "", value = ""] = condition;
    if (operator === "content-length-range") {
      range = { min: Number(name), max: Number(value) };
      if (Number.isNaN(range.min + range.max)) return { fault: "condition", condition };
      continue;
    }
    const field = name.replace(/^\$/, "").toLowerCase();
    named.add(field);
    const given = fields.get(field) ?? "";
    const holds = operator === "eq" ? given === value : given.startsWith(value);
    if (!holds) return { fault: "condition", condition };
  }
  const extra = [...fields.keys()].filter(
    (name) => !named.has(name) && !name.startsWith("x-ignore-"),
  );
  return extra.length > 0 ? { fault: "extra", fields: extra } : { range };
}

/** What a form may hold whatever its policy says. The bucket is the one of the request. */
const UNNAMED = ["bucket", "policy", "signature", "awsaccesskeyid", "x-amz-signature", "file"];

interface Policy {
  readonly expiration: number;
  /** `["eq", "$key", "value"]` and its like; the short form `{"key": "value"}` is one of them. */
  readonly conditions: readonly (readonly string[])[];
}

function parsePolicy(text: string): Policy | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof json !== "object" || json === null) return undefined;
  const { expiration, conditions } = json as { expiration?: unknown; conditions?: unknown };
  const time = typeof expiration === "string" ? Date.parse(expiration) : Number.NaN;
  if (Number.isNaN(time) || !Array.isArray(conditions)) return undefined;
  const parsed = conditions.flatMap(parseCondition);
  return parsed.includes(undefined)
    ? undefined
    : { expiration: time, conditions: parsed.filter((each) => each !== undefined) };
}

function parseCondition(condition: unknown): (readonly string[] | undefined)[] {
  if (Array.isArray(condition)) {
    const [operator] = condition;
    const known = ["eq", "starts-with", "content-length-range"].includes(operator);
    return [known && condition.length === 3 ? condition.map(String) : undefined];
  }
  if (typeof condition !== "object" || condition === null) return [undefined];
  return Object.entries(condition).map(([name, value]) => ["eq", `$${name}`, String(value)]);
}
