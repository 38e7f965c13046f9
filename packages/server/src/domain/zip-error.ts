/**
 * `escapes`: a path or a link that leads out of the archive's own root. `tooLarge`, `tooManyFiles`: a limit.
 * `malformed`: everything else.
 */
export type ZipFault = "malformed" | "escapes" | "tooLarge" | "tooManyFiles";

/** Why an archive is refused. The message may quote names that strangers chose. */
export class ZipError extends Error {
  override readonly name = "ZipError";
  readonly fault: ZipFault;

  constructor(fault: ZipFault, message: string) {
    super(message);
    this.fault = fault;
  }
}

export const malformed = (message: string): ZipError => new ZipError("malformed", message);
