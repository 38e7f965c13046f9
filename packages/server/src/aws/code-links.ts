/** Links to the zips of functions and layers, as GetFunction answers them: good for ten minutes, for whoever has one. */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";

/** Lambda: the Location of GetFunction is valid for 10 minutes. */
const VALID_MS = 600_000;
const TARGET = /^\/_code\/([0-9a-f]{64})\?expires=(\d{1,16})&signature=([0-9a-f]{64})$/;

export interface CodeLinks {
  /** The URL of a package's zip. */
  link(origin: string, packageId: string): string;
  /** Serves the requests for such URLs. */
  route(request: IncomingMessage, response: ServerResponse): boolean;
}

/** @param onDefect told of what failed although the link was good */
export function createCodeLinks(
  zip: (packageId: string) => Promise<AsyncIterable<Uint8Array>>,
  now: () => number,
  onDefect: (error: unknown) => void,
): CodeLinks {
  const key = randomBytes(32);
  const sign = (packageId: string, expires: string): Buffer =>
    createHmac("sha256", key).update(`${packageId}/${expires}`).digest();

  return {
    link(origin, packageId) {
      const expires = String(now() + VALID_MS);
      const signature = sign(packageId, expires).toString("hex");
      return `${origin}/_code/${packageId}?expires=${expires}&signature=${signature}`;
    },

    route(request, response) {
      if (!request.url?.startsWith("/_code/")) return false;
      request.resume();
      const [, packageId = "", expires = "", signature = ""] = TARGET.exec(request.url) ?? [];
      const good =
        packageId !== "" &&
        timingSafeEqual(Buffer.from(signature, "hex"), sign(packageId, expires)) &&
        Number(expires) > now();
      if (!good || request.method !== "GET") response.writeHead(403).end();
      else send(packageId, response).catch((error) => fail(response, error));
      return true;
    },
  };

  async function send(packageId: string, response: ServerResponse): Promise<void> {
    const bytes = await zip(packageId);
    response.writeHead(200, { "content-type": "application/zip" });
    await pipeline(bytes, response);
  }

  function fail(response: ServerResponse, error: unknown): void {
    if (response.destroyed) return; // the client went away
    if (response.headersSent) response.destroy();
    else response.writeHead(500).end();
    onDefect(error);
  }
}
