/** First invocations over HTTP, of functions that nobody has called before. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import {
  DeleteFunctionCommand,
  LambdaClient,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { create, type Settings } from "../tests/deploy.ts";
import { clientSettings, type TestPlatform } from "../tests/platform.ts";

/** A function of which the handler's source is known, and how to start it for the first time as often as one likes. */
export interface ColdFunction {
  readonly files: Readonly<Record<string, string>>;
  readonly settings?: Settings;
}

export interface ColdCalls {
  /** Deploys one more copy; answers its name once it is Active, and the pool has had time. */
  deploy(source: ColdFunction): Promise<string>;
  /** Milliseconds of an invocation. @throws Error where the function fails. */
  invoke(name: string): Promise<number>;
  remove(name: string): Promise<void>;
  close(): void;
}

/** What a process needs to boot, and a little: measured is what waits, not what does not yet. */
const REFILL_MS = 250;

export function openColdCalls({ origin }: TestPlatform): ColdCalls {
  const client = new LambdaClient(clientSettings(origin));
  const { hostname, port } = new URL(origin);
  let count = 0;
  return {
    async deploy({ files, settings = {} }) {
      const name = `cold-${++count}`;
      await create(client, name, files, { MemorySize: 512, Timeout: 30, ...settings });
      const times = { client, maxWaitTime: 30, minDelay: 0.05, maxDelay: 0.1 };
      await waitUntilFunctionActiveV2(times, { FunctionName: name });
      await wait(REFILL_MS);
      return name;
    },
    async invoke(name) {
      const socket = connect({ host: hostname, port: Number(port), noDelay: true });
      await once(socket, "connect");
      const begun = performance.now();
      socket.write(requestOf(name));
      const answer = await readAnswer(socket);
      const ms = performance.now() - begun;
      socket.destroy();
      if (!answer.startsWith("HTTP/1.1 200 ") || /^x-amz-function-error:/im.test(answer))
        throw new Error(answer);
      return ms;
    },
    async remove(name) {
      await client.send(new DeleteFunctionCommand({ FunctionName: name }));
    },
    close() {
      client.destroy();
    },
  };
}

const EVENT = '{"name":"skylark"}';

const requestOf = (name: string): string =>
  `POST /2015-03-31/functions/${name}/invocations HTTP/1.1\r\nhost: localhost\r\n` +
  `content-type: application/json\r\ncontent-length: ${EVENT.length}\r\n\r\n${EVENT}`;

/** A client that costs little itself: the head, and as much behind it as it says. */
async function readAnswer(socket: Socket): Promise<string> {
  let answer = "";
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    answer += chunk;
    const head = answer.indexOf("\r\n\r\n");
    const length = Number(/^content-length: (\d+)/im.exec(answer)?.[1] ?? 0);
    if (head >= 0 && answer.length >= head + 4 + length) break;
  }
  return answer;
}
