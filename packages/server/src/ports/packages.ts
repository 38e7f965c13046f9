/** Code that instances run: the contents of a zip (a function's or a layer's), stored once per content. */
export interface Packages {
  /**
   * Checks a zip, unpacks it and keeps it durably; the same content twice is one package. The platform serves others
   * meanwhile.
   * @throws PackageError where the zip is malformed, too large unpacked, or reaches outside of itself: nothing stays.
   */
  add(zip: Uint8Array): Promise<Package>;

  /** What was stored, or undefined. */
  get(id: string): Promise<Package | undefined>;

  /** The zip's own bytes, for download. @throws PackageMissing */
  zip(id: string): Promise<AsyncIterable<Uint8Array>>;

  /**
   * A directory on this machine with the unpacked files, read-only by convention; unpacked again where it is missing.
   * @throws PackageMissing
   */
  directory(id: string): Promise<string>;

  /**
   * Deletes what none of these ids names, and what a crash left. What was added or used since the start is spared: it
   * may be on its way into a record.
   */
  sweep(live: ReadonlySet<string>): Promise<void>;
}

export interface Package {
  /** The content's name: hex SHA-256 of the zip. */
  readonly id: string;
  /** base64 SHA-256 of the zip, as Lambda's CodeSha256. */
  readonly codeSha256: string;
  /** Bytes of the zip. */
  readonly codeSize: number;
  readonly unpackedSize: number;
}

/** `escapes`: a path or a link leads out of the package. `tooLarge`, `tooManyFiles`: a limit, unpacked. */
export type PackageFault = "malformed" | "escapes" | "tooLarge" | "tooManyFiles";

export class PackageError extends Error {
  override readonly name = "PackageError";
  readonly fault: PackageFault;

  constructor(fault: PackageFault, message: string) {
    super(message);
    this.fault = fault;
  }
}

export class PackageMissing extends Error {
  override readonly name = "PackageMissing";

  constructor(id: string) {
    super(`no package ${id}`);
  }
}
