/** Makes a function's zip of a directory, a file or a zip that is there already. */
import { readFile, realpath, stat } from "node:fs/promises";
import { basename } from "node:path";
import { buffer } from "node:stream/consumers";
import type { ZipFile } from "yazl";
import { Failure } from "../failure.ts";
import { type CodeFile, listFiles } from "./list-files.ts";
import { zipNames } from "./zip-names.ts";

/** Code that is ready to be deployed. */
export interface Code {
  readonly zip: Buffer;
  /** Paths of the files inside of the zip. */
  readonly names: readonly string[];
  /** Text of a file, or undefined where it cannot be had without unpacking. */
  read(name: string): Promise<string | undefined>;
}

/** Lambda takes at most 50 MB of zip with a request. */
const MOST_ZIPPED = 50 * 1024 * 1024;

/** @throws Failure where there is nothing to deploy, or too much. */
export async function pack(path: string): Promise<Code> {
  const found = await stat(path).catch((error: Error) => {
    throw new Failure(`cannot read ${path}: ${error.message}`);
  });
  const code = found.isDirectory()
    ? await packFiles(await listFiles(path))
    : path.endsWith(".zip")
      ? await openZip(path)
      : await packFiles([{ path: await realpath(path), name: basename(path), mode: 0o644 }]);
  if (code.zip.length <= MOST_ZIPPED) return code;
  throw new Failure(
    `the zip of ${path} is larger than 50 MB`,
    "Lambda takes such code from S3: aws s3 cp CODE.zip s3://BUCKET/ and create-function --code S3Bucket=BUCKET,S3Key=CODE.zip",
  );
}

async function packFiles(files: readonly CodeFile[]): Promise<Code> {
  if (files.length === 0) throw new Failure("the directory holds no files");
  const { ZipFile: Zip } = await import("yazl");
  const zip = new Zip();
  for (const { path, name, mode } of files) zip.addFile(path, name, { ...TIMELESS, mode });
  zip.end();
  const paths = new Map(files.map(({ name, path }) => [name, path]));
  return {
    zip: await bytesOf(zip),
    names: [...paths.keys()],
    read: async (name) => {
      const path = paths.get(name);
      return path === undefined ? undefined : readFile(path, "utf8");
    },
  };
}

/** The same files make the same bytes, so that unchanged code is the same code to Lambda. */
const TIMELESS = { mtime: new Date(1980, 0, 1), forceDosTimestamp: true };

function bytesOf(zip: ZipFile): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    zip.once("error", reject);
    buffer(zip.outputStream).then(resolve, reject);
  });
}

async function openZip(path: string): Promise<Code> {
  const zip = await readFile(path);
  const names = zipNames(zip);
  if (names === undefined) throw new Failure(`${path} is no zip file`);
  return { zip, names, read: async () => undefined };
}
