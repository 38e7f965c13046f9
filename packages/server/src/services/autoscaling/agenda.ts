/**
 * What is to be done at a time: durable, in order of time, and all scopes together, so that whoever does it reads only
 * what is due. An entry stays until the commit that does what it asks for.
 */
import { randomUUID } from "node:crypto";
import type { Scope } from "../../domain/scope.ts";
import type { Change, Listed, Records } from "../../ports/records.ts";
import type { TargetName } from "./model.ts";
import { AGENDA } from "./spaces.ts";

/** `action`: run a scheduled action. `bounds`: bring the capacity between its bounds. `change`: make or follow a change. */
export type AgendaItem = { readonly scope: Scope; readonly target: TargetName } & (
  | { readonly kind: "action"; readonly name: string }
  | { readonly kind: "bounds" }
  | { readonly kind: "change"; readonly activity: string; readonly waitMs: number }
);

export interface AgendaEntry {
  readonly id: string;
  /** When it is due, in milliseconds since the epoch. */
  readonly time: number;
  readonly item: AgendaItem;
}

const DIGITS = 15;

/** A new entry: its id, and the change that writes it. */
export function entryAt(
  time: number,
  item: AgendaItem,
): { readonly id: string; readonly put: Change } {
  const id = `${String(time).padStart(DIGITS, "0")} ${randomUUID()}`;
  return { id, put: { put: item, space: AGENDA, id } };
}

/** The change that takes an entry away, if it is still there. */
export const withoutEntry = (id: string): Change => ({ delete: true, space: AGENDA, id });

/** The entries that are due first. */
export async function firstEntries(records: Records, limit: number): Promise<AgendaEntry[]> {
  const found: Listed<AgendaItem>[] = await records.list(AGENDA, { limit });
  return found.map(({ id, value }) => ({ id, time: Number(id.slice(0, DIGITS)), item: value }));
}
