/** Names of zip entries: untrusted bytes that want to be paths. */
import { malformed, ZipError } from "./zip-error.ts";

/** As file systems have it. */
const MAX_SEGMENT_BYTES = 255;
/** Leaves room for the directory that it is unpacked into below PATH_MAX. */
const MAX_PATH_BYTES = 2048;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * The text of a name or of a link's target. Archives without the UTF-8 flag (4.4.4, bit 11) are read as UTF-8 too: on
 * Unix nobody writes anything else.
 * @throws ZipError
 */
export function textOf(bytes: Uint8Array): string {
  if (bytes.length > MAX_PATH_BYTES) throw malformed(`a name of ${bytes.length} bytes`);
  try {
    return decoder.decode(bytes);
  } catch {
    throw malformed("a name that is not UTF-8");
  }
}

/**
 * The target of a link, which is its content. `bytes` is only asked where there are not too many of them.
 * @throws ZipError
 */
export function targetOf(size: number, bytes: () => Uint8Array): string {
  if (size > MAX_PATH_BYTES) throw malformed(`a link's target of ${size} bytes`);
  const target = textOf(bytes());
  if (target === "" || target.includes("\0")) throw malformed("a link's target that is no path");
  return target;
}

/**
 * The place of an entry below the root: `/` between segments, none of them empty, `.` or `..`. Empty for the root.
 * @throws ZipError
 */
export function pathOf(name: string): string {
  if (name === "" || name.includes("\0")) throw malformed("a name that is no path");
  const segments = name.split("/").filter((segment) => segment !== "" && segment !== ".");
  const leaves =
    name.startsWith("/") ||
    name.includes("\\") ||
    /^[A-Za-z]:/.test(name) ||
    segments.includes("..");
  if (leaves) throw new ZipError("escapes", `${JSON.stringify(name)} leads out of the archive`);
  for (const segment of segments)
    if (segment.length * 3 > MAX_SEGMENT_BYTES && Buffer.byteLength(segment) > MAX_SEGMENT_BYTES)
      throw malformed(`the name ${JSON.stringify(segment)} is too long`);
  return segments.join("/");
}
