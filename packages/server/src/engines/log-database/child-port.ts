import type { FromDatabase, ToDatabase } from "./protocol.ts";

/** Hears what the parent asks, and ends this process when the parent is gone. */
export function parentPort(
  listener: (message: ToDatabase, send: (message: FromDatabase) => void) => Promise<void>,
): void {
  process.on("disconnect", () => process.exit(0));
  process.on("message", (message) => {
    void listener(message as ToDatabase, (answer) => process.send?.(answer, () => undefined));
  });
}
