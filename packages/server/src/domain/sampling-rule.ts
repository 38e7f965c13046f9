/** Which requests are recorded. https://docs.aws.amazon.com/xray/latest/devguide/xray-console-sampling.html */

export interface SamplingRule {
  readonly name: string;
  /** The smaller one is asked first. */
  readonly priority: number;
  /** 0 to 1, of what is beyond the reservoir. */
  readonly fixedRate: number;
  /** Requests in each second that are recorded whatever the rate is. */
  readonly reservoir: number;
  readonly resourceArn: string;
  readonly serviceName: string;
  readonly serviceType: string;
  readonly host: string;
  readonly method: string;
  readonly path: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** What is known of a request at its door. */
export interface SampledRequest {
  readonly resourceArn?: string;
  readonly serviceName?: string;
  readonly serviceType?: string;
  readonly host?: string;
  readonly method?: string;
  readonly path?: string;
}

/** X-Ray: the first request of each second, and five in a hundred of the others. */
export const DEFAULT_RULE: SamplingRule = {
  name: "Default",
  priority: 10_000,
  fixedRate: 0.05,
  reservoir: 1,
  resourceArn: "*",
  serviceName: "*",
  serviceType: "*",
  host: "*",
  method: "*",
  path: "*",
  attributes: {},
};

export function matchesRule(rule: SamplingRule, request: SampledRequest): boolean {
  return (
    Object.keys(rule.attributes).length === 0 &&
    glob(rule.resourceArn, request.resourceArn) &&
    glob(rule.serviceName, request.serviceName) &&
    glob(rule.serviceType, request.serviceType) &&
    glob(rule.host, request.host) &&
    glob(rule.method, request.method) &&
    glob(rule.path, request.path)
  );
}

/** `*` for any characters, `?` for one; letters of either case are the same. What is not known is only `*`. */
export function glob(pattern: string, value: string | undefined): boolean {
  if (pattern === "*") return true;
  if (value === undefined) return /^\*+$/.test(pattern);
  const p = pattern.toLowerCase();
  const v = value.toLowerCase();
  let [at, star, mark] = [0, -1, 0];
  for (let i = 0; i < v.length; ) {
    if (at < p.length && p[at] === "*") {
      star = at++;
      mark = i;
    } else if (at < p.length && (p[at] === "?" || p[at] === v[i])) {
      at++;
      i++;
    } else if (star >= 0) {
      at = star + 1;
      i = ++mark;
    } else return false;
  }
  while (p[at] === "*") at++;
  return at === p.length;
}
