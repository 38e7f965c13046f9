/** EventBridge's API destinations, archives and replays through AWS's own JavaScript client. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import {
  CancelReplayCommand,
  CreateApiDestinationCommand,
  CreateArchiveCommand,
  CreateConnectionCommand,
  type CreateConnectionCommandInput,
  CreateEventBusCommand,
  DeauthorizeConnectionCommand,
  DeleteApiDestinationCommand,
  DeleteArchiveCommand,
  DeleteConnectionCommand,
  DescribeApiDestinationCommand,
  DescribeArchiveCommand,
  DescribeConnectionCommand,
  DescribeReplayCommand,
  type EventBridgeClient,
  IllegalStatusException,
  ListApiDestinationsCommand,
  ListArchivesCommand,
  ListConnectionsCommand,
  ListReplaysCommand,
  StartReplayCommand,
  UpdateApiDestinationCommand,
  UpdateArchiveCommand,
  UpdateConnectionCommand,
} from "@aws-sdk/client-eventbridge";
import { busArn, type EventsPlatform, openEventsPlatform } from "./events.ts";

interface Request {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

describe("EventBridge's API destinations and archives, by AWS's JavaScript client", () => {
  let events: EventsPlatform;
  let client: EventBridgeClient;
  const requests: Request[] = [];
  const waiting: ((request: Request) => void)[] = [];
  const answers: [status: number, body: string][] = [];
  const server = createServer(async (request, response) => {
    const { method, url, headers } = request;
    const got = { method, url, headers, body: await text(request) };
    const [status, body] = answers.shift() ?? [200, ""];
    response.writeHead(status, { "content-type": "application/json" }).end(body);
    const next = waiting.shift();
    if (next) next(got);
    else requests.push(got);
  });
  let origin = "";

  before(async () => {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    events = await openEventsPlatform();
    client = events.client;
  });
  after(async () => {
    server.closeAllConnections();
    server.close();
    await events.stop();
  });

  const request = (): Promise<Request> => {
    const got = requests.shift();
    return got ? Promise.resolve(got) : new Promise((resolve) => waiting.push(resolve));
  };
  const connect = async (
    Name: string,
    AuthorizationType: CreateConnectionCommandInput["AuthorizationType"],
    AuthParameters: CreateConnectionCommandInput["AuthParameters"],
  ) => {
    const input = { Name, AuthorizationType, AuthParameters };
    return (await client.send(new CreateConnectionCommand(input))).ConnectionArn;
  };
  const destination = async (Name: string, ConnectionArn: string | undefined, path = "/") => {
    const { ApiDestinationArn = "" } = await client.send(
      new CreateApiDestinationCommand({
        Name,
        ConnectionArn,
        InvocationEndpoint: `${origin}${path}`,
        HttpMethod: "POST",
      }),
    );
    return ApiDestinationArn;
  };

  it("a request has what target and connection say, and nobody else sees the secrets", async () => {
    const connection = await connect("basic", "BASIC", {
      BasicAuthParameters: { Username: "user", Password: "a-secret" },
      InvocationHttpParameters: {
        HeaderParameters: [{ Key: "x-key", Value: "hidden-header", IsValueSecret: true }],
        QueryStringParameters: [{ Key: "q", Value: "open", IsValueSecret: false }],
        BodyParameters: [{ Key: "more", Value: "hidden-body", IsValueSecret: true }],
      },
    });
    const Arn = await destination("basic", connection, "/orders/*/items");
    await events.rule("http", "http", {
      Arn,
      InputPath: "$.detail",
      HttpParameters: {
        PathParameterValues: ["$.detail.id"],
        HeaderParameters: { "X-Source": "$.source", "x-fixed": "yes" },
        QueryStringParameters: { kind: "$.detail-type" },
      },
    });
    await events.put({ Source: "http", Detail: '{"id": "a/b"}' });
    const { method, url, headers, body } = await request();
    assert.deepEqual([method, url], ["POST", "/orders/a%2Fb/items?kind=order&q=open"]);
    assert.equal(headers.authorization, `Basic ${btoa("user:a-secret")}`);
    assert.equal(headers["x-source"], "http");
    assert.equal(headers["x-fixed"], "yes");
    assert.equal(headers["x-key"], "hidden-header");
    assert.equal(headers["user-agent"], "Amazon/EventBridge/ApiDestinations");
    assert.deepEqual(JSON.parse(body), { id: "a/b", more: "hidden-body" });
    const described = await client.send(new DescribeConnectionCommand({ Name: "basic" }));
    const shown = JSON.stringify(described);
    assert.ok(!/a-secret|hidden/.test(shown), shown);
    assert.ok(shown.includes("open"));
  });

  it("a token is fetched once, and again after the server refuses it", async () => {
    answers.push([200, '{"access_token": "first", "expires_in": 3600}'], [200, ""]);
    const connection = await connect("oauth", "OAUTH_CLIENT_CREDENTIALS", {
      OAuthParameters: {
        AuthorizationEndpoint: `${origin}/token`,
        HttpMethod: "POST",
        ClientParameters: { ClientID: "me", ClientSecret: "my-secret" },
        OAuthHttpParameters: { BodyParameters: [{ Key: "audience", Value: "shop" }] },
      },
    });
    const Arn = await destination("oauth", connection, "/hook");
    await events.rule("oauth", "oauth", { Arn });
    await events.put({ Source: "oauth" });
    const token = await request();
    assert.equal(token.url, "/token");
    assert.deepEqual(Object.fromEntries(new URLSearchParams(token.body)), {
      grant_type: "client_credentials",
      client_id: "me",
      client_secret: "my-secret",
      audience: "shop",
    });
    assert.equal((await request()).headers.authorization, "Bearer first");
    const { ConnectionState } = await client.send(new DescribeConnectionCommand({ Name: "oauth" }));
    assert.equal(ConnectionState, "AUTHORIZED");
    answers.push([401, ""], [200, '{"access_token": "second"}'], [200, ""]);
    await events.put({ Source: "oauth" });
    assert.equal((await request()).headers.authorization, "Bearer first");
    assert.equal((await request()).url, "/token");
    assert.equal((await request()).headers.authorization, "Bearer second");
  });

  it("a server that fails is asked again; one that refuses is not", async () => {
    const dlq = await events.queue("http-dlq");
    const connection = await connect("key", "API_KEY", {
      ApiKeyAuthParameters: { ApiKeyName: "X-Api-Key", ApiKeyValue: "k" },
    });
    const Arn = await destination("key", connection);
    await events.rule("key", "key", { Arn, DeadLetterConfig: { Arn: dlq.arn } });
    answers.push([503, ""], [200, ""]);
    await events.put({ Source: "key" });
    assert.equal((await request()).headers["x-api-key"], "k");
    await request();
    answers.push([400, ""]);
    await events.put({ Source: "key" });
    await request();
    const { MessageAttributes = {} } = await dlq.next();
    assert.equal(MessageAttributes["ERROR_MESSAGE"]?.StringValue, "The endpoint answered 400.");
    assert.equal(MessageAttributes["RETRY_ATTEMPTS"]?.StringValue, "0");
  });

  it("connections and destinations are changed, listed and deleted", async () => {
    const update = new UpdateConnectionCommand({
      Name: "key",
      Description: "d",
      AuthParameters: { ApiKeyAuthParameters: { ApiKeyValue: "new" } },
    });
    assert.equal((await client.send(update)).ConnectionState, "AUTHORIZED");
    const { Connections = [] } = await client.send(new ListConnectionsCommand({ NamePrefix: "k" }));
    assert.deepEqual(
      Connections.map(({ Name }) => Name),
      ["key"],
    );
    await client.send(
      new UpdateApiDestinationCommand({ Name: "key", InvocationRateLimitPerSecond: 5 }),
    );
    const found = await client.send(new ListApiDestinationsCommand({ NamePrefix: "key" }));
    assert.equal(found.ApiDestinations?.[0]?.InvocationRateLimitPerSecond, 5);
    const off = await client.send(new DeauthorizeConnectionCommand({ Name: "key" }));
    assert.equal(off.ConnectionState, "DEAUTHORIZED");
    const described = await client.send(new DescribeApiDestinationCommand({ Name: "key" }));
    assert.equal(described.ApiDestinationState, "INACTIVE");
    await client.send(new DeleteApiDestinationCommand({ Name: "key" }));
    await client.send(new DeleteConnectionCommand({ Name: "key" }));
    const gone = client.send(new DescribeConnectionCommand({ Name: "key" }));
    await assert.rejects(gone, {
      message: "Failed to describe the connection(s). Connection 'key' does not exist.",
    });
  });

  it("what a bus archived is replayed to the rules that are chosen", async () => {
    const chosen = await events.queue("chosen");
    await client.send(new CreateEventBusCommand({ Name: "archived" }));
    const { ArchiveArn = "" } = await client.send(
      new CreateArchiveCommand({
        ArchiveName: "keep",
        EventSourceArn: busArn("archived"),
        EventPattern: '{"detail": {"keep": [true]}}',
        RetentionDays: 7,
      }),
    );
    const from = new Date(Date.now() - 1000);
    for (const keep of [true, false])
      await events.put({
        Source: "replayed",
        EventBusName: "archived",
        Detail: JSON.stringify({ keep }),
      });
    const RuleArn = await events.rule("chosen", "replayed", { Arn: chosen.arn }, "archived");
    const other = await events.queue("other");
    await events.rule("other", "replayed", { Arn: other.arn }, "archived");
    await client.send(
      new StartReplayCommand({
        ReplayName: "again",
        EventSourceArn: ArchiveArn,
        EventStartTime: from,
        EventEndTime: new Date(Date.now() + 1000),
        Destination: { Arn: busArn("archived"), FilterArns: [RuleArn] },
      }),
    );
    const event = JSON.parse((await chosen.next()).Body ?? "");
    assert.equal(event["replay-name"], "again");
    assert.deepEqual(event.detail, { keep: true });
    const described = async () => client.send(new DescribeReplayCommand({ ReplayName: "again" }));
    while ((await described()).State !== "COMPLETED");
    assert.deepEqual((await described()).Destination?.FilterArns, [RuleArn]);
    await assert.rejects(
      client.send(new CancelReplayCommand({ ReplayName: "again" })),
      IllegalStatusException,
    );
    const { Replays = [] } = await client.send(new ListReplaysCommand({ State: "COMPLETED" }));
    assert.equal(Replays.length, 1);
    // What is replayed is not archived again, and the other rule got only what was put.
    const archive = await client.send(new DescribeArchiveCommand({ ArchiveName: "keep" }));
    assert.equal(archive.EventCount, 1);
    await events.put({ Source: "replayed", EventBusName: "archived", Detail: '{"last": 1}' });
    assert.deepEqual(JSON.parse((await other.next()).Body ?? "").detail, { last: 1 });

    await client.send(new UpdateArchiveCommand({ ArchiveName: "keep", RetentionDays: 1 }));
    const { Archives = [] } = await client.send(
      new ListArchivesCommand({ EventSourceArn: busArn("archived") }),
    );
    assert.equal(Archives[0]?.RetentionDays, 1);
    await client.send(new DeleteArchiveCommand({ ArchiveName: "keep" }));
  });
});
