/** One Ctrl-C may arrive several times: from the terminal, and again from npm or a launcher that passes it on. */
const SAME_PRESS_MS = 500;

/**
 * Resolves at the first SIGINT, SIGTERM or SIGHUP. A later one, of somebody who will not wait, ends the process
 * at once with that signal's exit code.
 */
export function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    let first: number | undefined;
    const stop = (_signal: NodeJS.Signals, number: number) => {
      const now = performance.now();
      if (first === undefined) {
        first = now;
        resolve();
      } else if (now - first > SAME_PRESS_MS) process.exit(128 + number);
    };
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop);
  });
}
