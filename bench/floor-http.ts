/** The floor of every invoke: bare node:http with the same handler in the same process. Prints its port. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const handler = async (event: { name: string }) => ({ greeting: `hello ${event.name}` });

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", async () => {
    const result = JSON.stringify(await handler(JSON.parse(Buffer.concat(chunks).toString())));
    response.writeHead(200, {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(result),
    });
    response.end(result);
  });
});
server.listen(0, "127.0.0.1", () => console.log((server.address() as AddressInfo).port));
