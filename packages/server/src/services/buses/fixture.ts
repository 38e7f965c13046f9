/** The service on the memory engine, with targets and web servers that do what a test says. */
import { createMemoryEngine } from "../../engines/memory/engine.ts";
import type { TargetMessage } from "../../ports/targets.ts";
import type { WebAnswer, WebRequest } from "../../ports/web.ts";
import type { DeliveryEnd } from "../deliverer/index.ts";
import { idle, ManualClock, SCOPE } from "../functions/fixture.ts";
import { type Buses, createEventBuses, type NewEntry } from "./index.ts";

export { idle, SCOPE };

export const QUEUE = `arn:aws:sqs:${SCOPE.region}:${SCOPE.account}:q`;

export interface BusesFixture {
  readonly buses: Buses;
  readonly clock: ManualClock;
  /** What targets were sent, also what they refused. */
  readonly sent: TargetMessage[];
  readonly requests: WebRequest[];
  readonly lost: DeliveryEnd[];
  readonly failures: unknown[];
  /** A rule on the default bus with this source, and a target. */
  rule(
    name: string,
    source: string,
    target?: Partial<Parameters<Buses["targets"]["put"]>[2][number]>,
  ): Promise<string>;
  put(entry?: Partial<NewEntry>): ReturnType<Buses["put"]>;
  /** What the next life of the platform finds. */
  restart(): BusesFixture;
}

export interface FixtureOptions {
  take?(message: TargetMessage): Promise<void>;
  answer?(request: WebRequest): Promise<Partial<WebAnswer>>;
}

export function openBuses(
  options: FixtureOptions = {},
  engine = createMemoryEngine(),
  clock = new ManualClock(),
): BusesFixture {
  const sent: TargetMessage[] = [];
  const requests: WebRequest[] = [];
  const lost: DeliveryEnd[] = [];
  const failures: unknown[] = [];
  const buses: Buses = createEventBuses({
    records: engine.records,
    queues: engine.queues,
    clock,
    targets: {
      async deliver(message) {
        if (message.target.includes(":events:")) return buses.deliver(message);
        sent.push(message);
        await options.take?.(message);
      },
      exists: async () => true,
    },
    web: {
      async send(request) {
        requests.push(request);
        const answer = (await options.answer?.(request)) ?? {};
        return { status: 200, headers: {}, body: new Uint8Array(), ...answer };
      },
      close() {},
    },
    metrics: { count() {}, observe() {} },
    onFailure: (error) => failures.push(error),
    onGivenUp: (_, end) => lost.push(end),
  });
  return {
    buses,
    clock,
    sent,
    requests,
    lost,
    failures,
    async rule(name, source, target = {}) {
      const pattern = JSON.stringify({ source: [source] });
      const arn = await buses.rules.put(SCOPE, {
        name,
        bus: undefined,
        pattern,
        schedule: undefined,
        state: undefined,
        description: undefined,
        roleArn: undefined,
        tags: undefined,
      });
      await buses.targets.put(SCOPE, { name, bus: undefined }, [
        { id: "target", arn: QUEUE, ...target },
      ]);
      return arn;
    },
    put: (entry = {}) =>
      buses.put(SCOPE, [
        {
          source: "shop",
          detailType: "order",
          detail: '{"id": 1}',
          resources: [],
          time: undefined,
          bus: undefined,
          traceId: undefined,
          ...entry,
        },
      ]),
    restart: () => openBuses(options, engine, clock),
  };
}

/** What a target was sent, parsed. */
export const bodyOf = (message: TargetMessage | undefined): Record<string, unknown> =>
  JSON.parse(Buffer.from(message?.body ?? []).toString("utf8"));
