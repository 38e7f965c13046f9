/**
 * Who may use the admin API: programs of this machine, and whoever holds the token. A page in this machine's
 * browser is neither: cross-site requests and names that were rebound to 127.0.0.1 are refused.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { isLocalName } from "../domain/local-name.ts";
import { Problem } from "./problem.ts";

/** @throws Problem where the request may not be served. */
export function guard(request: IncomingMessage, token: string | undefined): void {
  refuseOtherSites(request);
  if (token !== undefined && holds(request, token)) return;
  if (request.headers.authorization !== undefined)
    throw new Problem(401, "Unauthorized", "The bearer token is not the configured adminToken.");
  if (!isLocal(request)) throw new Problem(...remote(token));
  if (!isLocalName(hostname(request.headers.host ?? "")))
    throw new Problem(
      403,
      "ForeignHost",
      "Without a token the admin API answers only to the names localhost, *.localhost, 127.0.0.1 and [::1].",
    );
}

/** Browsers name the page's origin; every other client sends neither header. */
function refuseOtherSites({ headers }: IncomingMessage): void {
  const site = headers["sec-fetch-site"];
  const ownOrigin = headers.origin === undefined || isOriginOf(headers.origin, headers.host);
  if (ownOrigin && (site === undefined || site === "same-origin" || site === "none")) return;
  throw new Problem(403, "ForeignOrigin", "The admin API serves no page of another origin.");
}

function isOriginOf(origin: string, host: string | undefined): boolean {
  return host !== undefined && (origin === `http://${host}` || origin === `https://${host}`);
}

/** Compares digests, so that neither content nor length of the token shows in the time it takes. */
function holds(request: IncomingMessage, token: string): boolean {
  const given = /^Bearer +([\x21-\x7e]+) *$/i.exec(request.headers.authorization ?? "")?.[1];
  if (given === undefined) return false;
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}

/** A local proxy's peers are not local: it says so in a header. */
function isLocal({ socket, headers }: IncomingMessage): boolean {
  if (headers.forwarded !== undefined || headers["x-forwarded-for"] !== undefined) return false;
  return /^(::1|(::ffff:)?127(\.\d{1,3}){3})$/.test(socket.remoteAddress ?? "");
}

const hostname = (host: string): string => host.replace(/:\d+$/, "");

function remote(token: string | undefined): [number, string, string] {
  if (token !== undefined)
    return [
      401,
      "Unauthorized",
      "Outside loopback the admin API needs: Authorization: Bearer TOKEN",
    ];
  return [
    403,
    "LoopbackOnly",
    "The admin API serves this machine alone: set adminToken (YUNQUE_ADMIN_TOKEN) to open it to others.",
  ];
}
