/** The hosts of function URLs: `ID.lambda-url.` and whatever leads to this platform. */

const HOST = /^([a-z0-9]{32})\.lambda-url\./;
const PATH = /^\/_url\/([a-z0-9]{32})(?=\/|\?|$)/;

/**
 * The URL that the API answers, `http://ID.lambda-url.localhost:4566/`: browsers, curl and most resolvers know that
 * every name under localhost is this machine. A platform that is reached by a name of its own uses that name.
 */
export function functionUrlOf(id: string, origin: string): string {
  const { protocol, hostname, port } = new URL(origin);
  const numeric = /^[\d.]+$|^\[/.test(hostname);
  const host = numeric || hostname === "localhost" ? "localhost" : hostname;
  return `${protocol}//${id}.lambda-url.${host}${port === "" ? "" : `:${port}`}/`;
}

/** The id that a Host header names: of `ID.lambda-url.localhost:4566` and of `ID.lambda-url.REGION.on.aws` alike. */
export const urlIdOfHost = (host: string): string | undefined => HOST.exec(host.toLowerCase())?.[1];

/** The id and the rest of a request target of the form that needs no DNS, `/_url/ID/path?query`. */
export function urlIdOfPath(target: string): { id: string; rest: string } | undefined {
  const match = PATH.exec(target);
  if (match?.[1] === undefined) return undefined;
  const rest = target.slice(match[0].length);
  return { id: match[1], rest: rest.startsWith("/") ? rest : `/${rest}` };
}
