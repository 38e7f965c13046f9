/** A function's or a layer's code: from the request or from a bucket, checked and unpacked before anything is recorded. */
import type { FunctionCode } from "../../domain/function.ts";
import { MAX_UNPACKED_BYTES, MAX_ZIP_BYTES } from "../../domain/function-limits.ts";
import type { Scope } from "../../domain/scope.ts";
import { PackageError } from "../../ports/packages.ts";
import { type CodeObject, CodeObjectError, type FunctionsDependencies } from "./context.ts";
import { functionError, invalid } from "./errors.ts";

/** Where the code comes from; exactly one of both. */
export interface CodeSource {
  readonly zip?: Uint8Array | undefined;
  readonly object?: CodeObject | undefined;
}

/**
 * Stores the code. Nothing names it yet: a crash before it is recorded leaves it to the sweep.
 * @throws YunqueError in AWS's words where there is no usable zip.
 */
export async function takeCode(
  dependencies: Pick<FunctionsDependencies, "packages" | "readObject">,
  scope: Scope,
  source: CodeSource,
): Promise<FunctionCode> {
  const zip = await zipOf(dependencies, scope, source);
  if (isEmpty(zip)) throw invalid("Uploaded file must be a non-empty zip");
  try {
    const { id, codeSha256, codeSize, unpackedSize } = await dependencies.packages.add(zip);
    if (unpackedSize >= MAX_UNPACKED_BYTES) throw invalid(TOO_LARGE);
    return { package: id, sha256: codeSha256, size: codeSize, unpackedSize };
  } catch (error) {
    throw error instanceof PackageError ? invalid(wordsOf(error)) : error;
  }
}

/** No bytes, or an archive that begins with its own end: PK\x05\x06. */
const isEmpty = (zip: Uint8Array): boolean =>
  zip.length === 0 || (zip[0] === 0x50 && zip[1] === 0x4b && zip[2] === 5 && zip[3] === 6);

const TOO_LARGE = `Unzipped size must be smaller than ${MAX_UNPACKED_BYTES} bytes`;

async function zipOf(
  { readObject }: Pick<FunctionsDependencies, "readObject">,
  scope: Scope,
  { zip, object }: CodeSource,
): Promise<Uint8Array> {
  if (zip !== undefined && object !== undefined)
    throw invalid("Please do not provide other FunctionCode parameters when providing a ZipFile.");
  if (zip !== undefined) {
    if (zip.length >= MAX_ZIP_BYTES)
      throw functionError("ZipTooLarge", `Zipped size must be smaller than ${MAX_ZIP_BYTES} bytes`);
    return zip;
  }
  if (object === undefined) throw invalid("Please provide a source for function code.");
  try {
    return await readObject(scope, object, MAX_UNPACKED_BYTES);
  } catch (error) {
    if (!(error instanceof CodeObjectError)) throw error;
    throw invalid(
      `Error occurred while GetObject. S3 Error Code: ${error.code}. S3 Error Message: ${error.message}`,
    );
  }
}

function wordsOf(error: PackageError): string {
  switch (error.fault) {
    case "tooLarge":
      return TOO_LARGE;
    case "malformed":
      return "Could not unzip uploaded file. Please check your file, then try to upload again.";
    case "escapes":
    case "tooManyFiles":
      return `Could not unzip uploaded file: ${error.message}. Please check your file, then try to upload again.`;
  }
}
