/**
 * Runs when npm has installed everything: compiles what `yunque up` loads, so that the first start is as fast as the
 * second. There is nothing to build, and nothing is missing where this could not run.
 */
import { flushCompileCache } from "node:module";
import { openCompileCache } from "./compile-cache.ts";

try {
  openCompileCache();
  await import("./program.ts");
  await import("./commands/up.ts");
  await import("@yunque/server");
  flushCompileCache();
} catch {
  // A home directory that cannot be written, say: the first start compiles then.
}
