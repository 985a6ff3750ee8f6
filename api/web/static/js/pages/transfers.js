import { h } from "../dom.js";
import { List } from "../list.js";
import { moment } from "../moments.js";
import { money, quantity } from "../numbers.js";
import { place, start } from "../shell.js";
import { transferTag } from "../transfers.js";

const form = document.getElementById("filters");
await start({ everywhere: true, onPlace: () => load() });

/** "Mozzarella 6 kg, Basil 200 g and 3 more". */
function contents({ lines }) {
  const told = lines.slice(0, 2).map((line) => `${line.product.name} ${quantity(line.quantity, line.unit)}`);
  const rest = lines.length - told.length;
  return told.join(", ") + (rest ? ` and ${rest} more` : "");
}

function row(transfer) {
  const { from_location: from, to_location: to } = transfer;
  return h(
    "tr",
    {},
    h(
      "th",
      { scope: "row" },
      h("a", { class: "row-link", href: `/transfers/${transfer.id}` }, `${from.name} → ${to.name}`),
    ),
    h("td", { class: "big number" }, money(transfer.value, transfer.currency)),
    h("td", {}, transferTag(transfer.status)),
    h("td", { class: "soft small" }, transfer.number),
    h("td", { class: "whole" }, contents(transfer)),
    h("td", { class: "soft small", "data-label": "Left" }, moment(transfer.shipped_at)),
  );
}

function empty({ status }) {
  return h(
    "div",
    { class: "state" },
    h("h2", {}, status ? "No transfer stands like this" : "No transfers yet"),
    h("p", {}, "Goods that go from one restaurant to another are listed here until they have arrived."),
    h("a", { class: "button", href: "/stock" }, "See the stock"),
  );
}

const list = new List(document.getElementById("list"), {
  path: "/api/transfers",
  noun: "transfers",
  row,
  empty,
  columns: [
    { title: "From and to" },
    { title: "Value", class: "number" },
    { title: "Status" },
    { title: "Number" },
    { title: "What" },
    { title: "Left" },
  ],
});

const load = () => list.load({ location_id: place(), status: form.elements.status.value });

form.addEventListener("change", load);
load();
