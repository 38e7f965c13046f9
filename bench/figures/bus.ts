import {
  EventBridgeClient,
  PutEventsCommand,
  PutRuleCommand,
  PutTargetsCommand,
} from "@aws-sdk/client-eventbridge";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { deploy } from "../../tests/deploy.ts";
import { clientSettings, startPlatform } from "../../tests/platform.ts";
import {
  type BenchOptions,
  type Figure,
  type Measurement,
  quantile,
  UNLIMITED,
} from "../figure.ts";
import { load, type Target } from "../load.ts";
import { counted, TOKEN } from "./async.ts";

const CONNECTIONS = 32;
const BATCH = 10;
/** About 200 bytes, as a small event is. */
const DETAIL = JSON.stringify({ name: "skylark", pad: "x".repeat(160) });
const HANDLER = "exports.handler = async () => ({});";
/** How long an event took to the handler, by the clock that all processes of a machine share. */
const ARRIVALS = `
const waits = [];
exports.handler = async (event) => {
  const sentAt = event.detail?.sentAt ?? event.sentAt;
  if (sentAt === undefined) return waits.splice(0);
  waits.push(Number(process.hrtime.bigint() - BigInt(sentAt)) / 1e6);
};`;

/** Events from PutEvents over a rule to a function and their end, beside asynchronous invocations without the bus. */
export const figure: Figure = {
  name: "bus",
  describe:
    "PutEvents in batches of 10, a rule, a function; floor: asynchronous invocations straight",
  async run({ quick, progress }: BenchOptions): Promise<Measurement[]> {
    const seconds = quick ? 1 : 5;
    const platform = await startPlatform({ flags: UNLIMITED, env: { YUNQUE_ADMIN_TOKEN: TOKEN } });
    const settings = { ...clientSettings(platform.origin), maxAttempts: 1 };
    const lambda = new LambdaClient(settings);
    const events = new EventBridgeClient(settings);
    try {
      for (const [name, code] of [
        ["bench", HANDLER],
        ["arrivals", ARRIVALS],
      ] as const) {
        const Arn = await deploy(lambda, name, { "index.js": code }, { MemorySize: 1_769 });
        const EventPattern = JSON.stringify({ source: [name] });
        await events.send(new PutRuleCommand({ Name: name, EventPattern }));
        const Targets = [{ Id: "1", Arn }];
        await events.send(new PutTargetsCommand({ Rule: name, Targets }));
      }
      const invoke: Target = {
        origin: platform.origin,
        path: "/2015-03-31/functions/bench/invocations",
        body: DETAIL,
        headers: ["x-amz-invocation-type: Event"],
        status: 202,
      };
      const put = putEvents(platform.origin);
      await throughput(put, BATCH, seconds / 2);
      const [rates, floors]: [number[], number[]] = [[], []];
      let failures = 0;
      for (let round = 1; round <= (quick ? 1 : 3); round += 1) {
        progress(`round ${round}`);
        const straight = await throughput(invoke, 1, seconds);
        const overBus = await throughput(put, BATCH, seconds);
        floors.push(straight.rate);
        rates.push(overBus.rate);
        failures += straight.failures + overBus.failures;
      }
      const samples = quick ? 20 : 300;
      const straight = await arrivals(lambda, samples, (sentAt) =>
        lambda.send(
          new InvokeCommand({
            FunctionName: "arrivals",
            InvocationType: "Event",
            Payload: JSON.stringify({ sentAt }),
          }),
        ),
      );
      const overBus = await arrivals(lambda, samples, (sentAt) =>
        events.send(
          new PutEventsCommand({
            Entries: [{ Source: "arrivals", DetailType: "t", Detail: JSON.stringify({ sentAt }) }],
          }),
        ),
      );
      const rate = quantile(rates, 0.5);
      const p50 = quantile(overBus, 0.5);
      return [
        {
          name: `${CONNECTIONS} connections, batches of ${BATCH}`,
          value: rate,
          unit: "events/s end to end",
          floor: quantile(floors, 0.5),
          floorName: "asynchronous invocations straight, one a request",
          target: ">= 5,000",
          met: rate >= 5_000 && failures === 0,
        },
        {
          name: "idle, from PutEvents to the handler",
          value: p50,
          unit: "ms p50",
          floor: quantile(straight, 0.5),
          floorName: "an asynchronous invocation straight",
          target: "<= 5 ms",
          met: p50 <= 5,
        },
        {
          name: "failures",
          value: failures,
          unit: "requests",
          target: "none",
          met: failures === 0,
        },
      ];
    } finally {
      lambda.destroy();
      events.destroy();
      await platform.stop();
    }
  },
};

function putEvents(origin: string): Target {
  const Entries = Array.from({ length: BATCH }, () => ({
    Source: "bench",
    DetailType: "figure",
    Detail: DETAIL,
  }));
  return {
    origin,
    path: "/",
    body: JSON.stringify({ Entries }),
    sdkHeaders: [
      "content-type: application/x-amz-json-1.1",
      "x-amz-target: AWSEvents.PutEvents",
      `authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/events/aws4_request, SignedHeaders=host, Signature=${"0".repeat(64)}`,
    ],
  };
}

/** Sends for so long, and waits until every event was executed and settled. */
async function throughput(target: Target, eventsEach: number, seconds: number) {
  const before = await counted(target.origin);
  const started = performance.now();
  const { requests, failures } = await load(target, CONNECTIONS, seconds);
  const sent = (requests - failures) * eventsEach;
  while ((await counted(target.origin)) < before + sent)
    await new Promise((resolve) => setTimeout(resolve, 5));
  return { rate: (sent * 1000) / (performance.now() - started), failures };
}

/** Milliseconds from the caller to the handler, of events one after the other. */
async function arrivals(
  lambda: LambdaClient,
  count: number,
  send: (sentAt: string) => Promise<unknown>,
): Promise<number[]> {
  const waits: number[] = [];
  for (let sent = 0; waits.length < count && sent < count * 3; sent += 1) {
    await send(String(process.hrtime.bigint()));
    // Then the instance that ran it is idle, and is asked next.
    await new Promise((resolve) => setTimeout(resolve, 20));
    const { Payload } = await lambda.send(
      new InvokeCommand({ FunctionName: "arrivals", Payload: "{}" }),
    );
    waits.push(...(JSON.parse(Payload?.transformToString() ?? "[]") as number[]));
  }
  return waits.slice(1); // the first one was a cold start
}
