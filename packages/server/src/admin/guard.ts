/**
 * Who may use the admin API: whoever holds the token, and nobody else, not even programs of this machine, since
 * functions are programs of this machine. Health alone tells everybody that the platform serves. A page in a browser is
 * no holder: cross-site requests, and names that were rebound to this machine, are refused.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { isLocalName } from "../domain/local-name.ts";
import { Problem } from "./problem.ts";

/**
 * Whether the request shows the token, or asks without one.
 * @throws Problem where it shows a wrong one, or is a page's of somebody else.
 */
export function guard(request: IncomingMessage, token: string): "holder" | "anybody" {
  refuseOtherSites(request);
  if (holds(request, token)) return "holder";
  if (request.headers.authorization !== undefined)
    throw new Problem(401, "Unauthorized", `This is not the platform's token. ${WAY_IN}`);
  refuseForeignHost(request);
  return "anybody";
}

/** Refuses what a page of another site sends, by whatever name it reached this machine. @throws Problem */
export function refusePages(request: IncomingMessage): void {
  refuseOtherSites(request);
  refuseForeignHost(request);
}

function refuseForeignHost(request: IncomingMessage): void {
  if (isLocal(request) && !isLocalName(hostname(request.headers.host ?? "")))
    throw new Problem(
      403,
      "ForeignHost",
      "Without the token the admin API answers only to the names localhost, *.localhost, 127.0.0.1 and [::1].",
    );
}

/** What who asks without the token is told. */
export const unauthorised = (): Problem =>
  new Problem(401, "Unauthorized", `The admin API asks for the platform's token. ${WAY_IN}`);

const WAY_IN =
  "Send it as: Authorization: Bearer TOKEN. TOKEN is the setting adminToken (YUNQUE_ADMIN_TOKEN), where there is one, " +
  "else the content of the file admin-token in the platform's data directory. The command yunque, run by the user who " +
  "started the platform, finds it by itself.";

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
