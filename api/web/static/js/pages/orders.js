import { h } from "../dom.js";
import { List } from "../list.js";
import { day } from "../moments.js";
import { money } from "../numbers.js";
import { statusTag } from "../orders.js";
import { place, start } from "../shell.js";

const form = document.getElementById("filters");
const places = await start({ everywhere: true, onPlace: () => load() });
const nameOf = (id) => places.find((one) => one.id === id)?.name ?? "";

function row(order) {
  const count = order.lines.length;
  return h(
    "tr",
    {},
    h("th", { scope: "row" }, h("a", { class: "row-link", href: `/orders/${order.id}` }, order.supplier.name)),
    h("td", { class: "big number" }, money(order.total, order.currency)),
    h("td", {}, statusTag(order.status)),
    h("td", { class: "soft small" }, order.number),
    h("td", { class: "soft small" }, nameOf(order.location_id)),
    h("td", { class: "soft small number" }, `${count} ${count === 1 ? "line" : "lines"}`),
    h("td", { class: "soft small", "data-label": "Expected" }, day(order.expected_on)),
  );
}

function empty({ status }) {
  return h(
    "div",
    { class: "state" },
    h("h2", {}, status ? "No order stands like this" : "No orders yet"),
    h("p", {}, "When an item falls below its reorder point, a draft for its supplier appears here by itself."),
    h("a", { class: "button", href: "/stock?below=1" }, "See what is low"),
  );
}

const list = new List(document.getElementById("list"), {
  path: "/api/purchase-orders",
  noun: "orders",
  row,
  empty,
  columns: [
    { title: "Supplier" },
    { title: "Total", class: "number" },
    { title: "Status" },
    { title: "Number" },
    { title: "Place" },
    { title: "Lines", class: "number" },
    { title: "Expected" },
  ],
});

function load() {
  const status = form.elements.status.value;
  history.replaceState(null, "", status ? `?status=${encodeURIComponent(status)}` : location.pathname);
  return list.load({ location_id: place(), status });
}

const wanted = new URLSearchParams(location.search).get("status");
if (wanted) form.elements.status.value = wanted;
form.addEventListener("change", load);
load();
