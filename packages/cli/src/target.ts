/** Which platform a command talks to. */
import { readFileSync } from "node:fs";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { findToken } from "@yunque/server/admin-token";
import { readConfiguration } from "./configuration.ts";
import { Failure } from "./failure.ts";

export interface Target {
  /** `http://127.0.0.1:4566`, without a slash at the end. */
  readonly origin: string;
  readonly region: string;
  readonly account: string;
  /** What the admin API asks for; undefined where it was not found. */
  readonly token: string | undefined;
}

/**
 * `--endpoint`, else YUNQUE_ENDPOINT, else the platform that `yunque up` would start in this directory.
 * @throws Failure where that is no address of a platform.
 */
export function findTarget(endpoint: string | undefined): Target {
  const { config } = readConfiguration();
  const { region, account, tls } = config;
  const given = endpoint ?? process.env["YUNQUE_ENDPOINT"];
  const scheme = tls.cert === undefined ? "http" : "https";
  const origin = given ? originOf(given) : `${scheme}://${reachable(config.host)}:${config.port}`;
  if (tls.cert !== undefined && origin.startsWith("https:")) trust(tls.cert);
  const token = config.adminToken ?? findToken(origin, config.dataDir);
  return { origin, region, account, token };
}

/** The platform of this directory may have signed its certificate itself. */
function trust(file: string): void {
  try {
    const cert = readFileSync(file, "utf8");
    setDefaultCACertificates([...getCACertificates("default"), cert]);
  } catch (error) {
    throw new Failure(
      `the certificate ${file} cannot be read: ${error instanceof Error ? error.message : error}`,
      "It is the setting tls.cert: see yunque config.",
    );
  }
}

function originOf(text: string): string {
  const url = URL.parse(text);
  if (url && (url.protocol === "http:" || url.protocol === "https:") && url.pathname === "/")
    return url.origin;
  throw new Failure(
    `"${text}" is no address of a platform`,
    "Write it as http://HOST:PORT, for example --endpoint http://127.0.0.1:4566",
  );
}

/** A platform that listens everywhere is reached here; IPv6 addresses stand in brackets. */
function reachable(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "127.0.0.1";
  return host.includes(":") ? `[${host}]` : host;
}

/** What to tell where nobody answers at the target. */
export function notRunning({ origin }: Target): Failure {
  return new Failure(
    `no platform answers at ${origin}`,
    "Start one with: yunque up   (or name another with --endpoint URL)",
  );
}

/** What to tell where it went away inside its answer. */
export function hungUp({ origin }: Target): Failure {
  return new Failure(`the platform at ${origin} hung up`);
}

/** What to tell where something else answers. */
export function notYunque({ origin }: Target): Failure {
  return new Failure(
    `what answers at ${origin} is no Yunque`,
    "Name the platform with --endpoint URL, or start one: yunque up --port 0",
  );
}
