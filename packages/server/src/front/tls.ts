/** The certificate that HTTPS is served with: read at the start, and again when its files have changed. */
import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import type { Log } from "../log.ts";
import type { Clock } from "../ports/clock.ts";
import type { Front, TlsIdentity } from "./front.ts";

/** How often the files are looked at. */
const LOOK_MS = 30_000;

export interface Tls {
  readonly identity: TlsIdentity;
  /** Gives the front what is in the files, whenever that has changed. */
  follow(front: Pick<Front, "renew">): void;
  close(): void;
}

/**
 * Reads the files that the configuration names; undefined where it names none.
 * @throws TlsUnusable where they cannot be read, or do not belong together.
 */
export async function openTls(
  {
    tls,
  }: { readonly tls: { readonly cert?: string | undefined; readonly key?: string | undefined } },
  { log, clock }: { readonly log: Log; readonly clock: Clock },
): Promise<Tls | undefined> {
  const { cert, key } = tls;
  if (cert === undefined || key === undefined) return undefined;
  const identity = await read(cert, key);
  let known = identity;
  let closed = false;
  let cancel = (): void => {};
  return {
    identity,
    follow(front) {
      const look = async (): Promise<void> => {
        try {
          const found = await read(cert, key);
          if (!found.cert.equals(known.cert) || !found.key.equals(known.key)) {
            front.renew(found);
            known = found;
            log.info("new connections get another certificate", { cert });
          }
        } catch (error) {
          log.warn("the certificate stays as it was", { error });
        }
        if (!closed) cancel = clock.after(LOOK_MS, look);
      };
      cancel = clock.after(LOOK_MS, look);
    },
    close() {
      closed = true;
      cancel();
    },
  };
}

async function read(certFile: string, keyFile: string): Promise<TlsIdentity> {
  try {
    const [cert, key] = await Promise.all([readFile(certFile), readFile(keyFile)]);
    createSecureContext({ cert, key });
    return { cert, key };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new TlsUnusable(`${certFile} and ${keyFile}: ${why}`);
  }
}

/** The files of the configuration are no certificate and its key. */
class TlsUnusable extends Error {
  override readonly name = "TlsUnusable";
  readonly code = "TlsUnusable";
}
