/**
 * multipart/form-data as browsers send it to S3: fields first, then one file, which is handed on as it comes. What
 * stands behind the file is read and not looked at. RFC 7578
 */
import { AwsError } from "../error.ts";

export interface UploadForm {
  /** By their names in lower case. */
  readonly fields: ReadonlyMap<string, string>;
  /** Undefined where the form has none. Must be read to its end. */
  readonly file: { readonly name: string; readonly bytes: AsyncIterable<Uint8Array> } | undefined;
}

/** S3's own limit for everything before the file. */
const MAX_FIELDS = 20 * 1024;

/** The boundary in a content type, or undefined where it is no form of this kind. */
export function boundaryOf(contentType: string | undefined): string | undefined {
  const match = /^multipart\/form-data\s*;.*?boundary=(?:"([^"]{1,200})"|([^;\s]{1,200}))/i.exec(
    contentType ?? "",
  );
  return match?.[1] ?? match?.[2];
}

/** Reads the fields and stops where the file begins. @throws AwsError */
export async function readUploadForm(
  source: AsyncIterable<Uint8Array>,
  boundary: string,
): Promise<UploadForm> {
  const scanner = new Scanner(source);
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  const fields = new Map<string, string>();
  let budget = MAX_FIELDS;
  await scanner.until(delimiter.subarray(2), budget); // the first one stands alone
  while ((await scanner.until(LINE_END, budget)).toString() !== "--") {
    const head = (await scanner.until(HEAD_END, budget)).toString("utf8");
    const name = parameter(head, "name");
    if (name === undefined) throw malformed();
    if (name.toLowerCase() === "file")
      return {
        fields,
        file: { name: parameter(head, "filename") ?? "", bytes: scanner.stream(delimiter) },
      };
    const value = (await scanner.until(delimiter, budget)).toString("utf8");
    budget -= head.length + value.length;
    fields.set(name.toLowerCase(), value);
  }
  return { fields, file: undefined };
}

const LINE_END = Buffer.from("\r\n");
const HEAD_END = Buffer.from("\r\n\r\n");

function parameter(head: string, name: string): string | undefined {
  const [line = ""] = head.split("\r\n").filter((each) => /^content-disposition:/i.test(each));
  const match = new RegExp(`;\\s*${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^;\\s]+))`, "i").exec(line);
  return match?.[1]?.replace(/\\(.)/g, "$1") ?? match?.[2];
}

const malformed = () =>
  new AwsError(
    "MalformedPOSTRequest",
    "The body of your POST request is not well-formed multipart/form-data.",
    { status: 400 },
  );

const tooLarge = () =>
  new AwsError(
    "MaxPostPreDataLengthExceeded",
    "Your POST request fields preceding the upload file were too large.",
    { status: 400 },
  );

/** Looks for byte strings in a stream, with no more of it in memory than it must. */
class Scanner {
  readonly #source: AsyncIterator<Uint8Array>;
  #buffer: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** What stands before the mark, which goes with it. At most `limit` bytes. */
  async until(mark: Buffer, limit: number): Promise<Buffer> {
    for (;;) {
      const at = this.#buffer.indexOf(mark);
      if (at > limit || (at < 0 && this.#buffer.length > limit + mark.length)) throw tooLarge();
      if (at >= 0) {
        const found = this.#buffer.subarray(0, at);
        this.#buffer = this.#buffer.subarray(at + mark.length);
        return found;
      }
      if (!(await this.#fill())) throw malformed();
    }
  }

  /** The same in pieces, and then all that follows, unseen: the client must get to send it. */
  async *stream(mark: Buffer): AsyncGenerator<Uint8Array> {
    for (;;) {
      const at = this.#buffer.indexOf(mark);
      const end = at >= 0 ? at : Math.max(0, this.#buffer.length - mark.length + 1);
      if (end > 0) yield this.#buffer.subarray(0, end);
      this.#buffer = this.#buffer.subarray(end);
      if (at >= 0) break;
      if (!(await this.#fill())) throw malformed();
    }
    while ((await this.#source.next()).done !== true);
  }

  async #fill(): Promise<boolean> {
    const { done, value } = await this.#source.next();
    if (done === true) return false;
    this.#buffer =
      this.#buffer.length === 0
        ? Buffer.from(value.buffer, value.byteOffset, value.length)
        : Buffer.concat([this.#buffer, value]);
    return true;
  }
}
