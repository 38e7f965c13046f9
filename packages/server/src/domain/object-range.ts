/** Parts of a byte string, as HTTP and S3 ask for them. */

/** `[start, end)`, in bytes. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * What a `Range` header asks of an object of `size` bytes. A header that is no single byte range is ignored, as S3
 * does: `undefined` stands for the whole object. (RFC 9110, 14.1.2)
 */
export function parseRange(header: string, size: number): ByteRange | "unsatisfiable" | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header.trim());
  if (match === null) return undefined;
  const [, first = "", last = ""] = match;
  if (first === "") return last === "" ? undefined : suffix(Number(last), size);
  const start = Number(first);
  const end = last === "" ? size : Math.min(Number(last) + 1, size);
  if (last !== "" && Number(last) < start) return undefined;
  return start < size ? { start, end } : "unsatisfiable";
}

function suffix(length: number, size: number): ByteRange | "unsatisfiable" {
  if (length === 0 || size === 0) return "unsatisfiable";
  return { start: Math.max(0, size - length), end: size };
}

/** `bytes=FIRST-LAST` of UploadPartCopy: both ends are a must. Undefined where the text is anything else. */
export function parseCopyRange(text: string): ByteRange | undefined {
  const match = /^bytes=(\d+)-(\d+)$/.exec(text);
  if (match === null) return undefined;
  const [start, last] = [Number(match[1]), Number(match[2])];
  return start <= last ? { start, end: last + 1 } : undefined;
}

/** `bytes FIRST-LAST/SIZE` */
export const contentRange = ({ start, end }: ByteRange, size: number): string =>
  `bytes ${start}-${end - 1}/${size}`;

/** Which bytes of which of these pieces make up the range of the whole. */
export function locate<Piece extends { readonly size: number }>(
  pieces: readonly Piece[],
  range: ByteRange,
): { readonly piece: Piece; readonly range: ByteRange }[] {
  const found: { piece: Piece; range: ByteRange }[] = [];
  let offset = 0;
  for (const piece of pieces) {
    const start = Math.max(range.start - offset, 0);
    const end = Math.min(range.end - offset, piece.size);
    if (start < end) found.push({ piece, range: { start, end } });
    offset += piece.size;
  }
  return found;
}
