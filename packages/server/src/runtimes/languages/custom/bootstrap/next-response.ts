import type { ApiResponse } from "./api-answers.ts";
import type { Invocation } from "./invocation.ts";

/** Lambda: an invocation without a payload has an empty object as its event. */
const NO_EVENT = Buffer.from("{}");

/** Answers `next`: the event, and what is known of its invocation. */
export function sendInvocation(response: ApiResponse, { frame, deadlineMs }: Invocation): void {
  const event = frame.event.length > 0 ? frame.event : NO_EVENT;
  const headers: Record<string, string | number> = {
    "Content-Type": "application/json",
    "Content-Length": event.length,
    "Lambda-Runtime-Aws-Request-Id": frame.requestId,
    "Lambda-Runtime-Deadline-Ms": deadlineMs,
    "Lambda-Runtime-Invoked-Function-Arn": frame.invokedFunctionArn,
  };
  if (frame.traceId) headers["Lambda-Runtime-Trace-Id"] = frame.traceId;
  if (frame.clientContext)
    headers["Lambda-Runtime-Client-Context"] = headerText(frame.clientContext);
  response.writeHead(200, headers);
  response.end(event);
}

/** JSON text as a header can have it: its UTF-8, byte by byte, and no controls. */
const headerText = (json: string): string =>
  Buffer.from(json)
    .toString("latin1")
    .replace(/[\r\n]/g, " ")
    .replace(/[\x00-\x08\x0b-\x1f\x7f]/g, "");
