/** A real video to work on, made by FFmpeg itself: a moving test picture with a clock, and a tone. */
import { execFile } from "node:child_process";
import { access, chmod, constants, copyFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { findFfmpeg } from "./ffmpeg.ts";

/** Makes `NAME.mp4`, five seconds of 640x360, in a directory; answers its path. */
export async function makeClip(directory: string, name: string): Promise<string> {
  const path = join(directory, `${name}.mp4`);
  const picture = ["-f", "lavfi", "-i", "testsrc=duration=5:size=640x360:rate=25"];
  const tone = ["-f", "lavfi", "-i", "sine=frequency=440:duration=5"];
  const codecs = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"];
  const program = await runnable(findFfmpeg().ffmpeg, directory);
  await promisify(execFile)(program, ["-v", "error", "-y", ...picture, ...tone, ...codecs, path]);
  return path;
}

/** npm may have unpacked the program without the permission to run it: then a copy gets it. */
async function runnable(program: string, directory: string): Promise<string> {
  try {
    await access(program, constants.X_OK);
    return program;
  } catch {
    const copy = join(directory, "ffmpeg");
    await copyFile(program, copy);
    await chmod(copy, 0o755);
    return copy;
  }
}
