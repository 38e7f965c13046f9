/** Where the command `yunque` begins: as little as possible before the command itself is loaded. */
import { openCompileCache } from "./compile-cache.ts";

openCompileCache();

// Whoever reads our results may have enough of them (`| head`); whoever reads our log must not end the platform.
process.stdout.on("error", () => process.exit(0));
process.stderr.on("error", () => {});

const { run } = await import("./program.ts");
process.exitCode = await run(process.argv.slice(2));
