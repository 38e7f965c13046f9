/** A load generator that costs little itself: raw keep-alive connections that send one fixed request after another. */
import { connect, type Socket } from "node:net";

export interface Load {
  readonly requests: number;
  readonly failures: number;
  readonly seconds: number;
  /** Successes per second while requests were sent: what was answered after that does not count. */
  readonly goodput: number;
  /** Milliseconds of each request, in order of completion. */
  readonly latencies: Float64Array;
  /** The same for each body by itself. */
  readonly byBody: readonly Float64Array[];
}

export interface Target {
  readonly origin: string;
  readonly path: string;
  /** Of several, each connection sends one after the other, in turn. */
  readonly body: string | readonly string[];
  /** Beside what the SDK sends always: `X-Amz-Invocation-Type: Event`. */
  readonly headers?: readonly string[];
  /** In place of what the SDK sends to Lambda always, for another service. */
  readonly sdkHeaders?: readonly string[];
  /** Of an answer that is none of the failures; 200 unless it says otherwise. */
  readonly status?: number;
}

/** What the AWS SDK sends along, to both sides of a comparison. */
const SDK_HEADERS = [
  "content-type: application/octet-stream",
  "user-agent: aws-sdk-js/3 ua/2.1 os/linux lang/js md/nodejs api/lambda",
  "amz-sdk-invocation-id: 5f0a1ed1-5d1b-4b55-8a35-2f4d7a4bd6c1",
  "amz-sdk-request: attempt=1; max=3",
  "x-amz-date: 20260101T000000Z",
  `x-amz-content-sha256: ${"0".repeat(64)}`,
  `authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=${"0".repeat(64)}`,
].join("\r\n");

/** Sends requests over so many connections for so many seconds, one at a time on each. */
export async function load(target: Target, connections: number, seconds: number): Promise<Load> {
  const { hostname, port } = new URL(target.origin);
  const headers = [...(target.sdkHeaders ?? [SDK_HEADERS]), ...(target.headers ?? [])].join("\r\n");
  const requests = [target.body]
    .flat()
    .map((body) =>
      Buffer.from(
        `POST ${target.path} HTTP/1.1\r\nhost: ${hostname}:${port}\r\n${headers}\r\n` +
          `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      ),
    );
  const latencies: number[] = [];
  const byBody: number[][] = requests.map(() => []);
  let failures = 0;
  let inTime = 0;
  const started = performance.now();
  const until = started + seconds * 1000;
  const done = (status: number, ms: number, which: number) => {
    latencies.push(ms);
    byBody[which]?.push(ms);
    if (status !== (target.status ?? 200)) failures++;
    else if (performance.now() < until) inTime++;
  };
  const workers = Array.from({ length: connections }, (_, index) => {
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    return client(socket, requests, index, until, done);
  });
  await Promise.all(workers);
  return {
    requests: latencies.length,
    failures,
    seconds: (performance.now() - started) / 1000,
    goodput: inTime / seconds,
    latencies: Float64Array.from(latencies),
    byBody: byBody.map((each) => Float64Array.from(each)),
  };
}

function client(
  socket: Socket,
  requests: readonly Buffer[],
  first: number,
  until: number,
  done: (status: number, ms: number, which: number) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let pending = "";
    let sent = 0;
    let which = first % requests.length;
    const send = () => {
      sent = performance.now();
      socket.write(requests[which] as Buffer);
    };
    socket.setEncoding("latin1");
    socket.once("connect", send);
    socket.once("error", reject);
    socket.once("close", resolve);
    socket.on("data", (text: string) => {
      pending += text;
      const size = responseSize(pending);
      if (size === undefined || pending.length < size) return;
      const now = performance.now();
      done(Number(pending.slice(9, 12)), now - sent, which);
      which = (which + 1) % requests.length;
      pending = pending.slice(size);
      if (now < until) send();
      else socket.destroy();
    });
  });
}

/** Bytes of the first response, headers and body; undefined until its headers are all there. */
function responseSize(text: string): number | undefined {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const length = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, end + 2));
  if (length) return end + 4 + Number(length[1]);
  const last = text.indexOf("\r\n0\r\n\r\n", end);
  return last < 0 ? undefined : last + 7;
}
