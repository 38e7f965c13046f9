/** The event of a function URL: https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads (2.0) */

import type { HttpRequest } from "../../domain/segment.ts";

/** What the event tells of a request. */
export interface UrlRequest {
  readonly method: string;
  /** `1.1` */
  readonly httpVersion: string;
  /** Name, value, name, value, as sent. */
  readonly rawHeaders: readonly string[];
  readonly sourceIp: string;
  readonly secure: boolean;
}

/** What the event needs besides the request. */
export interface UrlCall {
  readonly urlId: string;
  /** Path and query as the function sees them. */
  readonly target: string;
  /** The host of the URL, with its port. */
  readonly domain: string;
  readonly requestId: string;
  readonly traceId: string;
  readonly now: number;
  /** The caller of a URL with AWS_IAM: twelve digits and the access key that it signed with. */
  readonly caller: { readonly account: string; readonly accessKeyId: string } | undefined;
}

/** Between this hop and the next, or made anew for the function. */
const NOT_PASSED_ON: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "expect",
]);

const TEXT = /^(text\/|application\/([\w.-]+\+)?(json|xml|javascript)\b)/i;

/** What a trace says of the request. */
export function tracedRequest(
  request: UrlRequest,
  { domain, target }: Pick<UrlCall, "domain" | "target">,
): HttpRequest {
  const agent = headersOf(request.rawHeaders)["user-agent"];
  const mark = target.indexOf("?");
  const path = mark < 0 ? target : target.slice(0, mark); // a query may hold what nobody else shall read
  return {
    url: `${request.secure ? "https" : "http"}://${domain}${path}`.slice(0, 2_000),
    method: request.method,
    ...(agent === undefined ? {} : { user_agent: agent.slice(0, 500) }),
    client_ip: addressOf(request),
  };
}

/** The event as JSON in UTF-8. */
export function urlEvent(request: UrlRequest, body: Uint8Array, call: UrlCall): Uint8Array {
  const mark = call.target.indexOf("?");
  const rawPath = mark < 0 ? call.target : call.target.slice(0, mark);
  const rawQueryString = mark < 0 ? "" : call.target.slice(mark + 1);
  const headers = headersOf(request.rawHeaders);
  const cookies = headers["cookie"]?.split(/; */);
  const query = queryParameters(rawQueryString);
  const { secure } = request;
  const sourceIp = addressOf(request);
  const event = {
    version: "2.0",
    routeKey: "$default",
    rawPath,
    rawQueryString,
    ...(cookies === undefined ? {} : { cookies }),
    headers: {
      ...headers,
      host: call.domain,
      "x-amzn-trace-id": call.traceId,
      "x-forwarded-for": sourceIp,
      "x-forwarded-port": /:(\d+)$/.exec(call.domain)?.[1] ?? (secure ? "443" : "80"),
      "x-forwarded-proto": secure ? "https" : "http",
    },
    ...(query === undefined ? {} : { queryStringParameters: query }),
    requestContext: {
      accountId: call.caller?.account ?? "anonymous",
      apiId: call.urlId,
      ...(call.caller === undefined ? {} : { authorizer: { iam: iamOf(call.caller) } }),
      domainName: call.domain,
      domainPrefix: call.urlId,
      http: {
        method: request.method,
        path: rawPath,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp,
        userAgent: headers["user-agent"] ?? "",
      },
      requestId: call.requestId,
      routeKey: "$default",
      stage: "$default",
      time: clfTime(call.now),
      timeEpoch: call.now,
    },
    ...bodyOf(headers, body),
  };
  return Buffer.from(JSON.stringify(event));
}

/** IPv4 addresses of dual-stack sockets come as `::ffff:127.0.0.1`. */
const addressOf = ({ sourceIp }: UrlRequest): string => sourceIp.replace(/^::ffff:(?=\d+\.)/, "");

function headersOf(rawHeaders: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = Object.create(null);
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]?.toLowerCase() ?? "";
    // HTTP/2 says in headers what is the request line of HTTP/1.1, and may take cookies apart (RFC 9113, 8.2.3, 8.3).
    if (NOT_PASSED_ON.has(name) || name.startsWith(":")) continue;
    const value = rawHeaders[at + 1] ?? "";
    const between = name === "cookie" ? "; " : ",";
    headers[name] = name in headers ? `${headers[name]}${between}${value}` : value;
  }
  return headers;
}

/** Decoded, repeated parameters joined with commas; undefined where there are none. */
function queryParameters(text: string): Record<string, string> | undefined {
  if (text === "") return undefined;
  const parameters: Record<string, string> = Object.create(null);
  for (const [name, value] of new URLSearchParams(text))
    parameters[name] = name in parameters ? `${parameters[name]},${value}` : value;
  return parameters;
}

const STRICT_UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function bodyOf(
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
): { body?: string; isBase64Encoded: boolean } {
  if (body.length === 0) return { isBase64Encoded: false };
  const plain =
    headers["content-encoding"] === undefined && TEXT.test(headers["content-type"] ?? "");
  if (plain)
    try {
      return { body: STRICT_UTF8.decode(body), isBase64Encoded: false };
    } catch {
      // It says that it is text, but it is not UTF-8.
    }
  return { body: Buffer.from(body).toString("base64"), isBase64Encoded: true };
}

/** Signatures are read, not verified yet: whoever signs is the root of the account. */
function iamOf(caller: { readonly account: string; readonly accessKeyId: string }) {
  return {
    accessKey: caller.accessKeyId,
    accountId: caller.account,
    callerId: caller.account,
    cognitoIdentity: null,
    principalOrgId: null,
    userArn: `arn:aws:iam::${caller.account}:root`,
    userId: caller.account,
  };
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `22/Nov/2026:18:00:00 +0000` */
function clfTime(now: number): string {
  const [, year, month, day, time] =
    /^(\d+)-(\d\d)-(\d\d)T([\d:]+)/.exec(new Date(now).toISOString()) ?? [];
  return `${day}/${MONTHS[Number(month) - 1]}/${year}:${time} +0000`;
}
