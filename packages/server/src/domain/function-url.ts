/** Function URLs: an HTTP endpoint of a function, or of one of its aliases. */

/** A function URL and its rules. */
export interface FunctionUrl {
  /** The first label of its host: 32 lower-case letters and digits. */
  readonly id: string;
  readonly functionName: string;
  /** `$LATEST` or an alias. */
  readonly qualifier: string;
  readonly authType: "NONE" | "AWS_IAM";
  /** Absent where the caller gave none: AWS then answers none when it creates. */
  readonly invokeMode?: "BUFFERED" | "RESPONSE_STREAM";
  readonly cors?: CorsRules;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly modifiedAt: number;
}

/** Which other origins a browser may call from. Absent members allow nothing more. */
export interface CorsRules {
  readonly allowCredentials?: boolean;
  readonly allowHeaders?: readonly string[];
  readonly allowMethods?: readonly string[];
  readonly allowOrigins?: readonly string[];
  readonly exposeHeaders?: readonly string[];
  /** Seconds. */
  readonly maxAge?: number;
}

const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

/** A new URL id from 20 random bytes. */
export function urlIdOf(random: Uint8Array): string {
  let bits = 0;
  let held = 0;
  let id = "";
  for (const byte of random) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      id += ALPHABET[(held >> bits) & 31];
      held &= (1 << bits) - 1;
    }
  }
  return id;
}

/** The headers that a browser's preflight request is answered with; undefined where the rules do not allow it. */
export function preflightHeaders(
  cors: CorsRules,
  origin: string,
  method: string,
  headers: readonly string[],
): Record<string, string> | undefined {
  const allowedOrigin = allowOrigin(cors, origin);
  if (allowedOrigin === undefined || !allows(cors.allowMethods, method.toUpperCase()))
    return undefined;
  if (!headers.every((header) => allows(cors.allowHeaders, header))) return undefined;
  return {
    ...allowedOrigin,
    "access-control-allow-methods": (cors.allowMethods ?? []).join(","),
    ...(cors.allowHeaders === undefined
      ? {}
      : { "access-control-allow-headers": cors.allowHeaders.join(",") }),
    ...(cors.maxAge === undefined ? {} : { "access-control-max-age": String(cors.maxAge) }),
  };
}

/** The headers that an answer to this origin carries; none where the rules do not name it. */
export function corsHeaders(cors: CorsRules, origin: string): Record<string, string> {
  const allowed = allowOrigin(cors, origin);
  if (allowed === undefined) return {};
  return cors.exposeHeaders === undefined
    ? allowed
    : { ...allowed, "access-control-expose-headers": cors.exposeHeaders.join(",") };
}

function allowOrigin(cors: CorsRules, origin: string): Record<string, string> | undefined {
  const origins = cors.allowOrigins ?? [];
  if (!origins.some((pattern) => matchesOrigin(pattern, origin))) return undefined;
  const credentials = cors.allowCredentials === true;
  const named = credentials || !origins.includes("*");
  return {
    "access-control-allow-origin": named ? origin : "*",
    ...(credentials ? { "access-control-allow-credentials": "true" } : {}),
    ...(named ? { vary: "Origin" } : {}),
  };
}

/** `*` stands for any text, once, as in `https://*.example.com`. */
function matchesOrigin(pattern: string, origin: string): boolean {
  const star = pattern.indexOf("*");
  if (star < 0) return pattern.toLowerCase() === origin.toLowerCase();
  const start = pattern.slice(0, star).toLowerCase();
  const end = pattern.slice(star + 1).toLowerCase();
  const text = origin.toLowerCase();
  return text.length >= start.length + end.length && text.startsWith(start) && text.endsWith(end);
}

function allows(names: readonly string[] | undefined, name: string): boolean {
  return (names ?? []).some((one) => one === "*" || one.toLowerCase() === name.toLowerCase());
}
