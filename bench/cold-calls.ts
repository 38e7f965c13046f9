/** First invocations over HTTP, of functions that nobody has called before. */
import { once } from "node:events";
import { Agent, request } from "node:http";
import { text } from "node:stream/consumers";
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
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
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
      const begun = performance.now();
      const call = request(`${origin}/2015-03-31/functions/${name}/invocations`, {
        method: "POST",
        agent,
      }).end('{"name":"skylark"}');
      const [answer] = await once(call, "response");
      const body = await text(answer);
      const ms = performance.now() - begun;
      if (answer.statusCode !== 200 || answer.headers["x-amz-function-error"])
        throw new Error(`${answer.statusCode} ${body}`);
      return ms;
    },
    async remove(name) {
      await client.send(new DeleteFunctionCommand({ FunctionName: name }));
    },
    close() {
      agent.destroy();
      client.destroy();
    },
  };
}
