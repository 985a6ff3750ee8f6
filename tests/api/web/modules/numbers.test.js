import assert from "node:assert/strict";
import { describe, it } from "node:test";

import {
  add,
  compare,
  group,
  money,
  multiply,
  quantity,
  round,
  subtract,
  trim,
  typeable,
  typed,
} from "../../../../api/web/static/js/numbers.js";

describe("typed", () => {
  it("reads what a cook types on either keyboard", () => {
    for (const [text, plain] of [
      ["1,5", "1.5"],
      [" 01.50 ", "1.5"],
      [".5", "0.5"],
      ["12.", "12"],
      ["+3", "3"],
    ])
      assert.equal(typed(text), plain);
  });
  it("refuses what is no plain number", () => {
    for (const text of ["", "NaN", "1e3", "1,000,000", "--1", "0x10", "1 2", "٣"]) assert.equal(typed(text), null);
  });
});

describe("arithmetic", () => {
  it("is exact where floats are not", () => {
    assert.equal(add("0.1", "0.2"), "0.3");
    assert.equal(subtract("817860.05", "0.05"), "817860");
    assert.equal(multiply("0.1", "3"), "0.3");
    assert.equal(multiply("999999999999.999999", "1000"), "999999999999999.999");
    assert.equal(subtract("1", "1.000001"), "-0.000001");
  });
  it("compares by value", () => {
    assert.equal(compare("2", "10"), -1);
    assert.equal(compare("1.0", "1"), 0);
    assert.equal(compare("-1", "-2"), 1);
  });
  it("rounds half away from zero", () => {
    assert.equal(round("2.0005", 3), "2.001");
    assert.equal(round("-2.0005", 3), "-2.001");
    assert.equal(round("0.0004", 3), "0");
    assert.equal(round("-0.0004", 3), "0");
  });
  it("throws at what is no number instead of guessing", () => {
    for (const text of ["", "NaN", "Infinity", "1e5", "1,5"]) assert.throws(() => add(text, "1"), RangeError);
  });
});

describe("what is shown", () => {
  it("has a unit, thousands apart, and no zeros at the end", () => {
    assert.equal(quantity("41250", "g"), "41.25\u00a0kg");
    assert.equal(quantity("800.000000", "g"), "800\u00a0g");
    assert.equal(quantity("-1500", "ml"), "−1.5\u00a0l");
    assert.equal(quantity("1234567", "g"), "1,234.567\u00a0kg");
    assert.equal(quantity("1", "each"), "1\u00a0pc");
    assert.equal(quantity("0", "each"), "0\u00a0pcs");
    assert.equal(quantity(null, "g"), "–");
    assert.equal(quantity("nonsense", "g"), "nonsense g");
  });
  it("groups and trims", () => {
    assert.equal(group("49574"), "49,574");
    assert.equal(group("123"), "123");
    assert.equal(trim("0010.500"), "10.5");
    assert.equal(trim("100"), "100");
  });
  it("shows money to the cent, and small unit costs finer", () => {
    assert.equal(money("1234.5", "USD"), "$1,234.50");
    assert.equal(money("817860.0500000", "USD"), "$817,860.05");
    assert.equal(money("-3", "EUR"), "−€3.00");
    assert.equal(money("0.0023", "USD"), "$0.0023");
    assert.equal(money("0", "GBP"), "£0.00");
    assert.equal(money("5", "CHF"), "5.00\u00a0CHF");
  });
  it("offers the units that a person may type", () => {
    assert.deepEqual(typeable("g"), [
      { unit: "kg", factor: "1000" },
      { unit: "g", factor: "1" },
    ]);
    assert.deepEqual(typeable("bunch"), [{ unit: "bunch", factor: "1" }]);
  });
});
