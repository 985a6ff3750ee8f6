// A sheet as whoever approves it sees it: counted against expected, what that is worth, and what looks wrong in words.

import { entriesText } from "./counting.js";
import { h, icon, tableHead } from "./dom.js";
import { money, quantity } from "./numbers.js";

const figure = (title, value) => h("div", {}, h("dt", {}, title), h("dd", {}, value));

function totals({ totals: sum }) {
  const value = (amount) => (amount === null ? "–" : money(amount, sum.currency));
  return h(
    "dl",
    { class: "figures" },
    figure("Counted", `${sum.counted_items} of ${sum.items}`),
    figure("Expected", value(sum.expected_value)),
    figure("Counted value", value(sum.counted_value)),
    figure("Found", value(sum.gain_value)),
    figure("Missing", value(sum.loss_value)),
    figure("Variance", value(sum.variance_value)),
    figure("To look at", sum.flagged_items === null ? "–" : String(sum.flagged_items)),
  );
}

const flag = ({ detail }) => h("li", {}, h("span", { class: "tag saffron" }, icon("low"), "look"), ` ${detail}`);

const cell = (title, text) => h("td", { class: "number", "data-label": title }, text);

function row(item, currency, mayRecount) {
  const said = item.lines.filter((line) => line.round === item.round && !line.is_withdrawn);
  const where = [item.area.name, ...said.map((line) => entriesText(line.entries))];
  const isOffered = mayRecount && item.counted !== null;
  const again = () => h("input", { type: "checkbox", name: "again", value: item.id });
  return h(
    "tr",
    { "data-item": item.item_id },
    h(
      "th",
      { scope: "row", class: "whole" },
      item.product.name,
      h("div", { class: "soft small" }, where.filter(Boolean).join(" · ")),
      item.flags?.length ? h("ul", { class: "flags small" }, item.flags.map(flag)) : "",
    ),
    cell("Counted", item.counted === null ? "not counted" : quantity(item.counted, item.unit)),
    cell("Expected", quantity(item.expected, item.unit)),
    cell("Variance", quantity(item.variance, item.unit)),
    cell("Value", money(item.variance_value, currency)),
    h("td", { class: "actions" }, isOffered ? h("label", { class: "switch" }, again(), h("span", {}, "Again")) : ""),
  );
}

const BLIND = "A blind sheet: what is expected is shown to whoever approves it.";

/** Flagged items first, then those that vary by value, then the rest. */
function urgency(a, b) {
  const flagged = (item) => (item.flags?.length ? 0 : 1);
  const size = (item) => Math.abs(Number(item.variance_value ?? 0)); // only the order of rows is made of it
  return flagged(a) - flagged(b) || size(b) - size(a) || a.position - b.position;
}

/** The whole review as one element. */
export function review(sheet, { mayRecount }) {
  const titles = ["Item", "Counted", "Expected", "Variance", "Value", ""];
  const items = [...sheet.items].sort(urgency);
  return h(
    "div",
    { class: "record" },
    totals(sheet),
    sheet.shows_expected ? "" : h("p", { class: "note" }, BLIND),
    h(
      "table",
      { class: "table" },
      tableHead(titles, new Set(titles.slice(1))),
      h("tbody", {}, items.map((item) => row(item, sheet.totals.currency, mayRecount))),
    ),
  );
}
