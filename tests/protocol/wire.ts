/** The wire on a real socket, with doors that the tests hold the handles of. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Doors } from "../../packages/server/src/aws/api/index.ts";
import { createAws, type DefectPlace } from "../../packages/server/src/aws/index.ts";

export interface Wire {
  readonly origin: string;
  /** What the wire called a defect of ours, in order. */
  readonly defects: { readonly error: unknown; readonly where: DefectPlace }[];
  close(): Promise<void>;
}

export type Answer = (
  service: string,
  operation: string,
  input: Record<string, unknown>,
) => Promise<Record<string, unknown> | undefined>;

/** Every operation of these services is answered by one function. */
export function doorsOf(services: readonly string[], answer: Answer): Doors {
  return Object.fromEntries(
    services.map((service) => [
      service,
      new Proxy(
        {},
        {
          get: (_, operation) => (input: Record<string, unknown>) =>
            answer(service, String(operation), input),
        },
      ),
    ]),
  ) as Doors;
}

export async function startWire(doors: Doors): Promise<Wire> {
  const defects: Wire["defects"] = [];
  const aws = createAws({
    doors,
    account: "000000000000",
    defaultRegion: "us-east-1",
    onDefect: (error, where) => defects.push({ error, where }),
  });
  const server: Server = createServer((incoming, response) => void aws(incoming, response));
  server.on("checkContinue", (incoming, response) => void aws(incoming, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    defects,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
