// The arithmetic of a suggested order line, told as a cook would say it. The server keeps every term beside the line.

import { compare, isPositive, quantity } from "./numbers.js";

const packs = (count) => `${count} ${String(count) === "1" ? "pack" : "packs"}`;

/** Sentences for the terms `{rule, need, on_hand, on_order, have, raw, pack, packs_whole, minimum_packs, pack_multiple, packs}`. */
export function explain(terms) {
  const amount = (value) => quantity(String(value), terms.unit);
  const says = [
    terms.rule === "par_level"
      ? `The par level is ${amount(terms.need)}.`
      : `There is no par level, so twice the reorder point: ${amount(terms.need)}.`,
    `On hand ${amount(terms.on_hand)}, on order ${amount(terms.on_order)}: together ${amount(terms.have)}.`,
    isPositive(String(terms.raw))
      ? `Missing: ${amount(terms.need)} − ${amount(terms.have)} = ${amount(terms.raw)}.`
      : "Nothing is missing.",
    `One pack is ${amount(terms.pack)}: that makes ${packs(terms.packs_whole)}, rounded up to whole ones.`,
  ];
  if (compare(String(terms.minimum_packs), String(terms.packs_whole)) > 0)
    says.push(`The supplier sells at least ${packs(terms.minimum_packs)}.`);
  if (compare(String(terms.pack_multiple), "1") > 0)
    says.push(`The supplier sells in steps of ${packs(terms.pack_multiple)}.`);
  says.push(`So ${packs(terms.packs)}.`);
  return says;
}
