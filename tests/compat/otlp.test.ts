/** OpenTelemetry: its SDK sends to the platform, and the platform sends to a collector that the test starts. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { BatchGetTracesCommand, GetTraceGraphCommand, XRayClient } from "@aws-sdk/client-xray";
import { context, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { OTLPTraceExporter as JsonExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { OTLPTraceExporter as ProtobufExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { NodeTracerProvider, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-node";
import { deploy } from "../deploy.ts";
import { clientSettings, startPlatform, type TestPlatform } from "../platform.ts";

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes: readonly { key: string; value: object }[];
  readonly status: { readonly code?: number };
}

describe("OpenTelemetry", () => {
  let platform: TestPlatform;
  let xray: XRayClient;
  let lambda: LambdaClient;
  let collector: Server;
  const collected: Span[] = [];
  let arrived: () => void = () => {};
  /** Requests that the collector refuses first. */
  let refusals = 1;

  before(async () => {
    collector = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      if (refusals-- > 0) return void response.writeHead(503).end();
      const { resourceSpans } = JSON.parse(Buffer.concat(chunks).toString()) as {
        resourceSpans: { scopeSpans: { spans: Span[] }[] }[];
      };
      for (const { scopeSpans } of resourceSpans)
        for (const { spans } of scopeSpans) collected.push(...spans);
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
      arrived();
    }).listen(0, "127.0.0.1");
    await once(collector, "listening");
    const { port } = collector.address() as AddressInfo;
    platform = await startPlatform({ flags: ["--otlp-endpoint", `http://127.0.0.1:${port}`] });
    const settings = { ...clientSettings(platform.origin), maxAttempts: 1 };
    xray = new XRayClient(settings);
    lambda = new LambdaClient(settings);
  });
  after(async () => {
    xray.destroy();
    lambda.destroy();
    await platform.stop();
    collector.closeAllConnections();
    collector.close();
  });

  /** Waits for the collector to have so many spans of a trace. */
  async function spansOf(traceId: string, count: number): Promise<Span[]> {
    for (;;) {
      const found = collected.filter((span) => span.traceId === traceId);
      if (found.length >= count) return found;
      await new Promise<void>((resolve) => {
        arrived = resolve;
      });
    }
  }
  const xrayId = (traceId: string) => `1-${traceId.slice(0, 8)}-${traceId.slice(8)}`;

  for (const [form, Exporter] of [
    ["protobuf", ProtobufExporter],
    ["JSON", JsonExporter],
  ] as const)
    it(`takes spans of its SDK in ${form}, as X-Ray and as the collector have them`, async () => {
      const provider = new NodeTracerProvider({
        resource: resourceFromAttributes({ "service.name": "shop" }),
        spanProcessors: [
          new SimpleSpanProcessor(new Exporter({ url: `${platform.origin}/v1/traces` })),
        ],
      });
      const tracer = provider.getTracer("test");
      const root = tracer.startSpan("GET /orders", {
        kind: SpanKind.SERVER,
        attributes: {
          "http.request.method": "GET",
          "url.full": "http://shop/orders",
          "http.response.status_code": 500,
          "order id": 7,
        },
      });
      const call = tracer.startSpan(
        "charge",
        { kind: SpanKind.CLIENT, attributes: { "peer.service": "bank" } },
        trace.setSpan(context.active(), root),
      );
      call.recordException(new RangeError("no money"));
      call.setStatus({ code: SpanStatusCode.ERROR });
      call.end();
      root.end();
      await provider.forceFlush();
      await provider.shutdown();
      const { traceId, spanId } = root.spanContext();
      const TraceIds = [xrayId(traceId)];
      const { Traces = [] } = await xray.send(new BatchGetTracesCommand({ TraceIds }));
      const documents = Traces[0]?.Segments?.map(({ Document = "" }) => JSON.parse(Document)) ?? [];
      const shop = documents.find(({ name }) => name === "shop");
      assert.equal(shop.http.response.status, 500);
      assert.equal(shop.annotations.order_id, 7);
      const bank = documents.find(({ name }) => name === "bank");
      assert.deepEqual(
        [bank.type, bank.namespace, bank.parent_id, bank.fault],
        ["subsegment", "remote", spanId, true],
      );
      assert.equal(bank.cause.exceptions[0].type, "RangeError");
      const { Services = [] } = await xray.send(new GetTraceGraphCommand({ TraceIds }));
      assert.deepEqual(Services.map(({ Name, Type }) => `${Type} ${Name}`).sort(), [
        "client shop",
        "remote bank",
        "undefined shop",
      ]);
      const spans = await spansOf(traceId, 2);
      const sent = spans.find(({ name }) => name === "charge");
      assert.deepEqual(
        [sent?.spanId, sent?.parentSpanId, sent?.kind, sent?.status.code],
        [call.spanContext().spanId, spanId, 3, 2],
      );
    });

  it("gets what the platform tells of an invocation, as one trace", async () => {
    await deploy(lambda, "traced", { "index.mjs": "export const handler = async () => 1;" });
    const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
    const command = new InvokeCommand({ FunctionName: "traced" });
    command.middlewareStack.add(
      (next) => (args) => {
        const { headers } = args.request as { headers: Record<string, string> };
        headers["traceparent"] = `00-${traceId}-00f067aa0ba902b7-01`;
        return next(args);
      },
      { step: "build" },
    );
    await lambda.send(command);
    const spans = await spansOf(traceId, 6);
    const service = spans.find(({ parentSpanId }) => parentSpanId === "00f067aa0ba902b7");
    const work = spans.find(({ parentSpanId }) => parentSpanId === service?.spanId);
    assert.ok(service && work);
    const below = spans.filter(({ parentSpanId }) => parentSpanId === work.spanId);
    assert.deepEqual(below.map(({ name }) => name).sort(), [
      "Initialization",
      "Invocation",
      "Overhead",
    ]);
  });

  const post = (body: string | Uint8Array, headers: Record<string, string> = {}) =>
    fetch(`${platform.origin}/v1/traces`, {
      method: "POST",
      body,
      headers: { "content-type": "application/json", ...headers },
    });

  it("refuses what is no request, and says which spans it did not take", async () => {
    assert.equal((await post("{")).status, 400);
    assert.equal((await post("[]")).status, 400);
    assert.equal((await post("x", { "content-encoding": "gzip" })).status, 400);
    assert.equal((await post("x", { "content-encoding": "br" })).status, 415);
    const protobuf = { "content-type": "application/x-protobuf" };
    assert.equal((await post(new Uint8Array([10, 200, 1]), protobuf)).status, 400);
    assert.equal((await post("{}", { origin: "http://evil.example" })).status, 403);
    assert.equal((await post("{}", { "yunque-exported": "1" })).status, 400);
    const bomb = gzipSync(Buffer.alloc(64 << 20));
    assert.equal((await post(bomb, { "content-encoding": "gzip" })).status, 400);
    const span = {
      traceId: "5bf92f3577b34da6a3ce929d0e0e4736",
      spanId: "00f067aa0ba902b7",
      name: "ok <script>",
      kind: 2,
      startTimeUnixNano: "1700000000000000000",
      endTimeUnixNano: "1700000001000000000",
    };
    const spans = [span, null, { ...span, spanId: "x" }, { ...span, startTimeUnixNano: "never" }];
    const answer = await post(JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] }));
    assert.equal(answer.status, 200);
    const { partialSuccess } = (await answer.json()) as { partialSuccess: object };
    assert.deepEqual(partialSuccess, {
      rejectedSpans: 3,
      errorMessage: "InvalidId, MissingStartTime",
    });
  });
});
