/** The public doors of a process, as the configuration says: HTTP or HTTPS, and where functions come in. */
import type { DirectRoute } from "./aws/routes/direct.ts";
import type { Config } from "./config.ts";
import { openFront } from "./front/front.ts";
import type { Route } from "./front/serving.ts";
import { openTls } from "./front/tls.ts";
import type { Log } from "./log.ts";
import { systemClock as clock } from "./ports/clock.ts";

/** What is served, the first that claims a request first. */
export interface Routes {
  readonly direct: readonly DirectRoute[];
  readonly routes: readonly Route[];
}

export interface PublicFront {
  /** Where clients find it. */
  readonly origin: string;
  /** Where functions of this machine find it. */
  readonly inside: string;
  /** Takes no new requests, lets those under way finish for at most `graceMs`, then cuts. */
  close(graceMs: number): Promise<void>;
}

export interface PublicFrontOptions extends Routes {
  readonly config: Pick<Config, "host" | "tls" | "fastFront">;
  readonly port: number;
  readonly connections: number;
  /** Others of our processes listen on the port, too. */
  readonly reusePort?: boolean;
  readonly log: Log;
  readonly onDefect: (error: unknown) => void;
}

/** @throws the system's error where the port cannot be had, TlsUnusable */
export async function openPublicFront(options: PublicFrontOptions): Promise<PublicFront> {
  await using opened = new AsyncDisposableStack(); // closed again where the start fails half way
  const { config, port, reusePort = false, direct, routes, connections, log, onDefect } = options;
  const { host, fastFront: fast } = config;
  const shared = { direct, routes, fast, connections, clock, onDefect };
  const tls = await openTls(config, { log, clock });
  opened.defer(() => tls?.close());
  const front = await openFront({ ...shared, host, port, reusePort, tls: tls?.identity });
  opened.defer(() => front.close(0));
  tls?.follow(front);
  // Functions need not know whom to trust: they reach the platform over this machine's loopback.
  const inside = tls && (await openFront({ ...shared, host: "127.0.0.1", port: 0 }));
  opened.move();
  return {
    origin: front.origin,
    inside: (inside ?? front).origin,
    async close(graceMs) {
      tls?.close();
      await Promise.all([front.close(graceMs), inside?.close(graceMs)]);
    },
  };
}
