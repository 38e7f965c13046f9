import { buffer } from "node:stream/consumers";
import { ZipFile } from "yazl";

/** A zip with these files. Names end in "/" for directories; modes are Unix's, 0644 unless given. */
export async function zipOf(
  files: Readonly<Record<string, string | Uint8Array>>,
  mode = 0o100644,
): Promise<Uint8Array> {
  const zip = new ZipFile();
  for (const [name, content] of Object.entries(files))
    zip.addBuffer(Buffer.from(content as string), name, { mode, mtime: new Date(0) });
  zip.end();
  return buffer(zip.outputStream);
}
