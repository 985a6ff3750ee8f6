import { h, icon } from "../dom.js";
import { List, paused } from "../list.js";
import { money, round } from "../numbers.js";
import { place, start } from "../shell.js";

const form = document.getElementById("filters");
const wanted = new URLSearchParams(location.search);

await start({ everywhere: true, onPlace: () => load() });

/** Why the cost is not whole, in the words of a kitchen; a margin that leaves something out would be too good. */
const WHY = {
  no_price: "no supplier's price",
  no_cost: "never here at a cost",
  other_currency: "bought in another currency",
  unconvertible_unit: "unit cannot be converted",
  unconvertible_pack: "pack cannot be converted",
};

function standing({ has_recipe: hasRecipe, is_complete: isComplete }) {
  if (!hasRecipe) return h("span", { class: "tag saffron" }, icon("low"), "no recipe today");
  return isComplete ? "" : h("span", { class: "tag saffron" }, icon("low"), "cost not whole");
}

/** What is in it, and what its cost leaves out. */
function remarks({ allergens, missing }) {
  const parts = missing.map(({ product, reason }) => `${product.name}: ${WHY[reason]}.`);
  if (allergens.length) parts.unshift(`Contains ${allergens.join(", ")}.`);
  return parts.join(" ");
}

const percent = (value) => (value === null ? "–" : `${round(value, 1)} %`);

function plateCost({ has_recipe: hasRecipe, is_complete: isComplete, cost, currency }) {
  if (!hasRecipe || (!isComplete && cost === "0")) return "–";
  return isComplete ? money(cost, currency ?? "") : `over ${money(cost, currency ?? "")}`;
}

function row(item) {
  const { currency } = item;
  return h(
    "tr",
    {},
    h("th", { scope: "row" }, item.name, " ", standing(item)),
    h("td", { class: "big number" }, money(item.contribution_margin, currency ?? "")),
    h("td", { class: "number", "data-label": "Price" }, money(item.price, currency ?? "")),
    h("td", { class: "number", "data-label": "Plate cost" }, plateCost(item)),
    h("td", { class: "number", "data-label": "Food cost" }, percent(item.food_cost_percent)),
    h("td", { class: "soft small whole" }, remarks(item)),
  );
}

function empty({ q }) {
  if (q)
    return h(
      "div",
      { class: "state" },
      h("h2", {}, `Nothing on the menu is called “${q}”`),
      h("p", {}, "Try part of the name, or the till's code."),
      h("button", { type: "button", onclick: clear }, "Show everything"),
    );
  return h(
    "div",
    { class: "state" },
    h("h2", {}, "Nothing on the menu yet"),
    h("p", {}, "Items appear once they are written down with the code that the till knows them by."),
  );
}

const list = new List(document.getElementById("list"), {
  path: "/api/menu-costs",
  noun: "items",
  row,
  empty,
  columns: [
    { title: "Item" },
    { title: "Leaves", class: "number" },
    { title: "Price", class: "number" },
    { title: "Plate cost", class: "number" },
    { title: "Food cost", class: "number" },
    { title: "Allergens, gaps" },
  ],
});

function load() {
  const q = form.elements.q.value.trim();
  form.elements.average.disabled = !place();
  const average = Boolean(place()) && form.elements.average.checked;
  const address = new URLSearchParams({ ...(q && { q }), ...(average && { average: "1" }) });
  history.replaceState(null, "", address.size ? `?${address}` : location.pathname);
  document.getElementById("about").textContent = average
    ? "One portion today, at what the ingredients cost this place on average."
    : "One portion today, at the preferred suppliers' prices.";
  return list.load({ location_id: place(), q, basis: average ? "average_cost" : "" });
}

function clear() {
  form.reset();
  load();
}

form.elements.q.value = wanted.get("q") ?? "";
form.elements.average.checked = wanted.has("average");
form.elements.q.addEventListener("input", paused(load));
form.elements.average.addEventListener("change", load);
form.addEventListener("submit", (event) => (event.preventDefault(), load()));
load();
