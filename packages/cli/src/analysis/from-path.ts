import { chmod, copyFile, mkdir, readFile, realpath, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { guess } from "../code/guess.ts";
import { type CodeFile, listFiles } from "../code/list-files.ts";
import { Failure } from "../failure.ts";
import type { Subject, SubjectOptions } from "./subject.ts";
import { LAMBDA_MEMORY_MB, unpackInto } from "./unpack-into.ts";

/** The code of a directory, a file or a zip on this machine, as `functions create` would deploy it. @throws Failure */
export async function subjectFromPath(
  path: string,
  options: SubjectOptions,
  directory: string,
): Promise<Subject> {
  const code = join(directory, "code");
  const opt = join(directory, "opt");
  await mkdir(opt);
  const found = await stat(path).catch((error: Error) => {
    throw new Failure(`cannot read ${path}: ${error.message}`);
  });
  const zipped = found.isFile() && path.endsWith(".zip") ? await readFile(path) : undefined;
  if (zipped) unpackInto(zipped, code, path);
  else await copyInto(code, found.isDirectory() ? await listFiles(path) : [await single(path)]);
  const guessed = await kindOf(code, options);
  return {
    name: path,
    functionName: "function",
    ...guessed,
    memoryMB: options.memory ?? LAMBDA_MEMORY_MB,
    environment: options.env ?? {},
    code,
    layers: [],
    opt,
    ...(zipped ? { zipped: zipped.length } : {}),
  };
}

async function kindOf(code: string, { runtime, handler }: SubjectOptions) {
  if (runtime !== undefined && handler !== undefined) return { runtime, handler };
  try {
    const names = (await listFiles(code)).map(({ name }) => name);
    const found = await guess({ names, read: (name) => readFile(join(code, name), "utf8") });
    return { runtime: runtime ?? found.runtime, handler: handler ?? found.handler };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { runtime, handler, unknown: error };
  }
}

const single = async (path: string): Promise<CodeFile> => ({
  path: await realpath(path),
  name: basename(path),
  mode: 0o644,
});

async function copyInto(directory: string, files: readonly CodeFile[]): Promise<void> {
  if (files.length === 0) throw new Failure("the directory holds no files");
  for (const { path, name, mode } of files) {
    const target = join(directory, name);
    await mkdir(dirname(target), { recursive: true });
    await copyFile(path, target);
    await chmod(target, mode);
  }
}
