import { existsSync, readFileSync } from "node:fs";

/** One correction of an AWS model, with its reason. Paths are JSON pointers into botocore's form of the model. */
export interface Patch {
  readonly reason: string;
  readonly set?: Readonly<Record<string, unknown>>;
  readonly remove?: readonly string[];
}

/** The patches of one file, or none where the file is not there. */
export function readPatches(path: string): readonly Patch[] {
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Patch[]) : [];
}

/** Applies the patches in place. @throws where a pointer leads nowhere: the model has moved on, and so must the patch. */
export function applyPatches(model: object, patches: readonly Patch[]): void {
  for (const { reason, set = {}, remove = [] } of patches) {
    if (reason === "") throw new Error("a patch needs a reason");
    for (const [pointer, value] of Object.entries(set)) {
      const { owner, key } = locate(model, pointer);
      owner[key] = value;
    }
    for (const pointer of remove) {
      const { owner, key } = locate(model, pointer);
      if (!(key in owner)) throw new Error(`nothing to remove at ${pointer}`);
      delete owner[key];
    }
  }
}

function locate(model: object, pointer: string): { owner: Record<string, unknown>; key: string } {
  const steps = pointer.split("/").slice(1).map(plain);
  const key = steps.pop();
  if (key === undefined) throw new Error(`${pointer} is no JSON pointer`);
  let owner = model as Record<string, unknown>;
  for (const step of steps) {
    const next = owner[step];
    if (typeof next !== "object" || next === null) throw new Error(`${pointer} leads nowhere`);
    owner = next as Record<string, unknown>;
  }
  return { owner, key };
}

const plain = (step: string) => step.replaceAll("~1", "/").replaceAll("~0", "~");
