import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { Acceptance } from "../../../../api/web/static/js/acceptance.js";
import { uuid7 } from "../../../../api/web/static/js/ids.js";
import { symbologyOf } from "../../../../api/web/static/js/symbologies.js";
import { Burst, isGtin } from "../../../../api/web/static/js/wedge.js";

const type = (burst, text, gapMs, { from = 1000, digits = text } = {}) =>
  [...text].forEach((character, index) => burst.push(character, digits[index], from + index * gapMs));

describe("a burst of keys", () => {
  it("is a scan when it is fast", () => {
    for (const gap of [2, 10, 25, 35]) {
      const burst = new Burst();
      type(burst, "5000119309235", gap);
      assert.equal(burst.take(), "5000119309235");
    }
  });
  it("is a person when it is slow", () => {
    for (const gap of [45, 90, 220]) {
      const burst = new Burst();
      type(burst, "5000119309235", gap);
      assert.equal(burst.take(), null);
    }
  });
  it("is too short below four keys", () => {
    const burst = new Burst();
    type(burst, "abc", 5);
    assert.equal(burst.take(), null);
  });
  it("forgives one stall and starts anew after a pause", () => {
    const burst = new Burst();
    type(burst, "50001", 5);
    type(burst, "19309235", 5, { from: 1020 + 90 });
    assert.equal(burst.take(), "5000119309235");
    type(burst, "12", 5);
    type(burst, "40063813", 5, { from: 9000 });
    assert.equal(burst.take(), "40063813");
  });
  it("believes the keys where another layout typed letters for digits", () => {
    const burst = new Burst();
    type(burst, '\'àà-"_&"""ç"&', 5, { digits: "4006381333931" });
    assert.equal(burst.take(), "4006381333931");
    type(burst, "HOUSE-0017", 5, { digits: "??????0017" });
    assert.equal(burst.take(), "HOUSE-0017");
  });
  it("is empty after it was taken", () => {
    const burst = new Burst();
    type(burst, "5000119309235", 5);
    burst.take();
    assert.equal(burst.take(), null);
  });
});

describe("a check digit", () => {
  it("fits or does not", () => {
    for (const code of ["5000119309235", "96385074", "036000291452", "10614141000415"]) assert.ok(isGtin(code), code);
    for (const code of ["5000119309236", "500011930923", "12345", "", "500011930923A"]) assert.ok(!isGtin(code), code);
  });
});

describe("acceptance of the camera's reads", () => {
  const ean = { text: "5000119309235", format: "EAN13" };
  it("takes two equal reads", () => {
    const acceptance = new Acceptance();
    assert.deepEqual(acceptance.offer([ean], 0), []);
    assert.deepEqual(acceptance.offer([], 50), []);
    assert.deepEqual(acceptance.offer([ean], 100), [ean]);
  });
  it("takes three of the weak symbologies, by either name", () => {
    for (const format of ["EAN8", "UPCE", "ITF", "ITF14", "ean8", "itf14"]) {
      const weak = { text: "96385074", format };
      const acceptance = new Acceptance();
      const accepted = [0, 50, 100].map((at) => acceptance.offer([weak], at).length);
      assert.deepEqual(accepted, [0, 0, 1], format);
    }
  });
  it("never takes one misread among good ones", () => {
    const acceptance = new Acceptance();
    const misread = { text: "5000119309266", format: "EAN13" };
    const accepted = [[ean], [misread], [ean], [ean]].flatMap((reads, index) => acceptance.offer(reads, index * 50));
    assert.deepEqual(accepted, [ean]);
  });
  it("takes a code once while it is in view, and again after 1.2 s out of sight", () => {
    const acceptance = new Acceptance();
    let count = 0;
    for (let at = 0; at < 5000; at += 50) count += acceptance.offer([ean], at).length;
    assert.equal(count, 1);
    for (const at of [6100, 6150]) count += acceptance.offer([ean], at).length;
    assert.equal(count, 1, "1.15 s unseen is not enough");
    for (const at of [7400, 7450]) count += acceptance.offer([ean], at).length;
    assert.equal(count, 2);
  });
});

describe("symbologies", () => {
  it("are named as the service names them", () => {
    for (const [format, name] of [
      ["EAN13", "ean13"],
      ["ITF", "itf14"],
      ["QRCode", "qr"],
      ["DataBarExp", "databar_expanded"],
      ["ean8", "ean8"],
      ["", null],
    ])
      assert.equal(symbologyOf(format), name);
  });
});

describe("ids", () => {
  it("are UUIDs of version 7 in the order they were made", () => {
    const made = Array.from({ length: 5000 }, () => uuid7());
    for (const id of made) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.equal(new Set(made).size, made.length);
    assert.deepEqual([...made].sort(), made);
  });
  it("carry the moment", () => {
    const at = Date.now() + 3_600_000;
    assert.equal(Number.parseInt(uuid7(at).replaceAll("-", "").slice(0, 12), 16), at);
  });
});
