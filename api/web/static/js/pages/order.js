// One order: lines, the arithmetic behind them, and buttons that name their effect.

import { call, goToLogIn, may, Problem, SignedOut, Unreachable } from "../api.js";
import { $, confirmed, h, icon, tableHead, toast } from "../dom.js";
import { deviceId, uuid7 } from "../ids.js";
import { addedByInvoices, canBeInvoiced, differenceText, Invoice } from "../invoice.js";
import { failure } from "../list.js";
import { day, moment } from "../moments.js";
import { add, compare, isPositive, money, multiply, quantity, subtract, trim, typed } from "../numbers.js";
import { statusTag } from "../orders.js";
import { start } from "../shell.js";
import { explain } from "../suggestion.js";

const id = $("record").dataset.id;
let order = null;
let receiving = null; // packs per line id while somebody books a delivery
let invoice = null; // while somebody enters what an invoice asks
let receiptIds = new Map(); // ids of the ledger rows to be: made once per delivery, so a second send adds nothing

const open = (line) => {
  const rest = subtract(line.packs_ordered, line.packs_received);
  return isPositive(rest) ? rest : "0";
};
const packName = (line) => line.pack.name ?? quantity(line.pack.quantity, line.pack.unit);
const packsText = (count, line) => `${trim(count)} × ${packName(line)}`;

// ------------------------------------------------------------------ acts

const RECEIVABLE = ["approved", "sent", "partially_received"];

/** `{status, title, needs, from, class, ask}`: the act, the scope it takes, and from which statuses. */
const ACTS = [
  {
    status: "approved",
    needs: "purchase_orders.approve",
    from: ["draft", "submitted"],
    class: "primary",
    title: () => `Approve ${money(order.total, order.currency)}`,
    done: "Approved",
  },
  {
    status: "submitted",
    needs: "purchase_orders.edit",
    from: ["draft"],
    unless: "purchase_orders.approve",
    class: "primary",
    title: () => "Ask for approval",
    done: "Sent to be approved",
  },
  {
    status: "sent",
    needs: "purchase_orders.edit",
    from: ["approved"],
    class: "primary",
    title: () => `Send to ${order.supplier.name}`,
    done: "Sent",
  },
  {
    status: "closed",
    needs: "purchase_orders.edit",
    from: ["partially_received"],
    class: "",
    title: () => "Close, expect no more",
    done: "Closed",
    ask: "What has not come is not expected any more.",
  },
  {
    status: "cancelled",
    needs: "purchase_orders.edit",
    from: ["draft", "submitted"],
    class: "danger",
    title: () => "Cancel order",
    done: "Cancelled",
    ask: "The order stays on record as cancelled.",
  },
  {
    status: "cancelled",
    needs: "purchase_orders.approve",
    from: ["approved", "sent"],
    class: "danger",
    title: () => (order.status === "sent" ? "Cancel order, tell supplier" : "Cancel order"),
    done: "Cancelled",
    ask: "Nothing of it is expected any more.",
  },
];

async function change(body, doneText, button) {
  button.disabled = true;
  try {
    order = await call("PATCH", `/api/purchase-orders/${id}/status`, {
      body: { expected_version: order.version, ...body },
      headers: { "if-match": `"${order.version}"` },
    });
    receiving = null;
    receiptIds = new Map();
    toast(doneText);
    show();
    $("order-title").focus();
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
  if (error.status !== 409) return complain(error.errors[0]?.detail ?? error.message);
  order = await call("GET", `/api/purchase-orders/${id}`);
  show();
  return complain(`${error.message} This is how it stands now.`);
}

function complain(text) {
  $("order-problem").textContent = text;
  $("order-problem").hidden = false;
}

function actButtons() {
  const acts = ACTS.filter(
    (act) => act.from.includes(order.status) && may(act.needs) && !(act.unless && may(act.unless)),
  );
  const buttons = acts.map((act) => {
    const title = act.title();
    const run = async (event) => {
      const button = event.currentTarget;
      if (!act.ask || (await confirmed(`${title}?`, act.ask, title)))
        await change({ status: act.status }, `${act.done}: ${order.number}`, button);
    };
    return h("button", { type: "button", class: act.class, "data-act": act.status, onclick: run }, title);
  });
  if (RECEIVABLE.includes(order.status) && may("purchase_orders.receive")) {
    const kind = order.status === "approved" ? "" : "primary";
    buttons.unshift(
      h("button", { type: "button", class: kind, "data-act": "receive", onclick: startReceiving }, "Receive delivery"),
    );
  }
  if (canBeInvoiced(order) && may("purchase_orders.approve"))
    buttons.push(h("button", { type: "button", "data-act": "invoice", onclick: startInvoice }, "Enter an invoice"));
  return buttons;
}

// ------------------------------------------------------------------ an invoice

function startInvoice() {
  const back = () => {
    invoice = null;
    show();
  };
  invoice = new Invoice(order, back);
  show();
  $("invoice-number").focus();
}

async function bookInvoice() {
  if (!invoice.reference) {
    $("invoice-number").focus();
    return complain("Say which invoice it is: its number stands beside the correction in the history.");
  }
  $("invoice-button").disabled = true;
  try {
    const booked = await invoice.book();
    if (!booked) return complain("Nothing differs: every price is the one that was booked.");
    order = booked;
    invoice = null;
    toast(`Booked: what the invoice asks for ${order.number}`);
    show();
    $("order-title").focus();
  } catch (error) {
    await explainFailure(error);
  } finally {
    if ($("invoice-button")) $("invoice-button").disabled = false;
  }
  return null;
}

// ------------------------------------------------------------------ receiving

function startReceiving() {
  receiving = new Map(order.lines.map((line) => [line.id, open(line)]));
  show();
  $("receive-button").focus();
}

const receiptId = (line) => {
  if (!receiptIds.has(line.id)) receiptIds.set(line.id, uuid7());
  return receiptIds.get(line.id);
};

function receiptLines() {
  return order.lines
    .filter((line) => isPositive(receiving.get(line.id) ?? "0"))
    .map((line) => ({ line_id: line.id, receipt_id: receiptId(line), packs: receiving.get(line.id) }));
}

function submit(event) {
  event.preventDefault();
  return invoice ? bookInvoice() : receive();
}

async function receive() {
  const lines = receiptLines();
  if (!lines.length) return complain("Nothing to receive: every line says 0 packs.");
  const isAll = order.lines.every((line) => compare(receiving.get(line.id), open(line)) >= 0);
  const isOver = order.lines.some((line) => compare(receiving.get(line.id), open(line)) > 0);
  const over = "More came than was ordered. It is booked as it came, up to twice the order.";
  if (isOver && !(await confirmed("More than ordered?", over, "Receive what came"))) return null;
  const body = {
    status: isAll ? "received" : "partially_received",
    lines,
    device_id: deviceId(),
    ...(isOver && { allow_over: true }),
  };
  return change(
    body,
    `Received: ${lines.length} of ${order.lines.length} lines of ${order.number}`,
    $("receive-button"),
  );
}

function packsInput(line) {
  const set = (count) => {
    receiving.set(line.id, count);
    input.value = count;
    nameReceiveButton();
  };
  const name = line.product.name;
  const input = h("input", {
    inputmode: "decimal",
    value: receiving.get(line.id),
    maxlength: 10,
    "aria-label": `Packs of ${name} that came`,
    onchange: () => {
      const count = typed(input.value);
      set(count !== null && compare(count, "0") >= 0 ? count : receiving.get(line.id));
    },
    onfocus: () => input.select(),
  });
  const step = (title, symbol, by) => {
    const go = () => {
      const next = add(receiving.get(line.id), by);
      set(compare(next, "0") < 0 ? "0" : next);
    };
    return h("button", { type: "button", "aria-label": `${title} ${name}`, onclick: go }, icon(symbol));
  };
  return h("div", { class: "stepper" }, step("Less", "minus", "-1"), input, step("More", "plus", "1"));
}

function nameReceiveButton() {
  const total = order.lines.reduce((sum, line) => add(sum, multiply(receiving.get(line.id), line.price)), "0");
  const isAll = order.lines.every((line) => compare(receiving.get(line.id), open(line)) === 0);
  $("receive-button").textContent = `${isAll ? "Receive everything" : "Receive this"}, ${money(total, order.currency)}`;
}

function receiveActs() {
  const none = () => {
    for (const line of order.lines) receiving.set(line.id, "0");
    show();
  };
  return [
    h("button", { class: "primary", id: "receive-button" }, "Receive"),
    h("button", { type: "button", onclick: none }, "Set all to 0"),
    h("button", { type: "button", onclick: () => ((receiving = null), show()) }, "Not now"),
  ];
}

// ------------------------------------------------------------------ showing

function row(line) {
  const came = `${trim(line.packs_received)} of ${trim(line.packs_ordered)}`;
  return h(
    "tr",
    { "data-line": line.id },
    h("th", { scope: "row", class: "whole" }, line.product.name, h("div", { class: "soft small" }, line.product.sku)),
    h("td", { class: "whole", "data-label": "Ordered" }, packsText(line.packs_ordered, line)),
    h("td", { class: "number soft small", "data-label": "Price" }, money(line.price, order.currency)),
    h("td", { class: "number", "data-label": "Total" }, money(line.line_total, order.currency), invoiced(line)),
    h("td", { class: "number", "data-label": "Came" }, came),
    receiving
      ? h("td", { class: "whole actions", "data-label": "Came today" }, packsInput(line))
      : h("td", { class: "whole" }, line.suggestion ? why(line) : ""),
  );
}

function invoiced(line) {
  const added = addedByInvoices(line);
  return compare(added, "0") === 0
    ? ""
    : h("div", { class: "soft small" }, `invoice: ${differenceText(added, order.currency)}`);
}

function why(line) {
  const terms = line.suggestion.terms ?? line.suggestion;
  let says;
  try {
    says = explain(terms);
  } catch {
    return ""; // a suggestion of another shape, from an older version
  }
  return h(
    "details",
    { class: "why" },
    h("summary", {}, `Why ${trim(line.packs_ordered)}?`),
    h(
      "ol",
      {},
      says.map((text) => h("li", {}, text)),
    ),
  );
}

const NUMBERS = new Set(["Price", "Total", "Came"]);
const figure = (title, value) => h("div", {}, h("dt", {}, title), h("dd", {}, value));

function latestMoment() {
  const steps = [
    ["cancelled_at", "Cancelled"],
    ["closed_at", "Closed"],
    ["received_at", "Received"],
    ["sent_at", "Sent"],
    ["approved_at", "Approved"],
    ["submitted_at", "Submitted"],
    ["ordered_at", "Drafted"],
  ];
  const [field, title] = steps.find(([name]) => order[name]) ?? ["ordered_at", "Drafted"];
  return [title, moment(order[field])];
}

function table() {
  const titles = ["Item", "Ordered", "Price", "Total", "Came", receiving ? "Came today" : "Why"];
  return h(
    "table",
    { class: "table" },
    tableHead(titles, NUMBERS),
    h("tbody", {}, order.lines.map(row)),
  );
}

function show() {
  document.title = `${order.number} · Stockpot`;
  const open = RECEIVABLE.includes(order.status);
  $("record").replaceChildren(
    h(
      "form",
      { class: "record", novalidate: true, onsubmit: submit },
      h(
        "div",
        { class: "record-head" },
        h("h1", { id: "order-title", tabindex: "-1" }, order.supplier.name),
        h("span", { class: "soft" }, `${order.number} · ${placeName()}`),
        statusTag(order.status),
      ),
      h(
        "dl",
        { class: "figures" },
        figure("Total", money(order.total, order.currency)),
        figure(open ? "Expected" : "Delivery day", day(order.expected_on)),
        figure(...latestMoment()),
        figure("Made by", order.source === "suggestion" ? "a suggestion" : "hand"),
      ),
      h("p", { class: "problem", id: "order-problem", role: "alert", hidden: true }),
      order.note ? h("p", {}, order.note) : "",
      invoice ? invoice.content() : table(),
      h("div", { class: "acts", id: "acts" }, invoice ? invoice.acts() : receiving ? receiveActs() : actButtons()),
    ),
  );
  if (invoice) invoice.nameButton();
  else if (receiving) nameReceiveButton();
}

const placeName = () => places.find((one) => one.id === order.location_id)?.name ?? "";

async function load() {
  try {
    order = await call("GET", `/api/purchase-orders/${id}`);
    show();
  } catch (error) {
    if (error instanceof SignedOut) goToLogIn("ended");
    else $("record").replaceChildren(failure(error, load));
  }
}

const places = await start();
load();
