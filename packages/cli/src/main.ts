/** Where the command `yunque` begins: as little as possible before the command itself is loaded. */
import { enableCompileCache } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";

// In the user's own cache directory: a shared temporary directory would let others plant code there.
const cache = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
enableCompileCache(join(cache, "yunque", "compile"));

const { run } = await import("./program.ts");
process.exitCode = await run(process.argv.slice(2));
