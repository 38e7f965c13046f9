/** What a record's space and a queue are: paths of plain segments, `account/region/...`. */

const MAX_LENGTH = 1024;

/** `what` names it in the message. @throws RangeError */
export function checkSpace(space: string, what = "space"): void {
  if (space.length > MAX_LENGTH || !/^[!-.0-~]+(\/[!-.0-~]+){2,}$/.test(space))
    throw new RangeError(`not a ${what}: ${quote(space)}`);
}

/** @throws RangeError */
export function checkSpacePrefix(prefix: string, what = "space"): void {
  if (prefix.length > MAX_LENGTH || !/^[!-~]*$/.test(prefix))
    throw new RangeError(`not the start of a ${what}: ${quote(prefix)}`);
}

/** @throws RangeError unless it is text that every engine keeps as it is, of at most so many bytes of UTF-8. */
export function checkText(text: string, what: string, maxBytes: number): void {
  const fits = text.length * 3 <= maxBytes || Buffer.byteLength(text) <= maxBytes;
  if (!fits || text.includes("\0") || !text.isWellFormed())
    throw new RangeError(`not an allowed ${what}: ${quote(text)}`);
}

/** Short and without control characters, for a message. */
const quote = (text: string): string => JSON.stringify(text.slice(0, 100));
