import type { ListenOptions, Server } from "node:net";

/** Resolves once it listens. Rejects with the system's error. */
export function listen(server: Server, at: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(at, () => {
      server.removeListener("error", reject);
      resolve();
    });
  });
}
