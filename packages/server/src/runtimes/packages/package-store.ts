import type { Blobs } from "../../ports/blobs.ts";
import { type Package, PackageMissing, type Packages } from "../../ports/packages.ts";
import { type Listed, RecordConflict, type Records } from "../../ports/records.ts";
import { mayHaveBeenKept, storageError } from "../../ports/storage-errors.ts";
import { gather, sha256Of, slices } from "./gather.ts";
import { Turns } from "./turns.ts";
import type { UnpackedPackages } from "./unpacked.ts";
import type { Unpacker } from "./unpacker.ts";

/** Packages are named by their content, so that all accounts share them. */
const SPACE = "platform/global/packages";

interface Stored {
  readonly blob: string;
  readonly codeSize: number;
  readonly unpackedSize: number;
}

/**
 * A package is durable as its zip and a record that names it; its unpacked files are only this machine's cache of it.
 * What is done with one package is done one after another, so that no work is done twice.
 */
export class PackageStore implements Packages {
  readonly #records: Records;
  readonly #blobs: Blobs;
  readonly #unpacked: UnpackedPackages;
  readonly #unpacker: Unpacker;
  readonly #turns = new Turns();
  /** Added or used since the start: on its way into a record perhaps, and not to be swept. */
  readonly #used = new Set<string>();

  constructor(records: Records, blobs: Blobs, unpacked: UnpackedPackages, unpacker: Unpacker) {
    this.#records = records;
    this.#blobs = blobs;
    this.#unpacked = unpacked;
    this.#unpacker = unpacker;
  }

  async add(zip: Uint8Array): Promise<Package> {
    const id = await sha256Of(slices(zip));
    this.#used.add(id);
    return this.#turns.run(id, async () => {
      const known = await this.get(id);
      if (known) return known;
      const scratch = await this.#unpacked.scratch();
      try {
        const copy = () => gather(slices(zip), zip.length);
        const unpackedSize = await this.#unpacker.unpack(copy, scratch);
        const stored = await this.#keep(id, zip, unpackedSize);
        await this.#unpacked.adopt(scratch, id);
        return describe(id, stored);
      } catch (error) {
        await this.#unpacked.discard(scratch);
        throw error;
      }
    });
  }

  async get(id: string): Promise<Package | undefined> {
    const stored = await this.#stored(id);
    return stored && describe(id, stored);
  }

  async zip(id: string): Promise<AsyncIterable<Uint8Array>> {
    const stored = await this.#stored(id);
    if (!stored) throw new PackageMissing(id);
    return this.#blobs.read(stored.blob);
  }

  async directory(id: string): Promise<string> {
    this.#used.add(id);
    return (await this.#unpacked.find(id)) ?? this.#turns.run(id, () => this.#unpackAgain(id));
  }

  async sweep(live: ReadonlySet<string>): Promise<void> {
    const named = new Set<string>();
    for await (const { id, value } of this.#all()) {
      const forgotten = !live.has(id) && (await this.#turns.run(id, () => this.#forget(id)));
      if (!forgotten) named.add(value.blob);
    }
    for (const id of await this.#unpacked.ids())
      await this.#turns.run(id, async () => {
        if (!(await this.#stored(id))) await this.#unpacked.remove(id);
      });
    for await (const blob of this.#blobs.inherited())
      if (!named.has(blob)) await this.#blobs.delete(blob);
  }

  /** Makes the zip durable, then the record that names it. */
  async #keep(id: string, zip: Uint8Array, unpackedSize: number): Promise<Stored> {
    const { id: blob } = await this.#blobs.put(slices(zip));
    const stored: Stored = { blob, codeSize: zip.length, unpackedSize };
    try {
      await this.#records.commit([{ put: stored, space: SPACE, id, expect: 0 }]);
      return stored;
    } catch (error) {
      // Else the blob is the sweep's, should nobody name it.
      if (!mayHaveBeenKept(error)) await this.#blobs.delete(blob);
      const theirs = error instanceof RecordConflict ? await this.#stored(id) : undefined;
      if (theirs) return theirs;
      throw error;
    }
  }

  async #unpackAgain(id: string): Promise<string> {
    const found = await this.#unpacked.find(id);
    if (found) return found;
    const stored = await this.#stored(id);
    if (!stored) throw new PackageMissing(id);
    const load = async () => {
      const zip = await gather(await this.#blobs.read(stored.blob), stored.codeSize);
      if ((await sha256Of(slices(zip))) === id) return zip;
      throw storageError("StorageDamaged", `the zip of package ${id} is damaged`);
    };
    const scratch = await this.#unpacked.scratch();
    try {
      await this.#unpacker.unpack(load, scratch);
      return await this.#unpacked.adopt(scratch, id);
    } catch (error) {
      await this.#unpacked.discard(scratch);
      throw error;
    }
  }

  /**
   * Deletes a package that was not used since the start; answers whether it did. The record first: a blob that is left
   * over is nobody's, a record without its blob would be broken.
   */
  async #forget(id: string): Promise<boolean> {
    const stored = await this.#stored(id);
    if (!stored || this.#used.has(id)) return false;
    await this.#records.commit([{ delete: true, space: SPACE, id }]);
    await this.#blobs.delete(stored.blob);
    await this.#unpacked.remove(id);
    return true;
  }

  async #stored(id: string): Promise<Stored | undefined> {
    return (await this.#records.get<Stored>(SPACE, id))?.value;
  }

  async *#all(): AsyncGenerator<Listed<Stored>> {
    for (let after: string | undefined; ; ) {
      const page = await this.#records.list<Stored>(SPACE, after === undefined ? {} : { after });
      yield* page;
      after = page.at(-1)?.id;
      if (after === undefined) return;
    }
  }
}

function describe(id: string, { codeSize, unpackedSize }: Stored): Package {
  const codeSha256 = Buffer.from(id, "hex").toString("base64");
  return { id, codeSha256, codeSize, unpackedSize };
}
