import type { FunctionUrl } from "../../domain/function-url.ts";
import type { Change } from "../../ports/records.ts";
import { URL_INDEX } from "./spaces.ts";
import type { StoredFunction } from "./store.ts";

/** Makes a URL findable by its id. */
export const urlAddition = (stored: StoredFunction, url: FunctionUrl): Change => ({
  put: { ...stored.scope, functionName: stored.name, qualifier: url.qualifier },
  space: URL_INDEX,
  id: url.id,
  expect: 0,
});

/** Takes the URL of a qualifier out of the index, where it has one. */
export async function urlRemoval(stored: StoredFunction, qualifier: string): Promise<Change[]> {
  const url = await stored.child<FunctionUrl>("function-urls", qualifier);
  return url === undefined ? [] : [{ delete: true, space: URL_INDEX, id: url.id }];
}
