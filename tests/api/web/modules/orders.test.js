import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { balances } from "../../../../api/web/static/js/plot.js";
import { explain } from "../../../../api/web/static/js/suggestion.js";

const TERMS = {
  rule: "par_level",
  need: "20000",
  on_hand: "1200",
  on_order: "2400",
  have: "3600",
  raw: "16400",
  pack: "2400",
  packs_exact: "6.833",
  packs_whole: 7,
  minimum_packs: 2,
  pack_multiple: 4,
  packs: 8,
  unit: "g",
};
const plain = (says) => says.map((text) => text.replaceAll("\u00a0", " "));

describe("the arithmetic of a suggestion", () => {
  it("names every term", () => {
    assert.deepEqual(plain(explain(TERMS)), [
      "The par level is 20 kg.",
      "On hand 1.2 kg, on order 2.4 kg: together 3.6 kg.",
      "Missing: 20 kg − 3.6 kg = 16.4 kg.",
      "One pack is 2.4 kg: that makes 7 packs, rounded up to whole ones.",
      "The supplier sells in steps of 4 packs.",
      "So 8 packs.",
    ]);
  });
  it("says where the minimum decides", () => {
    const says = plain(explain({ ...TERMS, packs_whole: 1, minimum_packs: 2, pack_multiple: 1, packs: 2 }));
    assert.ok(says.includes("The supplier sells at least 2 packs."));
  });
  it("throws at terms it does not know, so that the page can leave them out", () => {
    assert.throws(() => explain({ note: "by hand" }));
  });
});

describe("balances worked back from what is on hand", () => {
  it("start before the oldest movement", () => {
    const movements = [
      { occurred_at: "2026-11-22T10:00:00Z", delta: "-2.5" },
      { occurred_at: "2026-11-21T10:00:00Z", delta: "10" },
    ];
    const levels = balances("7.5", movements, (movement) => movement.delta).map((point) => point.level);
    assert.deepEqual(levels, ["0", "10", "7.5"]);
  });
});
