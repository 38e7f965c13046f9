import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { giverFor, mayTakeIdle } from "./fair-share.ts";

const holding = (places: number) => ({ places });

describe("who gives a place up", () => {
  it("is whoever has the most, where that is two more than the needy one has", () => {
    const [few, many] = [holding(2), holding(5)];
    assert.equal(giverFor([few, many], holding(0)), many);
    assert.equal(giverFor([holding(3)], holding(2)), undefined);
    assert.equal(giverFor([], holding(0)), undefined);
  });

  it("comes to an even share, and to rest there", () => {
    const holders = [holding(100), holding(0), holding(0)];
    for (let moves = 0; ; moves++) {
      const needy = holders.reduce((a, b) => (b.places < a.places ? b : a));
      const giver = giverFor(holders, needy);
      if (!giver) {
        assert.deepEqual(holders.map(({ places }) => places).sort(), [33, 33, 34]);
        assert.ok(moves <= 67);
        return;
      }
      giver.places--;
      needy.places++;
    }
  });
});

describe("an idle instance", () => {
  it("is not taken from who has less, while it was used just now", () => {
    assert.equal(mayTakeIdle(holding(1), holding(50), 100), false);
    assert.equal(mayTakeIdle(holding(1), holding(50), 60_000), true);
    assert.equal(mayTakeIdle(holding(2), holding(1), 0), true);
  });

  it("of the needy function itself, another version's, is taken", () => {
    const one = holding(3);
    assert.equal(mayTakeIdle(one, one, 0), true);
  });
});
