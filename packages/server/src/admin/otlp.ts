/**
 * OTLP over HTTP: `POST /v1/traces`, protobuf or JSON, gzip or plain. Like AWS's doors it asks for no token, and serves no page
 * of another site. https://opentelemetry.io/docs/specs/otlp/#otlphttp
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { gunzipSync } from "node:zlib";
import { segmentOfSpan } from "../domain/otlp.ts";
import type { Scope } from "../domain/scope.ts";
import { isObject } from "../domain/segment.ts";
import type { Traces } from "../services/traces/index.ts";
import { refusePages } from "./guard.ts";
import { Problem } from "./problem.ts";
import { sendJson } from "./router.ts";

export interface OtlpOptions extends Scope {
  readonly traces: Pick<Traces, "put">;
  readonly onDefect: (error: unknown) => void;
}

const PATH = /^\/v1\/traces$/;
const MAX_BYTES = 8 << 20;
const MAX_SPANS = 20_000;
/** What this platform sends out has it: sent back in, it would go round for ever. */
export const EXPORTED = "yunque-exported";

/** Answers whether the request was its own; then it is served, whatever happens. */
export function createOtlpRoute(
  options: OtlpOptions,
): (request: IncomingMessage, response: ServerResponse) => boolean {
  const { traces, account, region, onDefect } = options;
  return (request, response) => {
    if (request.method !== "POST" || !PATH.test(request.url ?? "")) return false;
    const type = request.headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
    // Other bodies to this path are objects for a bucket named v1.
    if (type !== "application/json" && type !== "application/x-protobuf") return false;
    serve(request, response, type === "application/x-protobuf").catch((error: unknown) => {
      if (!(error instanceof Problem)) onDefect(error);
      if (response.headersSent) return void response.destroy();
      const { status, message } =
        error instanceof Problem ? error : new Problem(503, "Unavailable", "Try again later.");
      sendJson(response, status, { code: status === 400 ? 3 : 14, message });
    });
    return true;
  };

  async function serve(
    request: IncomingMessage,
    response: ServerResponse,
    binary: boolean,
  ): Promise<void> {
    refusePages(request);
    if (request.headers[EXPORTED] !== undefined)
      throw new Problem(400, "Loop", "The platform sends its traces to itself.");
    const body = await bodyOf(request);
    const messages = binary ? await import("./otlp-messages.ts") : undefined;
    const documents = documentsOf(
      parsed(() =>
        messages === undefined ? JSON.parse(body.toString("utf8")) : messages.readTraces(body),
      ),
    );
    const whole = documents.filter((each) => each !== undefined);
    const refused = await traces.put({ account, region }, whole);
    const rejectedSpans = documents.length - whole.length + refused.length;
    const codes = [...new Set(refused.map(({ code }) => code))].join(", ");
    const answer =
      rejectedSpans === 0
        ? {}
        : { partialSuccess: { rejectedSpans, errorMessage: codes || "malformed" } };
    if (messages === undefined) return sendJson(response, 200, answer);
    response.writeHead(200, { "content-type": "application/x-protobuf" });
    response.end(messages.writeAnswer(answer));
  }
}

function parsed(parse: () => unknown): unknown {
  try {
    return parse();
  } catch {
    throw new Problem(400, "Malformed", "The body is no ExportTraceServiceRequest.");
  }
}

/** A document for each span; undefined for what is no span. */
function documentsOf(request: unknown): (string | undefined)[] {
  const documents: (string | undefined)[] = [];
  if (!isObject(request))
    throw new Problem(400, "Malformed", "The body is no ExportTraceServiceRequest.");
  for (const resourceSpans of listOf(request, "resourceSpans"))
    for (const scopeSpans of listOf(resourceSpans, "scopeSpans"))
      for (const span of listOf(scopeSpans, "spans")) {
        if (documents.length === MAX_SPANS)
          throw new Problem(413, "TooLarge", `A request has at most ${MAX_SPANS} spans.`);
        const { resource } = resourceSpans as Record<string, unknown>;
        documents.push(segmentOfSpan(span, resource));
      }
  return documents;
}

function listOf(of: unknown, name: string): readonly unknown[] {
  const list = isObject(of) ? of[name] : undefined;
  return Array.isArray(list) ? list : [];
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES)
      throw new Problem(413, "TooLarge", `A request has at most ${MAX_BYTES} bytes.`);
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  const encoding = request.headers["content-encoding"] ?? "identity";
  if (encoding === "identity") return body;
  if (encoding !== "gzip")
    throw new Problem(415, "UnknownEncoding", "A body is plain or packed by gzip.");
  try {
    return gunzipSync(body, { maxOutputLength: MAX_BYTES });
  } catch {
    throw new Problem(400, "Malformed", "The body is not gzip, or too large unpacked.");
  }
}
