import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEmbeddedEngine } from "../../packages/server/src/engines/embedded/engine.ts";
import { startPlatform } from "../../tests/platform.ts";
import { type BenchOptions, type Figure, type Measurement, quantile } from "../figure.ts";
import { type Repeated, repeated } from "../repeated.ts";

const CLIENTS = 16;
const BATCH = 10;
const BODY = "x".repeat(1_000);
const ACCOUNT = "000000000000";
const ENTRIES = Array.from({ length: BATCH }, (_, n) => ({ Id: `${n}`, MessageBody: BODY }));

/** Messages that are sent, received and deleted over HTTP, beside the durable queue that they go through. */
export const figure: Figure = {
  name: "sqs",
  describe:
    "send, receive and delete of 1 KB in batches of 10 from 16 clients; floor: the same calls of the engine alone",
  async run({ quick, progress }: BenchOptions): Promise<Measurement[]> {
    const seconds = quick ? 0.5 : 4;
    const rounds = quick ? 1 : 3;
    const platform = await startPlatform();
    const clients = await Promise.all(
      Array.from({ length: CLIENTS }, () => Client.open(platform.origin)),
    );
    try {
      const queue = { QueueUrl: `${platform.origin}/${ACCOUNT}/bench` };
      await clients[0]?.call("CreateQueue", { QueueName: "bench" });
      const cycle = async (caller: number) => {
        const client = clients[caller];
        await client?.call("SendMessageBatch", { ...queue, Entries: ENTRIES });
        const received = await client?.call("ReceiveMessage", {
          ...queue,
          MaxNumberOfMessages: BATCH,
        });
        const Entries = handlesIn(received ?? "").map((ReceiptHandle, n) => ({
          Id: `${n}`,
          ReceiptHandle,
        }));
        if (Entries.length > 0) await client?.call("DeleteMessageBatch", { ...queue, Entries });
      };
      await repeated(CLIENTS, seconds / 4, cycle);
      const ours: Repeated[] = [];
      const floors: Repeated[] = [];
      for (let round = 1; round <= rounds; round++) {
        progress(`round ${round} of ${rounds}`);
        floors.push(await engineAlone(seconds));
        ours.push(await repeated(CLIENTS, seconds, cycle));
      }
      return report(ours, floors);
    } finally {
      for (const client of clients) client.close();
      await platform.stop();
    }
  },
};

function report(ours: readonly Repeated[], floors: readonly Repeated[]): Measurement[] {
  const median = (runs: readonly Repeated[]) =>
    quantile(
      runs.map(({ rate }) => rate * BATCH),
      0.5,
    );
  const [value, floor] = [median(ours), median(floors)];
  const latencies = ours.flatMap((run) => run.latencies);
  return [
    {
      name: `${CLIENTS} clients, batches of ${BATCH}`,
      value,
      unit: "messages/s sent, received and deleted",
      floor,
      floorName: "the embedded engine alone",
      target: ">= 0.4 of the floor",
      met: value >= 0.4 * floor,
    },
    { name: "a cycle of three calls", value: quantile(latencies, 0.5), unit: "ms p50" },
    { name: "a cycle of three calls", value: quantile(latencies, 0.99), unit: "ms p99" },
  ];
}

/** The same work without HTTP, JSON and SQS: each cycle is three calls of the engine. */
async function engineAlone(seconds: number): Promise<Repeated> {
  const directory = mkdtempSync(join(tmpdir(), "yunque-bench-"));
  try {
    const engine = await openEmbeddedEngine({ directory });
    const queue = `${ACCOUNT}/us-east-1/bench/queue`;
    const message = { body: Buffer.from(BODY), attributes: '{"source":"bench"}' };
    const batch = Array.from({ length: BATCH }, () => message);
    const done = { kind: "done" } as const;
    const run = await repeated(CLIENTS, seconds, async () => {
      await engine.queues.enqueue(queue, batch, Date.now());
      const options = { now: Date.now(), leaseMs: 30_000, limit: BATCH };
      const leased = await engine.queues.lease(queue, options);
      await engine.queues.settle(
        leased.map(({ id, epoch }) => ({ queue, id, epoch, become: done })),
        Date.now(),
      );
    });
    await engine.close();
    return run;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const handlesIn = (received: string): string[] =>
  [...received.matchAll(/"ReceiptHandle":"([^"]+)"/g)].map(([, handle = ""]) => handle);

/** One keep-alive connection that costs little itself. */
class Client {
  readonly #socket: Socket;
  readonly #host: string;
  #answer = "";
  #resolve: (body: string) => void = () => {};
  #reject: (error: Error) => void = () => {};

  private constructor(socket: Socket, host: string) {
    this.#socket = socket;
    this.#host = host;
    socket.setEncoding("latin1");
    socket.on("data", (text: string) => this.#receive(text));
    socket.on("error", (error) => this.#reject(error));
  }

  static open(origin: string): Promise<Client> {
    const { hostname, port, host } = new URL(origin);
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    return new Promise((resolve, reject) => {
      socket.once("error", reject);
      socket.once("connect", () => resolve(new Client(socket, host)));
    });
  }

  call(operation: string, input: object): Promise<string> {
    const body = JSON.stringify(input);
    this.#socket.write(
      `POST / HTTP/1.1\r\nhost: ${this.#host}\r\ncontent-type: application/x-amz-json-1.0\r\n` +
        `x-amz-target: AmazonSQS.${operation}\r\nx-amz-date: 20260101T000000Z\r\n` +
        `user-agent: aws-sdk-js/3 ua/2.1 os/linux lang/js md/nodejs api/sqs\r\namz-sdk-request: attempt=1; max=3\r\n` +
        `authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=${"0".repeat(64)}\r\n` +
        `content-length: ${body.length}\r\n\r\n${body}`,
    );
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(text: string): void {
    this.#answer += text;
    const end = this.#answer.indexOf("\r\n\r\n");
    if (end < 0) return;
    const length = /\r\ncontent-length: *(\d+)/i.exec(this.#answer.slice(0, end + 2));
    const size = end + 4 + Number(length?.[1] ?? 0);
    if (this.#answer.length < size) return;
    const answer = this.#answer;
    this.#answer = "";
    if (answer.startsWith("HTTP/1.1 200")) this.#resolve(answer.slice(end + 4));
    else this.#reject(new Error(answer.slice(0, 500)));
  }
}
