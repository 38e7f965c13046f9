/** Errors of websites: a page for people, as S3 writes it. */
import { STATUS_CODES } from "node:http";
import { escapeXml } from "../codecs/xml.ts";
import type { AwsError } from "../error.ts";
import type { AwsResponse } from "../request.ts";

/** `second`: why the page that the site has for errors could not be had. */
export function websiteError(
  error: AwsError,
  { requestId, hostId }: { readonly requestId: string; readonly hostId: string },
  second?: AwsError,
): AwsResponse {
  const { status = 400 } = error;
  const title = `${status} ${STATUS_CODES[status] ?? ""}`;
  const lines = [
    "<html>",
    `<head><title>${title}</title></head>`,
    "<body>",
    `<h1>${title}</h1>`,
    ...list({ ...detailsOf(error), RequestId: requestId, HostId: hostId }),
    ...(second === undefined
      ? []
      : [
          "<h3>An Error Occurred While Attempting to Retrieve a Custom Error Document</h3>",
          ...list(detailsOf(second)),
        ]),
    "<hr/>",
    "</body>",
    "</html>",
    "",
  ];
  return {
    status,
    headers: { "content-type": "text/html; charset=utf-8" },
    body: lines.join("\n"),
  };
}

const detailsOf = ({ code, message, members }: AwsError): Record<string, unknown> => ({
  Code: code,
  Message: message,
  ...members,
});

const list = (details: Readonly<Record<string, unknown>>): string[] => [
  "<ul>",
  ...Object.entries(details).map(
    ([name, value]) => `<li>${name}: ${escapeXml(String(value))}</li>`,
  ),
  "</ul>",
];
