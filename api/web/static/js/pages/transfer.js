// One transfer: what left, what came, and buttons that say what became of the rest.

import { call, goToLogIn, may, person, Problem, SignedOut, Unreachable } from "../api.js";
import { $, confirmed, h, toast } from "../dom.js";
import { deviceId, uuid7 } from "../ids.js";
import { failure } from "../list.js";
import { moment } from "../moments.js";
import { compare, isPositive, money, multiply, quantity, typeable, typed } from "../numbers.js";
import { start } from "../shell.js";
import { transferTag } from "../transfers.js";

const id = $("record").dataset.id;
let transfer = null;
let receiving = null; // per line id what came, in the unit a person types, while somebody puts it away
let ids = new Map(); // ids of the movements to be: made once per attempt, so a second send adds nothing

const UNDER_WAY = ["in_transit", "partially_received"];
const larger = (line) => typeable(line.unit)[0];
const inLarger = (line) => multiply(line.open_quantity, larger(line).factor === "1" ? "1" : "0.001");
const openLines = () => transfer.lines.filter((line) => isPositive(line.open_quantity));

/** Whether the scope is held at this place; the service has the last word. */
function mayAt(scope, place) {
  const held = person()?.grants?.[scope];
  return may(scope) && (!held || held.includes(place.id));
}

function idFor(name) {
  if (!ids.has(name)) ids.set(name, uuid7());
  return ids.get(name);
}

async function act(step, body, doneText, button) {
  button.disabled = true;
  try {
    transfer = await call("POST", `/api/transfers/${id}/${step}`, { body });
    receiving = null;
    ids = new Map();
    toast(`${doneText}: ${transfer.number}`);
    show();
    $("transfer-title").focus();
  } catch (error) {
    button.disabled = false;
    await explainFailure(error);
  }
}

async function explainFailure(error) {
  if (error instanceof SignedOut) return goToLogIn("ended");
  if (error instanceof Unreachable)
    return complain("The service does not answer. Nothing was changed on this page; try again, it is safe.");
  if (!(error instanceof Problem)) throw error;
  return complain(error.errors[0]?.detail ?? error.message);
}

function complain(text) {
  $("transfer-problem").textContent = text;
  $("transfer-problem").hidden = false;
}

const button = (title, onclick, more = {}) => h("button", { type: "button", onclick, ...more }, title);

// ------------------------------------------------------------------ acts

function draftActs() {
  const { from_location: from, to_location: to } = transfer;
  const acts = [];
  if (mayAt("inventory.scan", from))
    acts.push(
      button(
        "Goods have left",
        (event) =>
          act("ship", { device_id: deviceId(), expected_version: transfer.version }, "On the road", event.target),
        { class: "primary", "data-act": "ship" },
      ),
    );
  if (mayAt("inventory.scan", from) || mayAt("inventory.scan", to))
    acts.push(
      button("Cancel transfer", (event) => act("cancel", {}, "Cancelled", event.target), {
        class: "danger",
        "data-act": "cancel",
      }),
    );
  return acts;
}

async function settle(outcome, reason, title, sentence, target) {
  if (!(await confirmed(`${title}?`, sentence, title))) return;
  const lines = openLines().map((line) => ({
    line_id: line.id,
    resolution_id: idFor(`${outcome}:${reason}:${line.id}`),
    outcome,
    ...(reason && { reason_code: reason }),
  }));
  await act("resolve", { lines, device_id: deviceId() }, "Booked", target);
}

function roadActs() {
  const { from_location: from, to_location: to } = transfer;
  const acts = [];
  if (mayAt("inventory.scan", to))
    acts.push(button("Receive", startReceiving, { class: "primary", "data-act": "receive" }));
  if (mayAt("inventory.adjust", to)) {
    const lost = "What is still on the road leaves the stock as a loss.";
    const broken = "What is still on the road leaves the stock as waste.";
    acts.push(
      button("The rest is lost", (event) =>
        settle("lost", "lost_in_transit", "Book the rest as lost", lost, event.target),
      ),
      button("The rest is damaged", (event) =>
        settle("lost", "damaged_in_transit", "Book the rest as damaged", broken, event.target),
      ),
    );
  }
  if (mayAt("inventory.scan", from))
    acts.push(
      button("The rest came back", (event) =>
        settle("returned", "", "Put the rest back", `What is still on the road stands at ${from.name} again.`, event.target),
      ),
    );
  return acts;
}

function startReceiving() {
  receiving = new Map(openLines().map((line) => [line.id, inLarger(line)]));
  show();
  $("receive-button").focus();
}

async function receive(event) {
  event.preventDefault();
  if (!receiving) return;
  const came = openLines().filter((line) => isPositive(receiving.get(line.id)));
  if (!came.length) {
    complain("Nothing to receive: every line says 0.");
    return;
  }
  const isOver = came.some((line) => compare(receiving.get(line.id), inLarger(line)) > 0);
  const over = "What came beyond the shipment is taken out of the sender's stock as well.";
  if (isOver && !(await confirmed("More than was sent?", over, "Receive what came"))) return;
  const lines = came.map((line) => ({
    line_id: line.id,
    receipt_id: idFor(`receive:${line.id}`),
    quantity: receiving.get(line.id),
    unit: larger(line).unit,
  }));
  await act("receive", { lines, device_id: deviceId(), allow_over: isOver }, "Received", $("receive-button"));
}

function cameInput(line) {
  const { unit } = larger(line);
  const input = h("input", {
    inputmode: "decimal",
    value: receiving.get(line.id),
    maxlength: 12,
    "aria-label": `How much ${line.product.name} came, in ${unit}`,
    onchange: () => {
      const amount = typed(input.value);
      if (amount !== null && compare(amount, "0") >= 0) {
        if (amount !== receiving.get(line.id)) ids.delete(`receive:${line.id}`); // another amount is another fact
        receiving.set(line.id, amount);
      }
      input.value = receiving.get(line.id);
    },
    onfocus: () => input.select(),
  });
  return h("div", { class: "stepper" }, input, ` ${unit}`);
}

// ------------------------------------------------------------------ showing

function row(line) {
  const shown = (amount) => quantity(amount, line.unit);
  return h(
    "tr",
    { "data-line": line.id },
    h("th", { scope: "row", class: "whole" }, line.product.name, h("div", { class: "soft small" }, line.product.sku)),
    h("td", { class: "number", "data-label": "Asked for" }, shown(line.quantity)),
    h("td", { class: "number", "data-label": "Left" }, shown(line.shipped_quantity)),
    h("td", { class: "number", "data-label": "Came" }, shown(line.received_quantity)),
    h("td", { class: "number", "data-label": "On the road" }, shown(line.open_quantity)),
    receiving
      ? h("td", { class: "whole actions", "data-label": "Came today" }, receiving.has(line.id) ? cameInput(line) : "")
      : h("td", { class: "soft small", "data-label": "Not arrived" }, became(line)),
  );
}

/** "1 kg lost, 2 kg returned". */
function became(line) {
  const parts = [
    isPositive(line.lost_quantity) && `${quantity(line.lost_quantity, line.unit)} lost`,
    isPositive(line.returned_quantity) && `${quantity(line.returned_quantity, line.unit)} returned`,
    isPositive(line.over_quantity) && `${quantity(line.over_quantity, line.unit)} more than sent`,
  ];
  return parts.filter(Boolean).join(", ");
}

function table() {
  const titles = ["Item", "Asked for", "Left", "Came", "On the road", receiving ? "Came today" : "Besides"];
  const heads = titles.map((title) => h("th", { scope: "col" }, title));
  return h(
    "table",
    { class: "table" },
    h("thead", {}, h("tr", {}, heads)),
    h("tbody", {}, transfer.lines.map(row)),
  );
}

function acts() {
  if (receiving)
    return [
      h("button", { class: "primary", id: "receive-button" }, "Put away what came"),
      button("Not now", () => ((receiving = null), show())),
    ];
  if (transfer.status === "draft") return draftActs();
  return UNDER_WAY.includes(transfer.status) ? roadActs() : [];
}

const figure = (title, value) => h("div", {}, h("dt", {}, title), h("dd", {}, value));

function show() {
  document.title = `${transfer.number} · Stockpot`;
  const { from_location: from, to_location: to } = transfer;
  $("record").replaceChildren(
    h(
      "form",
      { class: "record", novalidate: true, onsubmit: receive },
      h(
        "div",
        { class: "record-head" },
        h("h1", { id: "transfer-title", tabindex: "-1" }, `${from.name} → ${to.name}`),
        h("span", { class: "soft" }, transfer.number),
        transferTag(transfer.status),
      ),
      h(
        "dl",
        { class: "figures" },
        figure("Value", money(transfer.value, transfer.currency)),
        figure("Left", moment(transfer.shipped_at)),
        figure("Settled", moment(transfer.settled_at)),
      ),
      h("p", { class: "problem", id: "transfer-problem", role: "alert", hidden: true }),
      transfer.note ? h("p", {}, transfer.note) : "",
      table(),
      h("div", { class: "acts", id: "acts" }, acts()),
    ),
  );
}

async function load() {
  try {
    transfer = await call("GET", `/api/transfers/${id}`);
    show();
  } catch (error) {
    if (error instanceof SignedOut) goToLogIn("ended");
    else $("record").replaceChildren(failure(error, load));
  }
}

await start();
load();
