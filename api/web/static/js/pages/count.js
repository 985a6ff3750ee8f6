// One sheet: along the shelves, one item after the other, each line on disk before the next; then the review.

import { call, goToLogIn, may, person, SignedOut, Unreachable } from "../api.js";
import { Camera, cameraTrouble } from "../camera.js";
import { Bench, statusWords } from "../counting.js";
import * as counted from "../counted.js";
import { $, announce, confirmed, h, icon, toast } from "../dom.js";
import { deviceId, uuid7 } from "../ids.js";
import { failure } from "../list.js";
import { money, quantity } from "../numbers.js";
import { review } from "../review.js";
import { start } from "../shell.js";
import { listen } from "../wedge.js";

const root = $("count");
const id = root.dataset.id;
let sheet = null;
let waiting = []; // lines of this person that the service does not have yet
let current = null; // the item on the bench
let isReviewing = false;

const isOpen = () => sheet.status === "counting" && may("inventory.scan");

// ------------------------------------------------------------------ counting

const bench = new Bench($("bench"), {
  onCount: (item, entries, text) => keep(item, entries, text),
  onNext: (step) => go(step),
  onWithdraw: withdraw,
});

const unsentOf = (item) => waiting.filter(({ line }) => line.item_id === item.item_id);

async function keep(item, entries, text) {
  const line = {
    id: uuid7(),
    ...(item.item_id ? { item_id: item.item_id } : { product_id: item.product.id, area_id: item.area.id }),
    entries,
    counted_at: new Date().toISOString(),
    round: item.round,
    device_id: deviceId(),
  };
  try {
    await counted.keep(id, line, { name: item.product.name, text });
  } catch {
    complain("This browser keeps nothing: its storage is full, or the window is private. Nothing was counted.");
    return;
  }
  announce(`${text} ${item.product.name} counted`);
  await refreshUnsent();
  counted.flush();
  go(1);
}

/** The next or previous item in shelf order; going on skips what is counted already. */
function go(step) {
  const items = sheet.items;
  const here = items.findIndex((item) => item.item_id === current?.item_id);
  const isDone = (item) => item.counted !== null || unsentOf(item).length > 0;
  let next = here + step;
  while (step > 0 && next < items.length && isDone(items[next])) next += 1;
  if (items[next]) return choose(items[next]);
  toast(items.every(isDone) ? "Every item is counted. Submit the sheet." : "The end of the sheet.");
  return choose(items[here] ?? items[0]);
}

function choose(item) {
  current = item ?? null;
  showShelf();
  if (!current) {
    $("bench").replaceChildren(h("p", { class: "note" }, "Nothing is kept here: scan what you find."));
    return;
  }
  bench.show(current, {
    place: `${sheet.items.indexOf(current) + 1} of ${sheet.items.length}`,
    unsent: unsentOf(current),
    mine: (line) => line.counted_by === person().id && sheet.status === "counting" && line.round === current.round,
    expected: sheet.shows_expected ? current.expected : null,
  });
}

async function withdraw(line) {
  await act(() =>
    call("PATCH", `/api/counts/${id}/lines/${line.id}`, {
      body: { is_withdrawn: true },
      headers: { "if-match": `"${line.version}"` },
    }),
  );
}

/** A scanned or typed text: a code of an item, else a part of a name or SKU. */
async function find(text) {
  const wanted = text.toLowerCase();
  const named = sheet.items.filter(
    ({ product }) => product.sku.toLowerCase() === wanted || product.name.toLowerCase().includes(wanted),
  );
  if (named.length) return choose(named[0]);
  try {
    const { product } = await call("GET", `/api/barcodes/${encodeURIComponent(text)}`);
    const onSheet = sheet.items.filter((item) => item.product.id === product.id);
    const nearest = onSheet.find((item) => item.area.id === current?.area.id) ?? onSheet[0];
    if (nearest) return choose(nearest);
    return offerFound(product);
  } catch (error) {
    if (error instanceof SignedOut) return goToLogIn("ended");
    const isAway = error instanceof Unreachable;
    return complain(`${text}: ${isAway ? "without a connection only names on this sheet are found." : error.message}`);
  }
}

/** Something that nobody expected here: it is counted where it stands and comes onto the sheet with its first line. */
function offerFound(product) {
  const area = current?.area ?? sheet.areas[0] ?? { id: null, name: null };
  const units = [product.stock_unit, ...product.units.map(({ unit }) => unit)];
  const found = { item_id: null, product, area, unit: product.stock_unit, units, round: 1, lines: [], counted: null };
  bench.show(found, { place: "not on the sheet yet", unsent: [], mine: () => false, expected: null });
  announce(`${product.name} is not on the sheet; count it to add it.`);
}

function shelfRow(item) {
  const own = unsentOf(item);
  const text = item.counted === null ? "" : quantity(item.counted, item.unit);
  const stored = text || (item.is_recount_due ? "again" : "");
  const state = own.length ? [text, "unsent"].filter(Boolean).join(" + ") : stored;
  const mark = own.length ? icon("unsent") : item.counted === null ? "" : icon("ok");
  return h(
    "li",
    {},
    h(
      "button",
      {
        type: "button",
        "data-item": item.item_id,
        "aria-current": item.item_id === current?.item_id ? "true" : null,
        onclick: () => choose(item),
      },
      h("span", {}, item.product.name),
      h("span", { class: "number soft" }, mark, ` ${state}`),
    ),
  );
}

function showShelf() {
  const rows = [];
  let area;
  for (const item of sheet.items) {
    if (item.area.id !== area) rows.push(h("li", { class: "area" }, item.area.name ?? "No area"));
    area = item.area.id;
    rows.push(shelfRow(item));
  }
  $("shelf").replaceChildren(...rows);
}

// ------------------------------------------------------------------ acts

function complain(text) {
  $("problem").textContent = text;
  $("problem").hidden = false;
}

/** Do something at the service and show the sheet as it stands afterwards. */
async function act(work, doneText = "") {
  $("problem").hidden = true;
  try {
    await work();
    await load();
    if (doneText) toast(doneText);
  } catch (error) {
    if (error instanceof SignedOut) return goToLogIn("ended");
    if (error instanceof Unreachable)
      return complain("The service does not answer. Nothing was changed; try again, it is safe.");
    await load();
    return complain(error.errors?.[0]?.detail ?? error.message);
  }
  return null;
}

const post = (name, options = {}) => call("POST", `/api/counts/${id}/${name}`, { body: {}, ...options });

async function submit() {
  const left = sheet.items.filter((item) => item.counted === null).length;
  const ask = `${left} items were not counted; they stay as they are.`;
  if (left && !(await confirmed("Submit the sheet?", ask, "Submit what is counted"))) return;
  await counted.flush();
  if ((await counted.unsent(id)).length) {
    complain("Some lines are still on this device: wait for a connection, or look at those that were refused.");
    return;
  }
  await act(() => post("submit"), "Submitted: a manager looks at it.");
}

const approve = () => act(() => post("approve", { headers: { "if-match": `"${sheet.version}"` } }), "Posted");

async function recount() {
  const chosen = [...document.querySelectorAll("#review input[name=again]:checked")].map(({ value }) => value);
  if (!chosen.length) return complain("Choose the items to look at again.");
  return act(() => post("recounts", { body: { id: uuid7(), count_item_ids: chosen } }), "The sheet is open again.");
}

async function cancel() {
  const sentence = "Nothing of it is posted; the sheet stays on record.";
  if (await confirmed("Cancel this count?", sentence, "Cancel count")) await act(() => post("cancel"), "Cancelled");
}

/** Whether this person may ask for a second look at what is reviewed. */
const mayRecount = () =>
  may("counts.approve") && (sheet.status === "submitted" || (sheet.status === "counting" && isReviewing));

function acts() {
  const buttons = [];
  const isAlive = ["counting", "submitted"].includes(sheet.status);
  const button = (name, title, run, kind = "") =>
    buttons.push(h("button", { type: "button", class: kind, "data-act": name, onclick: run }, title));
  if (isOpen()) button("submit", "Submit", submit, isReviewing ? "primary" : "");
  if (sheet.status === "submitted" && may("counts.approve")) {
    const { variance_value: value, currency } = sheet.totals;
    button("approve", `Approve, correct by ${money(value, currency)}`, approve, "primary");
  }
  if (mayRecount()) button("recount", "Ask for a recount", recount);
  if (sheet.status === "counting")
    button("review", isReviewing ? "Back to counting" : "Review", () => ((isReviewing = !isReviewing), show()));
  if (isAlive && may("inventory.scan")) button("cancel", "Cancel count", cancel, "danger");
  return buttons;
}

// ------------------------------------------------------------------ showing

async function refreshUnsent() {
  const all = await counted.unsent(id);
  waiting = all.filter((entry) => entry.state === "waiting");
  const held = all.filter((entry) => entry.state === "held");
  $("unsent").hidden = waiting.length === 0;
  $("unsent").textContent = `${waiting.length} counted lines are on this device and not sent yet.`;
  $("held").replaceChildren(...held.map(heldLine));
}

function heldLine(entry) {
  const { name, text } = entry.label;
  return h(
    "p",
    { class: "held-line", role: "alert" },
    h("span", {}, `Not taken: ${text} ${name}. ${entry.problem}`),
    h("button", { type: "button", onclick: () => counted.tryAgain(entry) }, "Try again"),
    h("button", { type: "button", class: "danger", onclick: () => counted.giveUp(entry) }, "Give this line up"),
  );
}

function show() {
  const [word, tone] = statusWords(sheet.status);
  const done = sheet.items.filter((item) => item.counted !== null).length;
  $("head").replaceChildren(
    h("h1", { id: "count-title", tabindex: "-1" }, sheet.number),
    h("span", { class: "soft" }, `${done} of ${sheet.items.length} counted · ${sheet.is_blind ? "blind" : "open"}`),
    h("span", { class: `tag ${tone}` }, word),
  );
  document.title = `${sheet.number} · Stockpot`;
  const counting = isOpen() && !isReviewing;
  $("counting").hidden = !counting;
  $("review").hidden = counting;
  $("acts").replaceChildren(...acts());
  if (counting) {
    const same = sheet.items.find((item) => item.item_id === current?.item_id);
    const first = sheet.items.find((item) => item.counted === null && !unsentOf(item).length) ?? sheet.items[0];
    if (bench.isBusy(same)) showShelf();
    else choose(same ?? first);
  } else {
    $("review").replaceChildren(review(sheet, { mayRecount: mayRecount() }));
  }
}

async function load() {
  try {
    sheet = await call("GET", `/api/counts/${id}`);
    counted.remember(sheet).catch(() => {}); // only times without a connection miss it
  } catch (error) {
    if (error instanceof SignedOut) return goToLogIn("ended");
    sheet = error instanceof Unreachable ? (sheet ?? (await counted.recall(id))) : null;
    if (!sheet) return $("head").replaceChildren(failure(error, load));
  }
  await refreshUnsent();
  return show();
}

// ------------------------------------------------------------------ scanning

const camera = new Camera($("video"), { decoder: root.dataset.decoder, onCode: ({ text }) => find(text) });

async function toggleCamera() {
  const isOn = $("camera-button").getAttribute("aria-pressed") === "true";
  try {
    if (isOn) camera.stop();
    else await camera.start();
    $("viewfinder").hidden = isOn;
    $("camera-button").setAttribute("aria-pressed", String(!isOn));
  } catch (error) {
    complain(cameraTrouble(error));
  }
}

$("camera-button").onclick = toggleCamera;
$("find").onsubmit = (event) => {
  event.preventDefault();
  const text = $("code").value.trim();
  $("code").value = "";
  if (text) find(text);
};

await start();
listen(document, (code) => !$("counting").hidden && find(code));
counted.onChange(async ({ stored = [] }) => {
  if (stored.includes(id)) return load();
  await refreshUnsent();
  if (sheet && !$("counting").hidden) showShelf();
  if (counted.trouble === "login") goToLogIn("unsent");
  return null;
});
await load();
root.dataset.ready = "true";
