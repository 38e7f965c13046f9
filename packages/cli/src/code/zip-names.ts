/** Reads which files a zip holds, from its central directory (APPNOTE.TXT 4.3.12 and 4.3.16). */

const END = 0x06054b50;
const ENTRY = 0x02014b50;
const END_BYTES = 22;
const ENTRY_BYTES = 46;
const MOST_COMMENT = 0xffff;

/** Names of the files, without directories; undefined where this is no zip. Whoever unpacks it checks it fully. */
export function zipNames(zip: Buffer): string[] | undefined {
  const end = findEnd(zip);
  if (end === undefined) return undefined;
  const names: string[] = [];
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    if (at + ENTRY_BYTES > end || zip.readUInt32LE(at) !== ENTRY) return undefined;
    const length = zip.readUInt16LE(at + 28);
    const name = zip.toString("utf8", at + ENTRY_BYTES, at + ENTRY_BYTES + length);
    if (!name.endsWith("/")) names.push(name);
    at += ENTRY_BYTES + length + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  return names;
}

function findEnd(zip: Buffer): number | undefined {
  const least = Math.max(0, zip.length - END_BYTES - MOST_COMMENT);
  for (let at = zip.length - END_BYTES; at >= least; at--)
    if (zip.readUInt32LE(at) === END) return at;
  return undefined;
}
