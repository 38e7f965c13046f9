/**
 * What pages of other sites may do with a bucket: https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html
 * The documents are as S3 has them.
 */

export interface CorsRule {
  readonly ID?: string | undefined;
  readonly AllowedHeaders?: readonly string[] | undefined;
  readonly AllowedMethods: readonly string[];
  readonly AllowedOrigins: readonly string[];
  readonly ExposeHeaders?: readonly string[] | undefined;
  readonly MaxAgeSeconds?: number | undefined;
}

export interface CorsDocument {
  readonly rules: readonly CorsRule[];
}

/** `malformed`: it is no such document. Else S3's words for what it does not take. */
export type CorsFault = { readonly malformed: true } | { readonly message: string };

const METHODS = ["GET", "PUT", "POST", "DELETE", "HEAD"];
const MOST_RULES = 100;

/** The first fault of a set of rules, or undefined. */
export function findCorsFault(rules: readonly CorsRule[]): CorsFault | undefined {
  if (rules.length === 0 || rules.length > MOST_RULES) return { malformed: true };
  for (const rule of rules) {
    const { AllowedMethods: methods, AllowedOrigins: origins } = rule;
    if (methods.length === 0 || origins.length === 0 || (rule.ID ?? "").length > 255)
      return { malformed: true };
    const method = methods.find((name) => !METHODS.includes(name));
    if (method !== undefined)
      return {
        message: `Found unsupported HTTP method in CORS config. Unsupported method is ${method}`,
      };
    const wild = (kind: string, text: string | undefined) =>
      text && { message: `${kind} "${text}" can not have more than one wildcard.` };
    const fault =
      wild("AllowedOrigin", origins.find(twoWildcards)) ??
      wild("AllowedHeader", rule.AllowedHeaders?.find(twoWildcards));
    if (fault) return fault;
    const exposed = rule.ExposeHeaders?.find((name) => name.includes("*"));
    if (exposed !== undefined)
      return {
        message: `ExposeHeader "${exposed}" contains wildcard. We currently do not support wildcard for ExposeHeader.`,
      };
  }
  return undefined;
}

const twoWildcards = (text: string): boolean => text.indexOf("*") !== text.lastIndexOf("*");

export interface CorsRequest {
  readonly origin: string;
  /** Of a preflight: what the page is about to do. */
  readonly method: string;
  /** Names of headers that it is about to send, in lower case. */
  readonly headers: readonly string[];
}

/** The headers that let a page in, by the first rule that does; undefined where none does. */
export function corsAnswer(
  rules: readonly CorsRule[],
  request: CorsRequest,
): Readonly<Record<string, string>> | undefined {
  const { origin, method, headers } = request;
  for (const rule of rules) {
    const allowed = rule.AllowedOrigins.find((pattern) => fits(pattern, origin));
    if (allowed === undefined || !rule.AllowedMethods.includes(method)) continue;
    const names = (rule.AllowedHeaders ?? []).map((name) => name.toLowerCase());
    if (!headers.every((name) => names.some((pattern) => fits(pattern, name)))) continue;
    const anybody = allowed === "*";
    const exposed = rule.ExposeHeaders ?? [];
    return {
      "access-control-allow-origin": anybody ? "*" : origin,
      "access-control-allow-methods": rule.AllowedMethods.join(", "),
      ...(headers.length > 0 && { "access-control-allow-headers": headers.join(", ") }),
      ...(exposed.length > 0 && { "access-control-expose-headers": exposed.join(", ") }),
      ...(rule.MaxAgeSeconds !== undefined && {
        "access-control-max-age": String(rule.MaxAgeSeconds),
      }),
      ...(!anybody && { "access-control-allow-credentials": "true" }),
      vary: "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
    };
  }
  return undefined;
}

/** Whether a text fits a pattern with one `*` at most. */
function fits(pattern: string, text: string): boolean {
  const at = pattern.indexOf("*");
  if (at < 0) return pattern === text;
  const [before, after] = [pattern.slice(0, at), pattern.slice(at + 1)];
  return (
    text.length >= before.length + after.length && text.startsWith(before) && text.endsWith(after)
  );
}
