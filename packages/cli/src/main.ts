/** Where the command `yunque` begins: as little as possible before the command itself is loaded. */
import { enableCompileCache } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";

// In the user's own cache directory: in a shared temporary one others could plant code.
const cache = process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
enableCompileCache(join(cache, "yunque", "compile"));

// Whoever reads our results may have enough of them (`| head`); whoever reads our log must not end the platform.
process.stdout.on("error", () => process.exit(0));
process.stderr.on("error", () => {});

const { run } = await import("./program.ts");
process.exitCode = await run(process.argv.slice(2));
