import type { Scope } from "./scope.ts";

/** A log group where lines are kept: `account/region/name`. */
export const logGroupKey = ({ account, region }: Scope, name: string): string =>
  `${account}/${region}/${name}`;

/** The parts of a key; undefined for what is none. */
export function parseLogGroupKey(key: string): (Scope & { readonly name: string }) | undefined {
  const [account, region] = key.split("/", 2);
  if (!account || !region) return undefined;
  const name = key.slice(account.length + region.length + 2);
  return name === "" ? undefined : { account, region, name };
}
