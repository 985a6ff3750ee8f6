import { call, goToLogIn, may, mayEverywhere, SignedOut, Unreachable } from "../api.js";
import { h, icon, toast } from "../dom.js";
import { List } from "../list.js";
import { day, moment } from "../moments.js";
import { failedRuns } from "../failed-runs.js";
import { multiply, quantity, round } from "../numbers.js";
import { place, start } from "../shell.js";

const form = document.getElementById("filters");
const places = await start({ everywhere: true, onPlace: () => load() });
const nameOf = (id) => places.find((one) => one.id === id)?.name ?? "";

const KINDS = { low_stock: "Below its reorder point", predicted_stockout: "May run out", trend: "Unusual use" };
const SEVERITIES = { critical: ["beet", "error"], attention: ["saffron", "low"], info: ["sky", "info"] };

const isKnown = (value) => value !== undefined && value !== null;

/** What the alert knows, as a sentence: "3 kg left, reorder at 5 kg". The pipeline says which terms there are. */
function sentence({ kind, details }) {
  const limit = details.threshold ?? details.reorder_point;
  const parts = [
    isKnown(details.on_hand) && isKnown(details.unit) && `${quantity(String(details.on_hand), details.unit)} left`,
    isKnown(limit) && isKnown(details.unit) && `reorder at ${quantity(String(limit), details.unit)}`,
    isKnown(details.days_of_cover) && `${round(String(details.days_of_cover), 1)} days of cover`,
    isKnown(details.next_delivery_on) && `next delivery ${day(String(details.next_delivery_on))}`,
    isKnown(details.stockout_probability) &&
      `${round(multiply(String(details.stockout_probability), "100"), 0)} % likely to run out before`,
    details.order === "no_supplier" && "nobody sells it: choose a supplier",
  ];
  return parts.filter(Boolean).join(", ") || KINDS[kind] || kind;
}

function state(alert) {
  if (alert.resolved_at) return h("span", { class: "tag leaf" }, icon("ok"), "over");
  if (alert.acknowledged_at) return h("span", { class: "tag plain" }, icon("ok"), "seen");
  const [colour, name] = SEVERITIES[alert.severity] ?? ["sky", "info"];
  return h("span", { class: `tag ${colour}` }, icon(name), KINDS[alert.kind] ?? alert.kind);
}

function row(alert) {
  const order = alert.purchase_order_id
    ? h("a", { class: "button", href: `/orders/${alert.purchase_order_id}` }, "Open its order")
    : "";
  const button = h(
    "button",
    { type: "button", "aria-label": `Mark ${alert.product.name} as seen`, onclick: () => acknowledge(alert, button) },
    "Seen",
  );
  const canSee = !alert.acknowledged_at && !alert.resolved_at && may("alerts.edit");
  return h(
    "tr",
    {},
    h("th", { scope: "row", class: "whole" }, alert.product.name),
    h("td", { class: "whole" }, state(alert)),
    h("td", { class: "whole" }, sentence(alert)),
    h("td", { class: "soft small" }, nameOf(alert.location_id)),
    h("td", { class: "soft small" }, moment(alert.opened_at)),
    h("td", { class: "whole actions acts" }, order, canSee ? button : ""),
  );
}

function empty({ is_open: isOpen }) {
  return h(
    "div",
    { class: "state" },
    h("h2", {}, icon("ok"), isOpen ? " Nothing wants attention" : " No alerts yet"),
    h(
      "p",
      {},
      "When an item falls below its reorder point, or is going to run out before the next delivery, it is listed here.",
    ),
    h("a", { class: "button", href: "/stock" }, "See the stock"),
  );
}

const list = new List(document.getElementById("list"), {
  path: "/api/alerts",
  noun: "alerts",
  row,
  empty,
  columns: [
    { title: "Item" },
    { title: "What" },
    { title: "How it stands" },
    { title: "Place" },
    { title: "Since" },
    { title: "" },
  ],
});

async function acknowledge(alert, button) {
  button.disabled = true;
  try {
    await call("POST", `/api/alerts/${alert.id}/acknowledge`, { body: {} });
    toast(`Seen: ${alert.product.name}`);
    await list.reload();
  } catch (error) {
    button.disabled = false;
    if (error instanceof SignedOut) goToLogIn("ended");
    else
      toast(error instanceof Unreachable ? "Not marked: the service does not answer." : `Not marked: ${error.message}`);
  }
}

const runs = mayEverywhere("alerts.read") ? failedRuns(document.getElementById("runs")) : null;

function load() {
  const isOpen = form.elements.state.value === "open" ? "true" : "";
  list.load({ location_id: place(), is_open: isOpen });
  runs?.load({ is_open: isOpen });
}

form.addEventListener("change", load);
load();
