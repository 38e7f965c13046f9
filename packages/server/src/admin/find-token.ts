/** How programs of the same user come to the token of a platform. */
import { isLocalName } from "../domain/local-name.ts";
import { announcedToken } from "./announcement.ts";
import { readToken } from "./token.ts";

/**
 * The token of the platform at `origin`: the one that it announced to this user's programs, else the one that a
 * platform of this machine keeps in this data directory. Undefined where neither is there.
 */
export function findToken(origin: string, dataDir: string): string | undefined {
  const announced = announcedToken(origin);
  if (announced !== undefined || !isLocalName(new URL(origin).hostname)) return announced;
  return readToken(dataDir);
}
