/**
 * Buckets as websites: https://docs.aws.amazon.com/AmazonS3/latest/userguide/WebsiteHosting.html
 * The documents are as S3 has them.
 */

export interface WebsiteDocument {
  readonly IndexDocument?: { readonly Suffix: string } | undefined;
  readonly ErrorDocument?: { readonly Key: string } | undefined;
  readonly RedirectAllRequestsTo?:
    | { readonly HostName: string; readonly Protocol?: string | undefined }
    | undefined;
  readonly RoutingRules?: readonly RoutingRule[] | undefined;
}

export interface RoutingRule {
  readonly Condition?:
    | {
        readonly HttpErrorCodeReturnedEquals?: string | undefined;
        readonly KeyPrefixEquals?: string | undefined;
      }
    | undefined;
  readonly Redirect: {
    readonly HostName?: string | undefined;
    readonly HttpRedirectCode?: string | undefined;
    readonly Protocol?: string | undefined;
    readonly ReplaceKeyPrefixWith?: string | undefined;
    readonly ReplaceKeyWith?: string | undefined;
  };
}

export interface WebsiteFault {
  readonly code: "InvalidArgument" | "InvalidRequest" | "MalformedXML";
  readonly message: string;
  readonly argument?: readonly [name: string, value: string | null];
}

const MOST_RULES = 50;
const MALFORMED: WebsiteFault = { code: "MalformedXML", message: "" };
const request = (message: string): WebsiteFault => ({ code: "InvalidRequest", message });
const argument = (name: string, value: string | null, message: string): WebsiteFault => ({
  code: "InvalidArgument",
  message,
  argument: [name, value],
});

/** The first fault of a document, or undefined. */
export function findWebsiteFault(document: WebsiteDocument): WebsiteFault | undefined {
  const { IndexDocument: index, ErrorDocument: error, RedirectAllRequestsTo: all } = document;
  const { RoutingRules: rules } = document;
  if (all !== undefined) {
    if (index !== undefined || error !== undefined || rules !== undefined)
      return argument(
        "RedirectAllRequestsTo",
        "not null",
        "RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules.",
      );
    return protocolFault(all.Protocol);
  }
  if (index === undefined)
    return argument(
      "IndexDocument",
      "null",
      "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty",
    );
  if (index.Suffix === "" || index.Suffix.includes("/"))
    return argument(
      "IndexDocument",
      index.Suffix === "" ? null : index.Suffix,
      "The IndexDocument Suffix is not well formed",
    );
  if (error?.Key === "")
    return argument("ErrorDocument", null, "The ErrorDocument Key is not well formed");
  if (rules === undefined) return undefined;
  if (rules.length === 0) return MALFORMED;
  if (rules.length > MOST_RULES)
    return request(
      `${rules.length} routing rules provided, the number of routing rules in a website configuration is limited to ${MOST_RULES}.`,
    );
  for (const rule of rules) {
    const fault = ruleFault(rule);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function ruleFault({ Condition: condition, Redirect: redirect }: RoutingRule) {
  if (redirect.ReplaceKeyPrefixWith !== undefined && redirect.ReplaceKeyWith !== undefined)
    return request("You can only define ReplaceKeyPrefix or ReplaceKey but not both.");
  if (condition !== undefined) {
    const { HttpErrorCodeReturnedEquals: code, KeyPrefixEquals: prefix } = condition;
    if (code === undefined && prefix === undefined)
      return request(
        "Condition cannot be empty. To redirect all requests without a condition, the condition element shouldn't be present.",
      );
    if (code !== undefined && !/^[45]\d\d$/.test(code))
      return request(
        `The provided HTTP error code (${code}) is not valid. Valid codes are 4XX or 5XX.`,
      );
  }
  const { HttpRedirectCode: status } = redirect;
  if (status !== undefined && !/^3(?:0[1-8])$/.test(status))
    return request(
      `The provided HTTP redirect code (${status}) is not valid. Valid codes are 3XX except 300.`,
    );
  if (Object.values(redirect).every((value) => value === undefined)) return MALFORMED;
  return protocolFault(redirect.Protocol);
}

const protocolFault = (protocol: string | undefined): WebsiteFault | undefined =>
  protocol === undefined || protocol === "http" || protocol === "https"
    ? undefined
    : request(
        "Invalid protocol, protocol can be http or https. If not defined the protocol will be selected automatically.",
      );

/** What a website does with a request: send somewhere else, or look for an object. */
export interface WebsiteRedirect {
  readonly status: number;
  /** An absolute URL. */
  readonly location: string;
}

interface Place {
  /** `http`, and `bucket.s3-website.localhost:4566`. */
  readonly protocol: string;
  readonly host: string;
}

/** Where a request goes before anything is looked for, or after it ended with this status. */
export function redirectOf(
  { RedirectAllRequestsTo: all, RoutingRules: rules = [] }: WebsiteDocument,
  key: string,
  place: Place,
  failed?: number,
): WebsiteRedirect | undefined {
  if (all !== undefined && failed === undefined) {
    const { HostName, Protocol = place.protocol } = all;
    return { status: 301, location: `${Protocol}://${encodeURI(HostName)}/${path(key)}` };
  }
  const rule = rules.find(({ Condition: condition }) => {
    const { HttpErrorCodeReturnedEquals: code, KeyPrefixEquals: prefix = "" } = condition ?? {};
    const meant = code === undefined ? failed === undefined : Number(code) === failed;
    return meant && key.startsWith(prefix);
  });
  if (rule === undefined) return undefined;
  const { HostName = place.host, Protocol = place.protocol, ...redirect } = rule.Redirect;
  const { ReplaceKeyWith: whole, ReplaceKeyPrefixWith: prefix } = redirect;
  const before = rule.Condition?.KeyPrefixEquals ?? "";
  const target = whole ?? (prefix === undefined ? key : `${prefix}${key.slice(before.length)}`);
  const status = Number(redirect.HttpRedirectCode ?? 301);
  return { status, location: `${Protocol}://${encodeURI(HostName)}/${path(target)}` };
}

const path = (key: string): string => key.split("/").map(encodeURIComponent).join("/");
