/** What is to be done at a time, of all scopes: a timetable. An entry stays until the commit that does what it asks for. */
import { randomUUID } from "node:crypto";
import type { Scope } from "../../domain/scope.ts";
import type { Change } from "../../ports/records.ts";
import { type DueEntry, putEntry, removeEntry } from "../timetable/index.ts";
import type { TargetName } from "./model.ts";
import { AGENDA } from "./spaces.ts";

/** `action`: run a scheduled action. `bounds`: bring the capacity between its bounds. `change`: make or follow a change. */
export type AgendaItem = { readonly scope: Scope; readonly target: TargetName } & (
  | { readonly kind: "action"; readonly name: string }
  | { readonly kind: "bounds" }
  | { readonly kind: "change"; readonly activity: string; readonly waitMs: number }
);

export type AgendaEntry = DueEntry<AgendaItem>;

/** A new entry: its id, and the change that writes it. */
export function entryAt(
  time: number,
  item: AgendaItem,
): { readonly id: string; readonly put: Change } {
  const id = randomUUID();
  return { id, put: putEntry(AGENDA, id, time, item) };
}

/** The change that takes an entry away, if it is still there. */
export const withoutEntry = (id: string): Change => removeEntry(AGENDA, id);
