/** Errors of code that a compiler or a bundler wrote are told with the positions in the sources, where it says them. */
import { closeSync, fstatSync, openSync, readFileSync, readSync } from "node:fs";

const MARK = "//# sourceMappingURL=";
/** More than a map's file name takes, with whatever stands behind it. */
const TAIL_BYTES = 4096;

/**
 * Switches Node.js's source maps on where a handler's file names one, as `--enable-source-maps` does. Who speaks of that
 * option in NODE_OPTIONS has decided.
 */
export function useSourceMaps(file: string): void {
  if (process.env["NODE_OPTIONS"]?.includes("enable-source-maps")) return;
  if (namesMap(file)) process.setSourceMapsEnabled(true);
}

/** The mark is on one of the last lines. A map that stands in the file itself makes the last line a long one. */
function namesMap(file: string): boolean {
  const tail = tailOf(file);
  return tail.includes(MARK) || (/^[\w+/=]+\s*$/.test(tail) && readFileSync(file).includes(MARK));
}

function tailOf(file: string): string {
  const descriptor = openSync(file, "r");
  try {
    const { size } = fstatSync(descriptor);
    const bytes = Buffer.alloc(Math.min(TAIL_BYTES, size));
    return bytes.toString(
      "latin1",
      0,
      readSync(descriptor, bytes, 0, bytes.length, size - bytes.length),
    );
  } finally {
    closeSync(descriptor);
  }
}
