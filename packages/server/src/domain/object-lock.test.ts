import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { defaultRetention, mayDelete, mayRetain } from "./object-lock.ts";

const NOW = Date.UTC(2026, 0, 31);
const governed = { mode: "GOVERNANCE", until: NOW + 1000 } as const;
const strict = { mode: "COMPLIANCE", until: NOW + 1000 } as const;

describe("locks of versions", () => {
  it("keep a version until its time, or until somebody lifts the hold", () => {
    assert.equal(mayDelete({}, NOW, false), true);
    assert.equal(mayDelete({ retention: governed }, NOW, false), false);
    assert.equal(mayDelete({ retention: governed }, NOW, true), true);
    assert.equal(mayDelete({ retention: strict }, NOW, true), false);
    assert.equal(mayDelete({ retention: strict }, NOW + 1000, false), true);
    assert.equal(mayDelete({ legalHold: true }, NOW, true), false);
    assert.equal(mayDelete({ legalHold: false }, NOW, false), true);
  });

  it("may be longer, and shorter only where somebody overrides governance", () => {
    const longer = { ...governed, until: NOW + 2000 };
    const shorter = { ...governed, until: NOW + 500 };
    assert.equal(mayRetain(undefined, shorter, NOW, false), true);
    assert.equal(mayRetain(governed, longer, NOW, false), true);
    assert.equal(mayRetain(governed, shorter, NOW, false), false);
    assert.equal(mayRetain(governed, undefined, NOW, false), false);
    assert.equal(mayRetain(governed, undefined, NOW, true), true);
    assert.equal(mayRetain(strict, undefined, NOW, true), false);
    assert.equal(mayRetain(strict, longer, NOW, true), false); // it would become laxer
    assert.equal(mayRetain(governed, { ...strict, until: NOW + 2000 }, NOW, false), true);
  });

  it("last days or years by the calendar", () => {
    assert.equal(defaultRetention({}, NOW), undefined);
    const days = defaultRetention({ mode: "GOVERNANCE", days: 1 }, NOW);
    assert.deepEqual(days, { mode: "GOVERNANCE", until: Date.UTC(2026, 1, 1) });
    const years = defaultRetention({ mode: "COMPLIANCE", years: 2 }, NOW);
    assert.equal(years?.until, Date.UTC(2028, 0, 31));
  });
});
