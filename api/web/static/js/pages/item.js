import { call, goToLogIn, query, SignedOut } from "../api.js";
import { $, h, icon } from "../dom.js";
import { failure, List } from "../list.js";
import { moment } from "../moments.js";
import { money, quantity } from "../numbers.js";
import { balances, stepPlot } from "../plot.js";
import { start } from "../shell.js";

const id = $("record").dataset.id;

const KINDS = {
  receipt: "Received",
  return_to_supplier: "Sent back",
  sale: "Sold",
  consumption: "Used",
  production: "Made",
  waste: "Wasted",
  count_correction: "Count",
  adjustment: "Adjusted",
  transfer: "Transfer",
  opening: "Opening",
};

const comesIn = (movement) => movement.to_item_id === id;
const signed = (movement) => (comesIn(movement) ? movement.quantity : `-${movement.quantity}`);
const figure = (title, value) => h("div", {}, h("dt", {}, title), h("dd", {}, value));

function row(movement) {
  const text = quantity(movement.quantity, movement.unit);
  const why = [movement.reason_code, movement.reference, movement.reverses_id && "undoes an earlier one"]
    .filter(Boolean)
    .join(" · ");
  return h(
    "tr",
    {},
    h("th", { scope: "row" }, KINDS[movement.kind] ?? movement.kind),
    h("td", { class: "big number" }, comesIn(movement) ? "+" : "−", text),
    h("td", { class: "soft small" }, moment(movement.occurred_at)),
    h("td", { class: "soft small number desk" }, money(movement.value, movement.currency)),
    h("td", { class: "soft small" }, movement.source),
    h("td", { class: "soft small whole" }, why),
  );
}

const list = new List($("list"), {
  path: "/api/stock-movements",
  noun: "movements",
  row,
  empty: () =>
    h(
      "div",
      { class: "state" },
      h("p", {}, "Nothing has moved yet. Each delivery, use, count and correction appears here and stays."),
    ),
  columns: [
    { title: "What" },
    { title: "How much", class: "number" },
    { title: "When" },
    { title: "Value", class: "number" },
    { title: "From" },
    { title: "Why" },
  ],
});

function show(item, areaName, placeName) {
  const { product, unit, currency } = item;
  document.title = `${product.name} · Stockpot`;
  const low = item.is_below_reorder ? h("span", { class: "tag saffron" }, icon("low"), "below reorder point") : "";
  $("record").replaceChildren(
    h(
      "div",
      { class: "record" },
      h(
        "div",
        { class: "record-head" },
        h("h1", {}, product.name),
        h("span", { class: "soft" }, [product.sku, placeName, areaName].filter(Boolean).join(" · ")),
        low,
      ),
      h(
        "dl",
        { class: "figures" },
        figure("On hand", quantity(item.on_hand, unit)),
        figure("On order", quantity(item.on_order, unit)),
        figure("Reorder at", quantity(item.reorder_point, unit)),
        figure("Par level", quantity(item.par_level, unit)),
        figure(`Cost per ${unit === "each" ? "piece" : unit}`, money(item.avg_cost, currency)),
        figure("Value", money(item.value, currency)),
      ),
      h("div", { id: "plot" }),
    ),
  );
}

async function draw(item) {
  const { items } = await call("GET", `/api/stock-movements${query({ item_id: id, limit: 100 })}`);
  if (items.length < 2) return;
  const points = balances(item.on_hand, items, signed);
  $("plot").replaceChildren(
    stepPlot(points, { unit: item.unit, reorderPoint: item.reorder_point, width: $("plot").clientWidth }),
  );
}

async function load() {
  try {
    const item = await call("GET", `/api/inventory/${id}`);
    const area = item.area_id
      ? (await call("GET", `/api/locations/${item.location_id}/areas`)).items.find((one) => one.id === item.area_id)
      : null;
    show(item, area?.name, places.find((one) => one.id === item.location_id)?.name);
    await Promise.all([list.load({ item_id: id, limit: 50 }), draw(item)]);
  } catch (error) {
    if (error instanceof SignedOut) goToLogIn("ended");
    else $("record").replaceChildren(failure(error, load));
  }
}

const places = await start();
load();
