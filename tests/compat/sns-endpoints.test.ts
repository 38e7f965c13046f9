/** What SNS sends to web servers and mailboxes: confirmed, signed, tried again, ended by a link. */
import assert from "node:assert/strict";
import { createVerify, generateKeyPairSync, sign, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { Agent, get, globalAgent } from "node:https";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it, type TestContext } from "node:test";
import {
  ConfirmSubscriptionCommand,
  CreateTopicCommand,
  GetSubscriptionAttributesCommand,
  ListSubscriptionsByTopicCommand,
  PublishCommand,
  type PublishCommandInput,
  SetTopicAttributesCommand,
  SNSClient,
  SubscribeCommand,
} from "@aws-sdk/client-sns";
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { type ParsedMail, simpleParser } from "mailparser";
import { SMTPServer } from "smtp-server";
import { certificateOf, pem } from "../../packages/server/src/domain/certificate.ts";
import { clientSettings, startPlatform, type TestPlatform } from "../platform.ts";
import { listenForMessages, type Sent } from "./recordings/sns/listener.ts";

interface Validator {
  validate(message: unknown, callback: (error: Error | null, message?: object) => void): void;
}
const MessageValidator = createRequire(import.meta.url)("sns-validator") as new (
  hosts: RegExp,
) => Validator;

describe("endpoints of SNS", () => {
  let directory: string;
  let platform: TestPlatform;
  let client: SNSClient;
  let sqs: SQSClient;
  let mailbox: Mailbox;
  const usual = { ...globalAgent.options };

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "yunque-sns-endpoints-"));
    const tls = await makeCertificate(directory);
    mailbox = await openMailbox();
    platform = await startPlatform({
      flags: ["--tls-cert", tls.cert, "--tls-key", tls.key],
      env: { YUNQUE_SMTP_URL: mailbox.url, YUNQUE_SMTP_FROM: "topics@yunque.example" },
    });
    const trust = { ca: tls.ca, checkServerIdentity: () => undefined };
    Object.assign(globalAgent.options, trust); // sns-validator asks by this one
    const settings = {
      ...clientSettings(platform.origin),
      maxAttempts: 1,
      requestHandler: { httpsAgent: new Agent({ ...trust, keepAlive: true }) },
    };
    client = new SNSClient(settings);
    sqs = new SQSClient(settings);
  });
  after(async () => {
    client.destroy();
    sqs.destroy();
    Object.assign(globalAgent.options, { ca: undefined, checkServerIdentity: undefined }, usual);
    globalAgent.destroy();
    await platform.stop();
    mailbox.close();
    await rm(directory, { recursive: true, force: true });
  });

  const topic = async (Name: string, Attributes?: Record<string, string>) =>
    (await client.send(new CreateTopicCommand({ Name, Attributes }))).TopicArn ?? "";
  const publish = (input: PublishCommandInput) => client.send(new PublishCommand(input));
  const subscribe = async (
    TopicArn: string,
    Protocol: string,
    Endpoint: string,
    Attributes?: Record<string, string>,
  ) => {
    const command = { TopicArn, Protocol, Endpoint, Attributes, ReturnSubscriptionArn: true };
    return (await client.send(new SubscribeCommand(command))).SubscriptionArn ?? "";
  };
  const listen = async (context: TestContext) => {
    const listener = await listenForMessages("/hook");
    context.after(() => listener.close());
    return listener;
  };
  /** Opens a link of a message, as a browser would: without a signature. */
  const open = (link: string, headers: Record<string, string> = {}) =>
    new Promise<{ status: number; text: string }>((resolve, reject) => {
      get(link, { headers }, (response) => {
        let text = "";
        response.on("data", (chunk) => {
          text += chunk;
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
      }).on("error", reject);
    });
  const validated = (message: unknown) =>
    new Promise<object | undefined>((resolve, reject) =>
      new MessageValidator(/^127\.0\.0\.1:\d+$/).validate(message, (error, valid) =>
        error ? reject(error) : resolve(valid),
      ),
    );
  /** A topic with a confirmed subscription of this listener. */
  const confirmed = async (
    name: string,
    url: string,
    next: () => Promise<Sent>,
    attributes?: Record<string, string>,
  ) => {
    const TopicArn = await topic(name);
    const arn = await subscribe(TopicArn, "http", url, attributes);
    await open((await next()).body["SubscribeURL"] ?? "");
    return { TopicArn, arn };
  };

  for (const version of ["1", "2"])
    it(`messages signed by version ${version} are valid to AWS's validator, and to OpenSSL`, async (context) => {
      const listener = await listen(context);
      const TopicArn = await topic(`signed-${version}`, { SignatureVersion: version });
      const arn = await subscribe(TopicArn, "http", listener.url);
      const state = async () => {
        const command = new GetSubscriptionAttributesCommand({ SubscriptionArn: arn });
        return (await client.send(command)).Attributes?.["PendingConfirmation"];
      };
      const asked = (await listener.next()).body;
      assert.equal(asked["SignatureVersion"], version);
      assert.equal(await state(), "true");
      assert.ok(await validated(asked));
      await client.send(new ConfirmSubscriptionCommand({ TopicArn, Token: asked["Token"] }));
      assert.equal(await state(), "false");

      await publish({ TopicArn, Message: "häuser\n1", Subject: "A subject" });
      await publish({ TopicArn, Message: "no subject" });
      for (const sent of [await listener.next(), await listener.next()]) {
        assert.ok(await validated(sent.body));
        await assert.rejects(validated({ ...sent.body, Message: "forged" }), /invalid/);
        assert.ok(await verifies(sent.body));
      }
    });

  async function verifies(message: Sent["body"]): Promise<boolean> {
    const certificate = new X509Certificate((await open(message["SigningCertURL"] ?? "")).text);
    const verify = createVerify(message["SignatureVersion"] === "1" ? "RSA-SHA1" : "RSA-SHA256");
    const names = ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"];
    for (const name of names)
      if (message[name] !== undefined) verify.update(`${name}\n${message[name]}\n`);
    return verify.verify(certificate.publicKey, message["Signature"] ?? "", "base64");
  }

  it("a link ends a subscription, and the link that is sent then restores it", async (context) => {
    const listener = await listen(context);
    const { TopicArn } = await confirmed("linked", listener.url, listener.next);
    await publish({ TopicArn, Message: "one" });
    const { body } = await listener.next();
    const ended = await open(body["UnsubscribeURL"] ?? "", { "sec-fetch-site": "cross-site" });
    assert.match(ended.text, /<UnsubscribeResponse/);
    const asked = (await listener.next()).body;
    assert.equal(asked["Type"], "UnsubscribeConfirmation");
    const listing = new ListSubscriptionsByTopicCommand({ TopicArn });
    assert.deepEqual((await client.send(listing)).Subscriptions, []);
    await publish({ TopicArn, Message: "nobody hears it" });
    const restored = await open(asked["SubscribeURL"] ?? "");
    assert.match(restored.text, /<ConfirmSubscriptionResponse/);
    await publish({ TopicArn, Message: "two" });
    assert.equal((await listener.next()).body["Message"], "two");
  });

  it("a guarded subscription is ended by a signed request alone", async (context) => {
    const listener = await listen(context);
    const TopicArn = await topic("guarded");
    await subscribe(TopicArn, "http", listener.url);
    const Token = (await listener.next()).body["Token"];
    const confirm = { TopicArn, Token, AuthenticateOnUnsubscribe: "true" };
    const { SubscriptionArn = "" } = await client.send(new ConfirmSubscriptionCommand(confirm));
    const link = `${platform.origin}/?Action=Unsubscribe&SubscriptionArn=${SubscriptionArn}`;
    const refused = await open(link);
    assert.equal(refused.status, 403);
    assert.match(refused.text, /AuthorizationError/);
    await publish({ TopicArn, Message: "still here" });
    assert.equal((await listener.next()).body["Message"], "still here");
  });

  it("raw messages are the text alone, in the content type that is asked for", async (context) => {
    const listener = await listen(context);
    const { TopicArn } = await confirmed("raw", listener.url, listener.next, {
      RawMessageDelivery: "true",
      DeliveryPolicy: '{"requestPolicy":{"headerContentType":"application/json"}}',
    });
    await publish({ TopicArn, Message: '{"a":1}' });
    const { text, headers } = await listener.next();
    assert.equal(text, '{"a":1}');
    assert.equal(headers["Content-Type"], "application/json");
    assert.equal(headers["x-amz-sns-rawdelivery"], "true");
  });

  it("what a web server refuses is in its dead-letter queue", async (context) => {
    const listener = await listen(context);
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "dead" }));
    const deadLetterTargetArn = "arn:aws:sqs:us-east-1:000000000000:dead";
    const { TopicArn } = await confirmed("refused", listener.url, listener.next, {
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn }),
    });
    listener.status = 403;
    const { MessageId } = await publish({ TopicArn, Message: "unwanted" });
    const { Messages } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }),
    );
    const body = JSON.parse(Messages?.[0]?.Body ?? "");
    assert.deepEqual([body.Message, body.MessageId], ["unwanted", MessageId]);
  });

  it("a web server that fails is asked again", async (context) => {
    const listener = await listen(context);
    const retry = { numRetries: 3, numNoDelayRetries: 3 };
    const { TopicArn } = await confirmed("again", listener.url, listener.next, {
      DeliveryPolicy: JSON.stringify({ healthyRetryPolicy: retry }),
    });
    listener.status = 500;
    await publish({ TopicArn, Message: "later" });
    for (let attempt = 0; attempt < 4; attempt += 1)
      assert.equal((await listener.next()).body["Message"], "later");
  });

  it("links that say nonsense are refused, and change nothing", async () => {
    const TopicArn = await topic("nonsense");
    for (const [query, words] of [
      [`Action=ConfirmSubscription&TopicArn=${TopicArn}&Token=x`, "Invalid parameter: Token"],
      [
        `Action=ConfirmSubscription&TopicArn=x&Token=${"0".repeat(192)}`,
        "Invalid parameter: Topic",
      ],
      [`Action=ConfirmSubscription&Token=x`, "TopicArn"],
      ["Action=Unsubscribe&SubscriptionArn=", "no value for required parameter"],
      ["Action=Unsubscribe&SubscriptionArn=%00", "An ARN must have at least 6 elements"],
      [`Action=Unsubscribe&SubscriptionArn=${TopicArn}`, "SubscriptionId"],
    ] as const) {
      const { status, text } = await open(`${platform.origin}/?${query}`);
      assert.equal(status, 400, query);
      assert.ok(text.includes(words), text);
    }
    // No other operation is done for the page of another site, or without a signature's service.
    const deleting = `${platform.origin}/?Action=DeleteTopic&TopicArn=${TopicArn}`;
    const { status } = await open(`${deleting}&Version=2010-03-31`, {
      "sec-fetch-site": "cross-site",
    });
    assert.equal(status, 403);
    assert.equal(
      (await open(`${platform.origin}/SimpleNotificationService-${"0".repeat(32)}.pem`)).status,
      404,
    );
    await publish({ TopicArn, Message: "still there" });
  });

  it("mail is confirmed by its link, and says what is published", async () => {
    const TopicArn = await topic("mailed");
    await client.send(
      new SetTopicAttributesCommand({
        TopicArn,
        AttributeName: "DisplayName",
        AttributeValue: "The shop",
      }),
    );
    await subscribe(TopicArn, "email", "somebody@mail.example");
    const asked = await mailbox.next();
    assert.equal([asked.to].flat()[0]?.text, "somebody@mail.example");
    const [link = ""] = /https:\S+Token=[0-9a-f]+/.exec(asked.text ?? "") ?? [];
    const opened = await open(link, { "sec-fetch-site": "cross-site" });
    assert.match(opened.text, /<ConfirmSubscriptionResponse/);
    await publish({ TopicArn, Message: "häuser\n.\nworld", Subject: "News" });
    const { text = "", subject, from } = await mailbox.next();
    assert.deepEqual(from?.value, [{ name: "The shop", address: "topics@yunque.example" }]);
    assert.equal(subject, "News");
    assert.match(text, /^häuser\n\.\nworld\n/);

    const json = await topic("mailed-json");
    await subscribe(json, "email-json", "program@mail.example");
    const { Token } = JSON.parse((await mailbox.next()).text ?? "");
    await client.send(new ConfirmSubscriptionCommand({ TopicArn: json, Token }));
    await publish({ TopicArn: json, Message: "for programs" });
    assert.equal(JSON.parse((await mailbox.next()).text ?? "").Message, "for programs");
  });
});

it("a platform stops in time although an endpoint never answers, which gets its message after the next start", async (context) => {
  const dataDir = await mkdtemp(join(tmpdir(), "yunque-sns-stop-"));
  context.after(() => rm(dataDir, { recursive: true, force: true }));
  const arrived: string[] = [];
  let answering = true;
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk) => {
      text += chunk;
    });
    request.on("end", () => {
      arrived.push(text);
      if (answering) response.end();
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const until = async (count: number) => {
    while (arrived.length < count) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  const flags = ["--shutdown-seconds", "0.2"];
  const platform = await startPlatform({ dataDir, flags });
  const client = new SNSClient({ ...clientSettings(platform.origin), maxAttempts: 1 });
  const { TopicArn = "" } = await client.send(new CreateTopicCommand({ Name: "t" }));
  const Endpoint = `http://127.0.0.1:${port}/`;
  await client.send(new SubscribeCommand({ TopicArn, Protocol: "http", Endpoint }));
  await until(1);
  const { Token } = JSON.parse(arrived[0] ?? "");
  await client.send(new ConfirmSubscriptionCommand({ TopicArn, Token }));
  answering = false;
  await client.send(new PublishCommand({ TopicArn, Message: "patience" }));
  await until(2);
  assert.equal(await platform.stop(), 0);
  client.destroy();
  answering = true;
  const next = await startPlatform({ dataDir, flags });
  await until(3);
  assert.deepEqual(
    arrived.slice(1).map((text) => JSON.parse(text).Message),
    ["patience", "patience"],
  );
  assert.equal(await next.stop(), 0);
});

interface Mailbox {
  readonly url: string;
  next(): Promise<ParsedMail>;
  close(): void;
}

/** A mail server on this machine. */
async function openMailbox(): Promise<Mailbox> {
  const arrived: ParsedMail[] = [];
  const waiting: ((mail: ParsedMail) => void)[] = [];
  const server = new SMTPServer({
    disabledCommands: ["AUTH", "STARTTLS"],
    onData(stream, _session, callback) {
      void simpleParser(stream).then((mail) => {
        const next = waiting.shift();
        if (next === undefined) arrived.push(mail);
        else next(mail);
        callback();
      });
    },
  });
  server.on("error", () => {});
  const listening = server.listen(0, "127.0.0.1");
  if (!listening.listening) await once(listening, "listening");
  const { port } = listening.address() as AddressInfo;
  return {
    url: `smtp://127.0.0.1:${port}`,
    next() {
      const mail = arrived.shift();
      return mail === undefined
        ? new Promise((resolve) => waiting.push(resolve))
        : Promise.resolve(mail);
    },
    close: () => server.close(),
  };
}

/** Files of a certificate of the platform's own, for HTTPS. */
async function makeCertificate(directory: string) {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const now = Date.now();
  const content = {
    commonName: "127.0.0.1",
    serial: Uint8Array.of(0x41, 1),
    notBefore: now - 60_000,
    notAfter: now + 86_400_000,
    publicKey: publicKey.export({ type: "spki", format: "der" }),
  };
  const ca = pem(certificateOf(content, (bytes) => sign("sha256", bytes, privateKey)));
  const [cert, key] = [join(directory, "cert.pem"), join(directory, "key.pem")];
  await writeFile(cert, ca);
  await writeFile(key, privateKey.export({ type: "pkcs8", format: "pem" }));
  return { cert, key, ca };
}
