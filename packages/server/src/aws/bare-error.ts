import { escapeXml } from "./codecs/xml.ts";
import type { AwsError } from "./error.ts";
import type { AwsRequest, AwsResponse } from "./request.ts";

/** An error of the wire before a service is known, in the form that the client most likely reads. */
export function bareError(
  { headers, requestId }: AwsRequest,
  { code, message, status = 400 }: AwsError,
): AwsResponse {
  const type = headers["content-type"] ?? "";
  const asksJson = headers["x-amz-target"] !== undefined || type.includes("json");
  if (asksJson)
    return {
      status,
      headers: {
        "x-amzn-requestid": requestId,
        "x-amzn-errortype": code,
        "content-type": type.startsWith("application/x-amz-json") ? type : "application/json",
      },
      body: JSON.stringify({ __type: code, message }),
    };
  return {
    status,
    headers: { "x-amzn-requestid": requestId, "content-type": "text/xml" },
    body:
      `<ErrorResponse><Error><Type>${status >= 500 ? "Receiver" : "Sender"}</Type>` +
      `<Code>${escapeXml(code)}</Code><Message>${escapeXml(message)}</Message></Error>` +
      `<RequestId>${escapeXml(requestId)}</RequestId></ErrorResponse>`,
  };
}
