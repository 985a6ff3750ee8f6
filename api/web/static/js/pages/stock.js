import { call } from "../api.js";
import { h, icon } from "../dom.js";
import { List, paused } from "../list.js";
import { moment } from "../moments.js";
import { money, quantity } from "../numbers.js";
import { place, start } from "../shell.js";

const form = document.getElementById("filters");
const wanted = new URLSearchParams(location.search);

const places = await start({ everywhere: true, onPlace: () => load() });
const nameOf = (id) => places.find((one) => one.id === id)?.name ?? "";
const areas = new Map(); // names by id

/** Learn the areas' names of every place; without them the list says less, but it is there. */
async function learnAreas() {
  const lists = await Promise.allSettled(places.map(({ id }) => call("GET", `/api/locations/${id}/areas`)));
  for (const list of lists) for (const { id, name } of list.value?.items ?? []) areas.set(id, name);
}

/** The state of an item in a word beside its colour. */
function standing(item) {
  if (item.on_hand.startsWith("-")) return h("span", { class: "tag beet" }, icon("error"), "below zero");
  if (item.is_below_reorder && item.on_hand === "0") return h("span", { class: "tag beet" }, icon("error"), "out");
  if (item.is_below_reorder) return h("span", { class: "tag saffron" }, icon("low"), "low");
  if (item.on_hand === "0") return h("span", { class: "tag plain" }, "none");
  return "";
}

function row(item) {
  const { product, unit } = item;
  const area = areas.get(item.area_id) ?? "";
  return h(
    "tr",
    {},
    h(
      "th",
      { scope: "row" },
      h("a", { class: "row-link", href: `/stock/${item.id}` }, product.name),
      " ",
      standing(item),
    ),
    h("td", { class: "big number" }, quantity(item.on_hand, unit)),
    h(
      "td",
      { class: "soft small whole sku" },
      [product.sku, place() ? area : [nameOf(item.location_id), area].filter(Boolean).join(" · ")]
        .filter(Boolean)
        .join(" · "),
    ),
    h("td", { class: "number desk" }, item.on_order && item.on_order !== "0" ? quantity(item.on_order, unit) : "–"),
    h("td", { class: "number", "data-label": "Reorder at" }, quantity(item.reorder_point, unit)),
    h("td", { class: "number desk" }, quantity(item.par_level, unit)),
    h("td", { class: "number desk" }, money(item.value, item.currency)),
    h("td", { class: "number soft small" }, moment(item.updated_at)),
  );
}

function empty(filters) {
  if (filters.q)
    return h(
      "div",
      { class: "state" },
      h("h2", {}, `Nothing is called “${filters.q}” here`),
      h("p", {}, "Try part of the name, or its SKU."),
      h("button", { type: "button", onclick: clear }, "Show everything"),
    );
  if (filters.below_reorder)
    return h(
      "div",
      { class: "state" },
      h("h2", {}, icon("ok"), " Nothing is below its reorder point"),
      h("button", { type: "button", onclick: clear }, "Show everything"),
    );
  return h(
    "div",
    { class: "state" },
    h("h2", {}, "No stock here yet"),
    h("p", {}, "Items appear with their first delivery or count."),
    h("a", { class: "button", href: "/" }, "Scan a delivery"),
  );
}

const list = new List(document.getElementById("list"), {
  path: "/api/inventory",
  noun: "items",
  row,
  empty,
  columns: [
    { title: "Item" },
    { title: "On hand", class: "number" },
    { title: "SKU, area" },
    { title: "On order", class: "number" },
    { title: "Reorder at", class: "number" },
    { title: "Par", class: "number" },
    { title: "Value", class: "number" },
    { title: "Changed", class: "number" },
  ],
});

function load() {
  const q = form.elements.q.value.trim();
  const below = form.elements.below_reorder.checked;
  const address = new URLSearchParams({ ...(q && { q }), ...(below && { below: "1" }) });
  history.replaceState(null, "", address.size ? `?${address}` : location.pathname);
  return list.load({ location_id: place(), q, below_reorder: below ? "true" : "" });
}

function clear() {
  form.reset();
  load();
}

form.elements.q.value = wanted.get("q") ?? "";
form.elements.below_reorder.checked = wanted.has("below");
form.elements.q.addEventListener("input", paused(load));
form.elements.below_reorder.addEventListener("change", load);
form.addEventListener("submit", (event) => (event.preventDefault(), load()));
await learnAreas();
load();
