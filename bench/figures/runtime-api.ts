import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { npm } from "../../tests/compat/custom-runtimes/npm.ts";
import { deploy } from "../../tests/deploy.ts";
import { clientSettings, startPlatform } from "../../tests/platform.ts";
import { zipOf } from "../../tests/zip.ts";
import {
  type BenchOptions,
  type Figure,
  type Measurement,
  quantile,
  UNLIMITED,
} from "../figure.ts";
import type { Target } from "../load.ts";
import { BODY, type Cost, measure, startFloor } from "./invoke.ts";

const CONNECTIONS = 64;
const EXECUTABLE = 0o100755;
const SETTINGS = {
  Runtime: "provided.al2023",
  Handler: "app.handler",
  MemorySize: 1_769,
} as const;

/**
 * A client of the Runtime API that costs little itself: one connection, one request after the other, no parser that
 * does more than it must. It stands for clients in Go, Rust or C.
 */
const LEAN = `#!/bin/sh
NODE="${process.execPath}"
[ -x "$NODE" ] || NODE=/var/runtime/yunque/node
exec "$NODE" "$LAMBDA_TASK_ROOT/lean.cjs"
`;
const LEAN_CLIENT = `
const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
const socket = require("node:net").connect({ host, port: Number(port), noDelay: true });
const API = "/2018-06-01/runtime/invocation/";
const NEXT = "GET " + API + "next HTTP/1.1\\r\\nHost: " + host + "\\r\\n\\r\\n";
const ID = "lambda-runtime-aws-request-id: ";
let text = "", answered = true;
socket.on("data", (chunk) => {
  text += chunk.latin1Slice();
  for (;;) {
    const end = text.indexOf("\\r\\n\\r\\n");
    if (end < 0) return;
    const head = text.slice(0, end).toLowerCase();
    const length = head.indexOf("content-length: ");
    const whole = end + 4 + (length < 0 ? 0 : parseInt(head.slice(length + 16), 10));
    if (text.length < whole) return;
    const body = text.slice(end + 4, whole);
    text = text.slice(whole);
    if (answered) {
      const at = head.indexOf(ID) + ID.length;
      const id = head.slice(at, head.indexOf("\\r\\n", at));
      const result = JSON.stringify({ greeting: "hello " + JSON.parse(body).name });
      answered = false;
      socket.write("POST " + API + id + "/response HTTP/1.1\\r\\nHost: " + host +
        "\\r\\nContent-Length: " + result.length + "\\r\\n\\r\\n" + result);
    } else {
      answered = true;
      socket.write(NEXT);
    }
  }
});
socket.write(NEXT);
`;

/** Warm invokes of a custom runtime, which speaks the official Runtime API over HTTP inside of its instance. */
export const figure: Figure = {
  name: "runtime-api",
  describe:
    "warm invoke of a custom runtime over the official Runtime API; floor: bare node:http with the same handler",
  async run({ quick, progress }: BenchOptions): Promise<Measurement[]> {
    const seconds = quick ? 1 : 5;
    const floor = await startFloor();
    const platform = await startPlatform({ flags: UNLIMITED });
    const directory = await mkdtemp(join(tmpdir(), "yunque-bench-"));
    const client = new LambdaClient(clientSettings(platform.origin));
    const floorTarget: Target = { origin: floor.origin, path: "/", body: BODY };
    try {
      const rows: Measurement[] = [];
      for (const { name, code, asked } of await clients(directory, progress)) {
        progress(name);
        await deploy(client, `bench-${rows.length}`, code, SETTINGS);
        const path = `/2015-03-31/functions/bench-${rows.length}/invocations`;
        const target: Target = { origin: platform.origin, path, body: BODY };
        await measure(platform.pid, target, CONNECTIONS, seconds);
        await measure(floor.pid, floorTarget, CONNECTIONS, seconds / 2);
        const bare: Cost[] = [];
        const ours: Cost[] = [];
        for (let round = 1; round <= (quick ? 1 : 3); round++) {
          bare.push(await measure(floor.pid, floorTarget, CONNECTIONS, seconds));
          ours.push(await measure(platform.pid, target, CONNECTIONS, seconds));
        }
        rows.push(...report(name, ours, bare, asked));
      }
      return rows;
    } finally {
      client.destroy();
      await platform.stop();
      floor.stop();
      await rm(directory, { recursive: true, force: true });
    }
  },
};

interface Client {
  readonly name: string;
  readonly code: Uint8Array;
  /** Invocations per second that it must reach. */
  readonly asked?: number;
}

async function clients(directory: string, progress: (line: string) => void): Promise<Client[]> {
  const files = { bootstrap: LEAN, "lean.cjs": LEAN_CLIENT };
  const lean = { name: "a lean client", code: await zipOf(files, EXECUTABLE), asked: 5_000 };
  const ric = await npm(directory);
  if ("skip" in ric) {
    progress(`without npm's client: ${ric.skip}`);
    return [lean];
  }
  const code = ric.code instanceof Uint8Array ? ric.code : await zipOf(ric.code, EXECUTABLE);
  return [lean, { name: "npm's aws-lambda-ric", code }];
}

function report(name: string, ours: Cost[], bare: Cost[], asked: number | undefined) {
  const median = (costs: Cost[], of: (cost: Cost) => number) => quantile(costs.map(of), 0.5);
  const rate = ({ load }: Cost) => load.requests / load.seconds;
  const perCpu = ({ load, all }: Cost) => load.requests / all;
  const failures = ours.reduce((sum, { load }) => sum + load.failures, 0);
  const value = median(ours, rate);
  const floorName = "bare node:http";
  const target = asked === undefined ? {} : { target: `>= ${asked}/s`, met: value >= asked };
  return [
    { name, value, unit: "requests/s", floor: median(bare, rate), floorName, ...target },
    {
      name: `${name}, front end and instances`,
      value: median(ours, perCpu),
      unit: "requests per CPU-second",
      floor: median(bare, perCpu),
      floorName,
    },
    { name, value: failures, unit: "failures", target: "none", met: failures === 0 },
  ];
}
