/**
 * The files of log groups. A name says all that there is to know of a file, so that no index can be wrong:
 *
 *     <group>.ndjson                                        what is being written
 *     <group>.<id>.ndjson                                   full, to be sealed
 *     <group>.<id>.<first>.<last>.<lines>.<bytes>.parquet   sealed: times of its lines, how many, bytes before
 *     <group>.<id>.new                                      being sealed; worthless after a crash
 */
import { createHash } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";

export interface SealedSegment {
  readonly file: string;
  readonly id: number;
  readonly first: number;
  readonly last: number;
  readonly lines: number;
  readonly bytes: number;
}
export interface FullSegment {
  readonly file: string;
  readonly id: number;
}
export interface GroupSegments {
  /** In order of id. */
  readonly full: FullSegment[];
  readonly sealed: SealedSegment[];
  /** How often the file that was being written became a full one. */
  rotations: number;
}

/** How files of a group begin: readable as far as it is harmless, and told apart by a digest, also where case is ignored. */
export function fileBase(group: string): string {
  const readable = group.replaceAll(/[^A-Za-z0-9_-]+/g, "_").slice(0, 100);
  return `${readable}-${createHash("sha256").update(group).digest("hex").slice(0, 32)}`;
}

const FULL = /^([\w-]+)\.(\d{1,16})\.ndjson$/;
const SEALED =
  /^([\w-]+)\.(\d{1,16})\.(-?\d{1,16})\.(-?\d{1,16})\.(\d{1,16})\.(\d{1,16})\.parquet$/;
const UNFINISHED = /^[\w-]+\.\d{1,16}\.new$/;

/** Adds the segments of all groups, by their files' bases, as they are in the directory. Removes what a crash left half done. */
export async function readSegments(
  directory: string,
  groups: Map<string, GroupSegments>,
): Promise<void> {
  const files = await readdir(directory);
  for (const file of files) {
    const sealed = SEALED.exec(file);
    const full = FULL.exec(file);
    if (UNFINISHED.test(file)) await rm(join(directory, file), { force: true });
    else if (sealed) {
      const [id = 0, first = 0, last = 0, lines = 0, bytes = 0] = sealed.slice(2).map(Number);
      segmentsOf(groups, sealed[1]).sealed.push({ file, id, first, last, lines, bytes });
    } else if (full) segmentsOf(groups, full[1]).full.push({ file, id: Number(full[2]) });
  }
  for (const group of groups.values()) {
    group.full.sort(byId);
    group.sealed.sort(byId);
    const done = new Set(group.sealed.map(({ id }) => id));
    for (const { file, id } of [...group.full])
      if (done.has(id)) {
        group.full.splice(0, Infinity, ...group.full.filter((one) => one.id !== id));
        await rm(join(directory, file), { force: true });
      }
  }
}

export function segmentsOf(groups: Map<string, GroupSegments>, base = ""): GroupSegments {
  const found = groups.get(base) ?? { full: [], sealed: [], rotations: 0 };
  groups.set(base, found);
  return found;
}

export const sealedName = (
  base: string,
  { id, first, last, lines, bytes }: Omit<SealedSegment, "file">,
) => `${base}.${id}.${first}.${last}.${lines}.${bytes}.parquet`;

const byId = (a: FullSegment, b: FullSegment): number => a.id - b.id;
