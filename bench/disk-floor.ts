import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";

/**
 * How many pieces of `bytes` a second the disk makes durable in groups of so many: write + fdatasync into a file that
 * was written before, so that no metadata has to follow.
 */
export function durableRate(path: string, bytes: number, group: number, seconds: number): number {
  const buffer = Buffer.alloc(group * bytes, 1);
  const groups = 64;
  const fd = openSync(path, "w");
  try {
    for (let n = 0; n < groups; n++) writeSync(fd, buffer, 0, buffer.length, n * buffer.length);
    fdatasyncSync(fd);
    const started = performance.now();
    let written = 0;
    while (performance.now() - started < seconds * 1000) {
      writeSync(fd, buffer, 0, buffer.length, (written % groups) * buffer.length);
      fdatasyncSync(fd);
      written++;
    }
    return (written * group * 1000) / (performance.now() - started);
  } finally {
    closeSync(fd);
  }
}
