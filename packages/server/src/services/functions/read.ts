import type { FunctionHead, FunctionVersion } from "../../domain/function.ts";
import type { Scope } from "../../domain/scope.ts";
import type { FunctionsContext } from "./context.ts";
import { type DescribedVersion, describe, describeLatest, describeTarget } from "./describe.ts";
import { markerOf, type Page, type PageRequest, pageSize, startAfter } from "./paging.ts";
import { childSpace, FUNCTIONS, spaceOf } from "./spaces.ts";
import { readSpace } from "./store.ts";
import { targetOf } from "./target.ts";

/** One version of a function with what the function has as a whole. */
export interface DescribedFunction extends DescribedVersion {
  readonly tags: FunctionHead["tags"];
  readonly reservedConcurrency: number | undefined;
}

/** @throws YunqueError `FunctionNotFound` */
export async function getFunction(
  { store }: FunctionsContext,
  caller: Scope,
  functionName: string,
  qualifier?: string,
): Promise<DescribedFunction> {
  const target = targetOf(caller, functionName, qualifier);
  const stored = await store.get(target);
  const { tags, reservedConcurrency } = stored.head;
  return { ...(await describeTarget(stored, target)), tags, reservedConcurrency };
}

/** Functions in order of name; `all` lists every published version too, each under its qualified ARN. */
export async function listFunctions(
  { records }: FunctionsContext,
  scope: Scope,
  { all, ...page }: PageRequest & { readonly all: boolean },
): Promise<Page<DescribedVersion>> {
  const size = pageSize(page);
  const space = spaceOf(scope, FUNCTIONS);
  // Markers are `name` where a function was listed to its end, and `name:count` where some of its versions were.
  const [startName = "", listed] = (startAfter(page) ?? "").split(":");
  const items: DescribedVersion[] = [];
  let skip = Number(listed ?? 0);
  if (skip > 0) {
    const head = (await records.get<FunctionHead>(space, startName))?.value;
    if (head !== undefined) {
      const versions = (await versionsOf(head)).slice(skip);
      items.push(...versions.slice(0, size));
      if (versions.length > size) return { items, marker: markerOf(`${startName}:${skip + size}`) };
    }
  }
  for (let after = startName; ; ) {
    const heads = await records.list<FunctionHead>(space, { after, limit: size + 1 });
    for (const { value: head, id } of heads) {
      if (items.length === size) return { items, marker: markerOf(after) };
      const versions = all ? await versionsOf(head) : [describeLatest(scope, head.latest)];
      skip = size - items.length;
      items.push(...versions.slice(0, skip));
      if (versions.length > skip) return { items, marker: markerOf(`${id}:${skip}`) };
      after = id;
    }
    if (heads.length <= size) return { items };
  }

  async function versionsOf(head: FunctionHead): Promise<DescribedVersion[]> {
    const published = childSpace(scope, "function-versions", head.name);
    const versions = await readSpace<FunctionVersion>(records, published);
    return [head.latest, ...versions.values()].map((version) => describe(scope, version));
  }
}
