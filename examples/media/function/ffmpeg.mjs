// What the function asks of FFmpeg, which a layer puts on the PATH (/opt/bin).
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";

const THUMBNAILS = 3;
const CLIP_SECONDS = 3;

/** What a file is: its container, duration and streams, as ffprobe tells them. */
export async function probeOf(source) {
  const asked = ["-v", "error", "-show_format", "-show_streams", "-of", "json", source];
  const { format, streams } = JSON.parse(await run("ffprobe", asked));
  if (!streams.some((stream) => stream.codec_type === "video")) throw new Error("not a video");
  return {
    container: format.format_name,
    seconds: Number(format.duration),
    bytes: Number(format.size),
    streams: streams.map(({ codec_type, codec_name, width, height, avg_frame_rate, channels }) => ({
      type: codec_type,
      codec: codec_name,
      ...(codec_type === "video" ? { width, height, frameRate: avg_frame_rate } : { channels }),
    })),
  };
}

/** Pictures from all over the video, 320 pixels wide. */
export function thumbnailsOf(source, { seconds }, work) {
  const one = async (_, index) => {
    const name = `thumbnail-${index + 1}.jpg`;
    const at = (seconds * (index + 0.5)) / THUMBNAILS;
    const picture = ["-frames:v", "1", "-vf", "scale=320:-2", "-q:v", "4"];
    await ffmpeg("-ss", at.toFixed(3), "-i", source, ...picture, join(work, name));
    return { name, type: "image/jpeg", bytes: await readFile(join(work, name)) };
  };
  return Promise.all(Array.from({ length: THUMBNAILS }, one));
}

/** The first seconds as every browser plays them: H.264 and AAC, and the index in front, so that playing starts at once. */
export async function clipOf(source, work) {
  const name = "clip.mp4";
  const video = ["-vf", "scale='min(480,iw)':-2", "-c:v", "libx264", "-preset", "veryfast"];
  const quality = ["-crf", "28", "-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "96k"];
  const file = ["-movflags", "+faststart", join(work, name)];
  await ffmpeg("-i", source, "-t", String(CLIP_SECONDS), ...video, ...quality, ...file);
  return { name, type: "video/mp4", bytes: await readFile(join(work, name)) };
}

const ffmpeg = (...asked) => run("ffmpeg", ["-v", "error", "-nostdin", "-y", ...asked]);

/** Resolves with what the program wrote; rejects with what it complained of. */
async function run(program, asked) {
  const child = spawn(program, asked, { stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise((resolve, reject) => {
    child.once("error", reject).once("close", resolve);
  });
  const [output, complaint, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    ended,
  ]);
  if (code !== 0) throw new Error(`${program} failed (${code}): ${complaint.trim().slice(-500)}`);
  return output;
}
