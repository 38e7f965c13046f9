/** CloudEvents by the official SDK: onto a bus in each mode, and from a bus to a web server in each mode. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import {
  CreateApiDestinationCommand,
  CreateConnectionCommand,
  CreateEventBusCommand,
  EventBridgeClient,
  PutEventsCommand,
  PutRuleCommand,
  PutTargetsCommand,
} from "@aws-sdk/client-eventbridge";
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { CloudEvent, emitterFor, HTTP, httpTransport, Mode } from "cloudevents";
import { clientSettings, startPlatform, type TestPlatform } from "../platform.ts";

const ARN = "us-east-1:000000000000";
const EventBusName = "shop.orders";

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

describe("CloudEvents", { timeout: 60_000 }, () => {
  let platform: TestPlatform;
  let events: EventBridgeClient;
  let sqs: SQSClient;
  let QueueUrl: string | undefined;
  let url: string;
  const received: Received[] = [];
  let arrived = () => {};
  const server = createServer(async (request, response) => {
    received.push({ headers: request.headers, body: await text(request) });
    response.writeHead(204).end();
    arrived();
  });

  before(async () => {
    platform = await startPlatform();
    const settings = { ...clientSettings(platform.origin), maxAttempts: 1 };
    events = new EventBridgeClient(settings);
    sqs = new SQSClient(settings);
    url = `${platform.origin}/_yunque/cloudevents/${encodeURIComponent(EventBusName)}`;
    await events.send(new CreateEventBusCommand({ Name: EventBusName }));
    ({ QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "all" })));
    await rule("queue", { source: ["/shop", "com.example"] }, [
      { Id: "q", Arn: `arn:aws:sqs:${ARN}:all` },
    ]);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  after(async () => {
    events.destroy();
    sqs.destroy();
    server.close();
    server.closeAllConnections();
    await platform.stop();
  });

  async function rule(
    Name: string,
    pattern: object,
    Targets: NonNullable<ConstructorParameters<typeof PutTargetsCommand>[0]["Targets"]>,
  ): Promise<void> {
    const EventPattern = JSON.stringify(pattern);
    await events.send(new PutRuleCommand({ Name, EventBusName, EventPattern }));
    await events.send(new PutTargetsCommand({ Rule: Name, EventBusName, Targets }));
  }

  /** The next event in the queue. */
  async function next(): Promise<Record<string, unknown>> {
    for (;;) {
      const { Messages } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }),
      );
      const [message] = Messages ?? [];
      if (message === undefined) continue;
      const { ReceiptHandle, Body = "" } = message;
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      return JSON.parse(Body);
    }
  }

  const post = (headers: Record<string, string>, body: string | Uint8Array, to = url) =>
    fetch(to, { method: "POST", headers, body });
  const structured = { "content-type": "application/cloudevents+json" };
  const minimal = { specversion: "1.0", id: "1", source: "/shop", type: "order.placed" };

  const order = () =>
    new CloudEvent({
      source: "/shop",
      type: "order.placed",
      subject: "order 7",
      time: "2026-01-31T12:30:00.123Z",
      data: { order: 7, ä: ["ö"] },
      tenant: "a",
    });

  it("sent by the SDK in binary and structured mode are events of a bus", async () => {
    for (const mode of [Mode.BINARY, Mode.STRUCTURED]) {
      const event = order();
      await emitterFor(httpTransport(url), { mode })(event);
      const { id: _, ...found } = await next();
      const { datacontenttype, ...detail } = found["detail"] as Record<string, unknown>;
      assert.deepEqual(detail, JSON.parse(event.toString()));
      assert.equal(
        datacontenttype,
        mode === Mode.BINARY ? "application/json; charset=utf-8" : undefined,
      );
      assert.deepEqual(
        { ...found, detail: 0 },
        {
          version: "0",
          "detail-type": "order.placed",
          source: "/shop",
          account: "000000000000",
          time: "2026-01-31T12:30:00Z",
          region: "us-east-1",
          resources: [],
          detail: 0,
        },
      );
    }
  });

  it("sent as a batch, and in bytes, are events of a bus", async () => {
    const batch = [order(), order()];
    const sent = await post(
      { "content-type": "application/cloudevents-batch+json; charset=utf-8" },
      JSON.stringify(batch),
    );
    assert.deepEqual([sent.status, await sent.json()], [202, { accepted: 2 }]);
    const ids = [await next(), await next()].map(({ detail }) => (detail as { id: string }).id);
    assert.deepEqual(ids.sort(), batch.map(({ id }) => id).sort());
    const headers = { "ce-specversion": "1.0", "ce-id": "b", "ce-source": "/shop", "ce-type": "t" };
    const png = Uint8Array.of(0x89, 0x50, 0xff);
    assert.equal((await post({ ...headers, "content-type": "image/png" }, png)).status, 202);
    assert.deepEqual((await next())["detail"], {
      specversion: "1.0",
      id: "b",
      source: "/shop",
      type: "t",
      datacontenttype: "image/png",
      data_base64: "iVD/",
    });
    assert.equal(
      (await post({ "content-type": "application/cloudevents-batch+json" }, "[]")).status,
      202,
    );
  });

  it("reach API destinations whose headers ask for them, in each mode, and are what was sent", async () => {
    const { ConnectionArn } = await events.send(
      new CreateConnectionCommand({
        Name: "receiver",
        AuthorizationType: "API_KEY",
        AuthParameters: { ApiKeyAuthParameters: { ApiKeyName: "x-key", ApiKeyValue: "k" } },
      }),
    );
    const { port } = server.address() as AddressInfo;
    const { ApiDestinationArn: Arn } = await events.send(
      new CreateApiDestinationCommand({
        Name: "receiver",
        ConnectionArn,
        HttpMethod: "POST",
        InvocationEndpoint: `http://127.0.0.1:${port}/events`,
      }),
    );
    const RoleArn = "arn:aws:iam::000000000000:role/any";
    const modes = {
      structured: { "Content-Type": "application/cloudevents+json" },
      batch: { "Content-Type": "application/cloudevents-batch+json" },
      binary: { "ce-specversion": "1.0" },
    };
    for (const [name, HeaderParameters] of Object.entries(modes))
      await rule(name, { detail: { to: [name] } }, [
        { Id: "h", Arn, RoleArn, HttpParameters: { HeaderParameters } },
      ]);
    for (const mode of Object.keys(modes)) {
      const arrival = new Promise<void>((resolve) => {
        arrived = resolve;
      });
      const event = { ...minimal, source: "/elsewhere", to: mode, data: { n: 1 } };
      assert.equal((await post(structured, JSON.stringify(event))).status, 202);
      await arrival;
      const [{ headers, body } = { headers: {}, body: "" }] = received.splice(0);
      assert.equal(headers["x-key"], "k");
      const type = headers["content-type"]?.split(";")[0];
      const read = HTTP.toEvent({ headers: { ...headers, "content-type": type }, body });
      const [found] = Array.isArray(read) ? read : [read];
      const { time: _, datacontenttype: __, ...rest } = JSON.parse(String(found));
      assert.deepEqual(rest, event, mode);
    }

    const arrival = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const Entries = [
      { EventBusName, Source: "com.example.shop", DetailType: "Order", Detail: '{"to":"binary"}' },
    ];
    await events.send(new PutEventsCommand({ Entries }));
    await arrival;
    const [{ headers, body } = { headers: {}, body: "" }] = received;
    const event = HTTP.toEvent({ headers, body }) as CloudEvent<object>;
    assert.deepEqual(
      [event.source, event.type, event["awsregion"], event.data],
      ["com.example.shop", "Order", "us-east-1", { to: "binary" }],
    );
  });

  it("may be announced by a handshake", async () => {
    const headers = { "webhook-request-origin": "sender.example", "webhook-request-rate": "10" };
    const answer = await fetch(url, { method: "OPTIONS", headers });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get("webhook-allowed-origin"), "sender.example");
    assert.equal(answer.headers.get("webhook-allowed-rate"), "*");
  });

  describe("are refused", () => {
    const refused = async (answer: Response, status: number, code: string, message: RegExp) => {
      const { error } = (await answer.json()) as { error: { code: string; message: string } };
      assert.deepEqual([answer.status, error.code], [status, code]);
      assert.match(error.message, message);
    };
    const json = JSON.stringify(minimal);

    it("where they are none, or in another format", async () => {
      await refused(await post({}, "x"), 415, "UnsupportedFormat", /ce-specversion/);
      const xml = { "content-type": "application/cloudevents+xml" };
      await refused(
        await post(xml, "x"),
        415,
        "UnsupportedFormat",
        /cloudevents\+xml is not taken/,
      );
      await refused(await post(structured, "{"), 400, "InvalidCloudEvent", /no JSON/);
      await refused(await post(structured, "[]"), 400, "InvalidCloudEvent", /JSON object/);
    });

    it("where one of a batch is wrong, all of them", async () => {
      const batch = JSON.stringify([minimal, { ...minimal, source: "a b" }]);
      const headers = { "content-type": "application/cloudevents-batch+json" };
      await refused(await post(headers, batch), 400, "InvalidCloudEvent", /source must match/);
      const many = JSON.stringify(Array.from({ length: 1001 }, () => minimal));
      await refused(await post(headers, many), 413, "TooManyEvents", /1000/);
    });

    it("where they are too large, for the endpoint or for a bus", async () => {
      const event = (size: number) => JSON.stringify({ ...minimal, data: "x".repeat(size) });
      await refused(await post(structured, event(5 << 20)), 413, "TooLarge", /4194304/);
      const answer = await post(structured, event(2 << 20));
      const { accepted, refused: list } = (await answer.json()) as {
        accepted: number;
        refused: readonly { index: number; id: string }[];
      };
      assert.deepEqual([answer.status, accepted, list[0]?.index, list[0]?.id], [422, 0, 0, "1"]);
    });

    it("where the bus is not there, and where AWS alone may say so", async () => {
      const other = `${platform.origin}/_yunque/cloudevents/none`;
      await refused(await post(structured, json, other), 404, "BusUnknown", /no event bus none/);
      await refused(
        await post(structured, json, `${url}?region=eu-west-1`),
        404,
        "BusUnknown",
        /eu-west-1/,
      );
      await refused(
        await post(structured, json, `${url}?region=../x`),
        400,
        "InvalidRegion",
        /region/,
      );
      const answer = await post(structured, JSON.stringify({ ...minimal, source: "aws.s3" }));
      assert.equal(answer.status, 422);
      assert.match(await answer.text(), /NotAuthorizedForSource/);
    });

    it("from pages of other sites, and by other methods", async () => {
      const page = { ...structured, origin: "https://evil.example" };
      await refused(await post(page, json), 403, "ForeignOrigin", /origin/);
      await refused(await fetch(url), 405, "MethodNotAllowed", /POST/);
    });
  });
});
