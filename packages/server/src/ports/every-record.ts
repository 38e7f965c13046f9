import type { Listed, Records } from "./records.ts";

/** As many as one call lists at most. */
const PAGE = 10_000;

/** Every record of a space whose id starts so, in order of id. Page by page: not all as of one moment. */
export async function everyRecord<T>(
  records: Pick<Records, "list">,
  space: string,
  prefix = "",
): Promise<Listed<T>[]> {
  const all: Listed<T>[] = [];
  for (let after = ""; ; ) {
    const page = await records.list<T>(space, { prefix, after, limit: PAGE });
    all.push(...page);
    const last = page.at(-1);
    if (page.length < PAGE || last === undefined) return all;
    after = last.id;
  }
}
