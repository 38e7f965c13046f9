/** Zips files for Lambda. The same files always make the same bytes. */
import { buffer } from "node:stream/consumers";
import { ZipFile } from "yazl";

/**
 * @param files the path on this machine by the name in the zip.
 * @param mode permissions of all of them.
 * @param level of compression: 0 (none) to 9.
 */
export function zip(
  files: Readonly<Record<string, string>>,
  mode = 0o644,
  level = 6,
): Promise<Buffer> {
  const file = new ZipFile();
  const timeless = { mtime: new Date(1980, 0, 1), forceDosTimestamp: true };
  for (const [name, path] of Object.entries(files))
    file.addFile(path, name, { ...timeless, mode, compressionLevel: level });
  file.end();
  return new Promise((resolve, reject) => {
    file.once("error", reject);
    buffer(file.outputStream).then(resolve, reject);
  });
}
