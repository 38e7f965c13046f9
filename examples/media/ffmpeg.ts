/** FFmpeg for this machine: the one on the PATH, else the one that npm brought. */
import { accessSync, closeSync, constants, openSync, readSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";

export interface Ffmpeg {
  /** Paths of the programs. Those of npm may lack the permission to be executed. */
  readonly ffmpeg: string;
  readonly ffprobe: string;
  /** Where they are from, for people. */
  readonly origin: "PATH" | "npm";
}

/** @throws Error that says what to install. */
export function findFfmpeg(): Ffmpeg {
  const [ffmpeg, ffprobe] = [onPath("ffmpeg"), onPath("ffprobe")];
  if (ffmpeg && ffprobe) return { ffmpeg, ffprobe, origin: "PATH" };
  try {
    const { path: ffmpeg } = require("@ffmpeg-installer/ffmpeg") as { path: string };
    const { path: ffprobe } = require("@ffprobe-installer/ffprobe") as { path: string };
    return { ffmpeg, ffprobe, origin: "npm" };
  } catch {
    throw new Error(
      "There is no FFmpeg: npm install --include=optional brings one, or install it (ffmpeg and ffprobe) on the PATH.",
    );
  }
}

const require = createRequire(import.meta.url);

/** The real file of a program on the PATH. Wrappers (scripts, snap) are passed over: a layer needs the program itself. */
function onPath(name: string): string | undefined {
  for (const directory of (process.env["PATH"] ?? "").split(delimiter)) {
    try {
      const path = realpathSync(join(directory, name));
      accessSync(path, constants.X_OK);
      if (path.endsWith(name) && isBinary(path)) return path;
    } catch {
      // not in this directory
    }
  }
  return undefined;
}

/** Whether a file begins as ELF or Mach-O programs do. */
function isBinary(path: string): boolean {
  const file = openSync(path, "r");
  const head = Buffer.alloc(4);
  readSync(file, head, 0, 4, 0);
  closeSync(file);
  return ["7f454c46", "cffaedfe", "cafebabe"].includes(head.toString("hex"));
}
