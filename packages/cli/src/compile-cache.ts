import { enableCompileCache } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";

/** Keeps compiled sources in the user's own cache directory: in a shared temporary one others could plant code. */
export function openCompileCache(): void {
  const cache = process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  enableCompileCache(join(cache, "yunque", "compile"));
}
