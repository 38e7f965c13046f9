/** Writes a bundle where it was asked for: into a directory, or as the zip that `functions create` would make of it. */
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { type Code, pack } from "../code/pack.ts";
import type { Bundle } from "./bundle.ts";
import { copyKept } from "./native.ts";
import { stemOf } from "./project.ts";

/** Ends with the zip's size where `out` is one. */
export async function writeBundle(bundle: Bundle, out: string): Promise<number | undefined> {
  if (!out.endsWith(".zip")) {
    await writeFiles(bundle, out);
    return undefined;
  }
  const { zip } = await packBundle(bundle);
  await mkdir(dirname(out), { recursive: true });
  await writeFile(out, zip);
  return zip.length;
}

/** The bundle as it is deployed. @throws Failure where that is too large. */
export async function packBundle(bundle: Bundle): Promise<Code> {
  const directory = await mkdtemp(join(tmpdir(), "yunque-build-"));
  try {
    await writeFiles(bundle, directory);
    const code = await pack(directory);
    return { ...code, read: async () => undefined }; // the files are gone by then
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Other files of the directory stay, but not those that Lambda would take for the same module. */
export async function writeFiles({ files, kept, handler }: Bundle, out: string): Promise<void> {
  await mkdir(out, { recursive: true });
  const stem = handler.slice(0, handler.indexOf(".", handler.lastIndexOf("/") + 1));
  const folder = dirname(join(out, stem));
  for (const name of await readdir(folder).catch(() => []))
    if (
      /\.[cm]?[jt]s(?:\.map)?$/.test(name) &&
      stemOf(name.replace(/\.map$/, "")) === basename(stem)
    )
      await rm(join(folder, name), { force: true });
  for (const { name, bytes } of files) {
    await mkdir(dirname(join(out, name)), { recursive: true });
    await writeFile(join(out, name), bytes);
  }
  await copyKept(kept, out);
}
