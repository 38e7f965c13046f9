/** Random puts, deletions and pauses of one bucket beside a list that says what versions mean. */
import assert from "node:assert/strict";
import { it } from "node:test";
import { createMemoryEngine } from "../../engines/memory/engine.ts";
import { BUCKET, caller, openFixture } from "./fixture.ts";

interface Version {
  readonly id: string;
  readonly text: string | undefined;
}
type Status = "never" | "Enabled" | "Suspended";

const KEYS = ["a", "a\u0001", "b"];

it("versions are what a list of them would be", async () => {
  for (let seed = 1; seed <= 20; seed++) await run(seed);
});

async function run(seed: number): Promise<void> {
  const random = generator(seed);
  const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)] as T;
  const { objects, put, get, has } = await openFixture(createMemoryEngine());
  const model = new Map<string, Version[]>(KEYS.map((key) => [key, []]));
  const blobs = new Map<string, string>();
  let status = "never" as Status;
  for (let step = 0; step < 80; step++) {
    const key = pick(KEYS);
    const versions = model.get(key) ?? [];
    const choice = random();
    if (choice < 0.1) {
      status = pick(["Enabled", "Suspended"] as const);
      await objects.putVersioning(caller, { bucket: BUCKET }, status);
    } else if (choice < 0.6) {
      const text = `${seed}-${step}`;
      const { version = "null", body } = await put(key, text);
      blobs.set(text, body.blob ?? "");
      assert.equal(version === "null", status !== "Enabled");
      model.set(key, placed(versions, { id: version, text }));
    } else if (choice < 0.75) {
      const { marker } = await objects.deleteObject(caller, { bucket: BUCKET, key });
      if (status === "never") model.set(key, []);
      else model.set(key, placed(versions, { id: marker ?? "", text: undefined }));
    } else if (versions.length > 0) {
      const version = pick(versions).id;
      await objects.deleteObject(caller, { bucket: BUCKET, key, version });
      model.set(
        key,
        versions.filter(({ id }) => id !== version),
      );
    }
    await check();
  }

  async function check(): Promise<void> {
    const listed = await objects.listVersions(caller, {
      bucket: BUCKET,
      prefix: "",
      afterKey: "",
      max: 1000,
    });
    const expected = KEYS.flatMap((key) =>
      (model.get(key) ?? []).map(({ id, text }, index) => [
        key,
        id,
        text === undefined,
        index === 0,
      ]),
    );
    assert.deepEqual(
      listed.versions.map(({ key, latest, value }) => [
        key,
        value.version ?? "null",
        "marker" in value,
        latest,
      ]),
      expected,
      `seed ${seed}`,
    );
    const alive = new Set<string>();
    for (const key of KEYS)
      for (const { id, text } of model.get(key) ?? [])
        if (text !== undefined) {
          assert.equal(await get(key, { version: id }), text);
          alive.add(text);
        }
    for (const [text, blob] of blobs) assert.equal(await has(blob), alive.has(text), text);
  }
}

/** The null version takes the place of an earlier one. */
const placed = (versions: readonly Version[], next: Version): Version[] => [
  next,
  ...versions.filter(({ id }) => next.id !== "null" || id !== "null"),
];

/** The same numbers each time. */
function generator(seed: number): () => number {
  let state = seed * 2654435761;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
    return state / 2 ** 32;
  };
}
