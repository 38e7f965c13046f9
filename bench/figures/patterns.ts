import { EventMatcher } from "../../packages/server/src/domain/event-matcher.ts";
import { type BenchOptions, type Figure, type Measurement, quantile } from "../figure.ts";

const MANY = 10_000;
const FEW = 10;

/** Rules of which an event fits none or one, by what tells them apart. */
const KINDS: Readonly<Record<string, (n: number) => object>> = {
  "one value each": (n) => ({ source: ["orders"], detail: { customer: [`c${n}`] } }),
  "pairs of values": (n) => ({
    source: [`s${n % 100}`],
    "detail-type": [`t${Math.floor(n / 100)}`],
    detail: { state: [{ "anything-but": "void" }] },
  }),
  prefixes: (n) => ({ source: ["orders"], detail: { path: [{ prefix: `dir${n}/` }] } }),
  wildcards: (n) => ({ source: ["orders"], detail: { path: [{ wildcard: `*/x${n}y/*.txt` }] } }),
  "numeric ranges": (n) => ({
    source: ["orders"],
    detail: { amount: [{ numeric: [">=", n, "<", n + 1] }] },
  }),
  networks: (n) => ({ detail: { ip: [{ cidr: `10.${n >> 8}.${n & 255}.0/24` }] } }),
};

const EVENT = {
  version: "0",
  id: "7bf73129-1428-4cd3-a780-95db273d1602",
  "detail-type": "t3",
  source: "orders",
  account: "000000000000",
  time: "2026-01-01T00:00:00Z",
  region: "us-east-1",
  resources: [],
  detail: {
    customer: "c7",
    state: "open",
    path: "dir5/x8y/a.txt",
    amount: 3.5,
    ip: "10.0.4.1",
    items: [{ id: 1 }, { id: 2 }, { id: 3 }],
  },
};

/** What matching an event costs when thousands of rules ask for something else. */
export const figure: Figure = {
  name: "patterns",
  describe: "an event against 10,000 rules; floor: the same against the 10 of them that it may fit",
  async run({ quick, progress }: BenchOptions): Promise<Measurement[]> {
    const results: Measurement[] = [];
    for (const [name, ruleOf] of Object.entries(KINDS)) {
      progress(name);
      const [few, many] = [matcherOf(ruleOf, FEW), matcherOf(ruleOf, MANY)];
      const [floors, costs]: [number[], number[]] = [[], []];
      for (let round = 0; round < (quick ? 3 : 15); round += 1) {
        floors.push(microseconds(few, quick));
        costs.push(microseconds(many, quick));
      }
      const value = quantile(costs, 0.5);
      const floor = quantile(floors, 0.5);
      results.push({
        name: `${MANY} rules, ${name}`,
        value,
        unit: "us per event",
        floor,
        floorName: `${FEW} rules`,
        target: "<= 4 of the floor",
        met: value <= 4 * floor,
      });
    }
    return results;
  },
};

function matcherOf(ruleOf: (n: number) => object, rules: number): EventMatcher<number> {
  const matcher = new EventMatcher<number>();
  for (let n = 0; n < rules; n += 1) matcher.set(n, JSON.stringify(ruleOf(n)));
  return matcher;
}

function microseconds(matcher: EventMatcher<number>, quick: boolean): number {
  const events = quick ? 1_000 : 20_000;
  const started = performance.now();
  for (let n = 0; n < events; n += 1) matcher.match(EVENT);
  return ((performance.now() - started) * 1000) / events;
}
