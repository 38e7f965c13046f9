import {
  type Change,
  type Listed,
  type ListOptions,
  RecordConflict,
  type Records,
  type Versioned,
} from "../../ports/records.ts";
import { storageError } from "../../ports/storage-errors.ts";
import { checkKey, checkList, encodeChanges, touched, type Write } from "../record-rules.ts";
import { checkSpacePrefix } from "../space-rules.ts";
import { compareUtf8 } from "../utf8-order.ts";
import { Watchers } from "../watchers.ts";

/** Values are kept as JSON text, so that no caller shares an object with the store. */
interface Stored {
  readonly json: string;
  readonly revision: number;
}

/** Records as ports/records.ts defines them, as plainly as they can be said. */
export class MemoryRecords implements Records {
  readonly #spaces = new Map<string, Map<string, Stored>>();
  readonly #watchers = new Watchers<readonly string[]>();
  #revision = 0;
  #closed = false;

  async get<T>(space: string, id: string): Promise<Versioned<T> | undefined> {
    this.#check();
    checkKey(space, id);
    const stored = this.#spaces.get(space)?.get(id);
    return stored && decode<T>(stored);
  }

  async list<T>(space: string, options: ListOptions = {}): Promise<Listed<T>[]> {
    this.#check();
    const limit = checkList(space, options);
    const { prefix = "", after } = options;
    const found = [...(this.#spaces.get(space) ?? [])]
      .filter(([id]) => id.startsWith(prefix))
      .filter(([id]) => after === undefined || compareUtf8(id, after) > 0)
      .sort(([a], [b]) => compareUtf8(a, b));
    return found.slice(0, limit).map(([id, stored]) => ({ id, ...decode<T>(stored) }));
  }

  async spaces(prefix: string): Promise<string[]> {
    this.#check();
    checkSpacePrefix(prefix);
    return [...this.#spaces.keys()].filter((space) => space.startsWith(prefix)).sort();
  }

  async commit(changes: readonly Change[]): Promise<void> {
    this.#check();
    const writes = encodeChanges(changes);
    for (const { space, id, expect } of writes) {
      const revision = this.#spaces.get(space)?.get(id)?.revision ?? 0;
      if (expect >= 0 && expect !== revision) throw new RecordConflict(space, id);
    }
    for (const write of writes) this.#apply(write);
    for (const [space, ids] of touched(writes)) this.#watchers.notify(space, ids);
  }

  watch(space: string, listener: (ids: readonly string[]) => void): () => void {
    return this.#watchers.add(space, listener);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#watchers.clear();
  }

  #apply({ kind, space, id, json }: Write): void {
    if (kind === "check") return;
    const records = this.#spaces.get(space) ?? new Map<string, Stored>();
    if (kind === "put") records.set(id, { json, revision: ++this.#revision });
    else records.delete(id);
    if (records.size > 0) this.#spaces.set(space, records);
    else this.#spaces.delete(space);
  }

  #check(): void {
    if (this.#closed) throw storageError("StorageClosed", "the records are closed");
  }
}

function decode<T>({ json, revision }: Stored): Versioned<T> {
  return { value: JSON.parse(json) as T, revision };
}
