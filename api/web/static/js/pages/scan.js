// Scan: a code in, the right thing done, undo beside it.

import { call, goToLogIn, Problem, SignedOut, Unreachable } from "../api.js";
import { Camera, cameraTrouble } from "../camera.js";
import { $, announce, h, icon, toast } from "../dom.js";
import { hasSound, setSound, signal } from "../feedback.js";
import { deviceId, uuid7 } from "../ids.js";
import { moment } from "../moments.js";
import { quantity } from "../numbers.js";
import { MODES, Panel } from "../panel.js";
import * as queue from "../queue.js";
import { place, start } from "../shell.js";
import { symbologyOf } from "../symbologies.js";
import { isGtin, listen } from "../wedge.js";

const MODE = "stockpot.mode";
const AREA = "stockpot.area.";
const PATIENCE = 8000; // milliseconds until a scan that is on disk counts as kept for later

const scan = $("scan");
const viewfinder = $("viewfinder");
let places = [];
let areas = []; // of this place, without goods on the road
let latest = null; // the capture that is being looked up or shown; an answer for an older one is dropped

// ------------------------------------------------------------------ the bench

const panel = new Panel($("panel"), {
  onConfirm: post,
  onCode: (code) => capture(code, { source: "wedge" }),
  onClose: () => (panel.clear(), awaitCode()),
  areas: () => areas,
  destinations: () => places.filter(({ id }) => id !== place()),
});

/** Ready for the next code; on a phone the focus would raise the keyboard over the page. */
function awaitCode() {
  if (matchMedia("(pointer: fine)").matches) $("code").focus({ preventScroll: true });
}

const area = () => ($("area").hidden ? null : $("area").value || null);

/** A code that looks like a GTIN but fails its check digit; the service says the same, this says it without one. */
const isMisread = (code) => /^(\d{8}|\d{12,14})$/.test(code) && !isGtin(code);

/** Something was scanned, by whatever means. The ids are made here and now. */
async function capture(code, { symbology = null, source }) {
  if (panel.capture?.code === code) {
    signal("ok", viewfinder);
    panel.again();
    return;
  }
  const caught = {
    id: uuid7(),
    code,
    symbology,
    source,
    amount: "1",
    unit: null,
    reason: null,
    to: null,
    needs: [],
    given: {},
  };
  panel.looking(code);
  latest = caught;
  try {
    const found = await lookUp(caught);
    if (latest === caught) receive(caught, found);
  } catch (error) {
    if (latest === caught) await lookUpFailed(caught, error);
  }
}

async function lookUp({ code, symbology }) {
  const body = { ...scanBody({ id: uuid7(), code, symbology, amount: "1", unit: null }), action: "lookup" };
  const { results } = await call("POST", "/api/scans", { body: { scans: [body] } });
  return results[0];
}

function receive(caught, found) {
  if (found.status === "unknown_code") {
    signal("unknown", viewfinder);
    panel.unknown(caught.code);
    announce(`Unknown code ${caught.code}`);
  } else if (found.status === "rejected") {
    refuse(found.error);
  } else {
    Object.assign(caught, {
      product: found.product,
      onHand: found.on_hand ?? null,
      packs: found.quantity && found.unit ? { quantity: found.quantity, unit: found.unit } : null,
      needs: needsOf(found),
    });
    signal("ok", viewfinder);
    ready(caught);
  }
}

const ASKS = { lot: ["lot", "expires_on"], area_id: ["area_id"] };

/** The fields to ask for, told from the one that the service misses. */
const needsOf = ({ error }) => ASKS[error?.field] ?? [];

function ready(caught) {
  panel.show(caught);
  announce(`${caught.product?.name ?? caught.code}. ${panel.about.textContent}`);
  if (caught.source !== "camera") panel.act.focus({ preventScroll: true });
}

const NEXT = {
  bad_check_digit: "One digit was misread or mistyped: scan it again, or check the digits on the pack.",
  insufficient_stock: "Count what there is, or receive the delivery first.",
};

function refuse(error) {
  signal("error", viewfinder);
  const { code, detail } = error ?? { detail: "The service gave no reason." };
  const next = NEXT[code] ?? "";
  panel.failed("Not done", detail, next);
  announce(`Not done. ${detail} ${next}`);
}

async function lookUpFailed(caught, error) {
  if (error instanceof SignedOut) return goToLogIn("ended");
  if (error instanceof Unreachable) {
    if (isMisread(caught.code))
      return refuse({ code: "bad_check_digit", detail: `The check digit of ${caught.code} is wrong.` });
    return ready({ ...caught, product: null, packs: null, onHand: null });
  }
  if (error instanceof Problem) return refuse({ code: error.code, detail: error.errors[0]?.detail ?? error.message });
  throw error;
}

// ------------------------------------------------------------------ posting

const scanBody = ({ id, code, symbology, amount, unit, reason, to, given = {} }) => ({
  id,
  code,
  symbology,
  location_id: place(),
  area_id: area(),
  action: panel.mode,
  quantity: amount,
  unit,
  reason_code: panel.mode === "waste" ? reason : null,
  to_location_id: panel.mode === "transfer" ? to : null,
  occurred_at: new Date().toISOString(),
  device_id: deviceId(),
  ...given,
});

async function post(caught) {
  const mode = MODES[panel.mode];
  const label = { name: caught.product?.name ?? caught.code, text: `${mode.sign}${panel.amountText}`, past: mode.past };
  panel.setBusy(true);
  const answer = queue.settled(caught.id, PATIENCE);
  try {
    await queue.keep(scanBody(caught), label);
  } catch {
    signal("error", viewfinder);
    panel.failed(
      "Not done",
      "This browser keeps nothing: its storage is full, or the window is private.",
      "Nothing was sent.",
    );
    return;
  }
  queue.flush();
  const done = await answer;
  if (done) {
    tellOutcome(caught, done, label);
  } else {
    signal("unknown", viewfinder);
    panel.kept(`${label.past} ${label.text.slice(1)}: not sent yet`);
  }
  if (queue.trouble === "login") goToLogIn("unsent");
}

function tellOutcome(caught, { id, answer }, label) {
  if (answer.status === "posted" || answer.status === "duplicate") {
    signal("ok", viewfinder);
    const left =
      answer.on_hand === null || answer.on_hand === undefined
        ? ""
        : `${quantity(answer.on_hand, answer.unit ?? caught.packs?.unit)} left`;
    panel.posted(`${label.past} ${label.text.slice(1)} · ${label.name}`, left, answer.reorder);
    announce(`${label.past} ${label.text.slice(1)} ${label.name}. ${left}`);
    awaitCode();
    return;
  }
  queue.letGo(id);
  if (answer.status === "needs_input") {
    signal("unknown", viewfinder);
    panel.show({ ...caught, id: uuid7(), needs: [...new Set([...caught.needs, ...needsOf(answer)])] });
    panel.complain(answer.error?.detail ?? "The service needs to know more about this one.");
  } else if (answer.status === "unknown_code") {
    signal("unknown", viewfinder);
    panel.unknown(caught.code);
  } else {
    refuse(answer.error);
  }
}

// ------------------------------------------------------------------ the last ten

const LOOKS = {
  done: ["ok", "ok", ""],
  waiting: ["unsent", "waiting", "not sent yet"],
  held: ["error", "error", "not done"],
  refused: ["error", "error", "not done"],
};

function lastRow(entry) {
  const [name, status, note] = LOOKS[entry.state];
  const left =
    entry.state === "done" && entry.answer.on_hand
      ? `${quantity(entry.answer.on_hand, entry.answer.unit)} left then`
      : "";
  const detail = entry.reversed ? "undone" : note || left;
  const what = [moment(entry.scan.occurred_at), detail, entry.answer?.error?.detail].filter(Boolean).join(" · ");
  return h(
    "li",
    { "data-status": status, class: entry.reversed ? "reversed" : "" },
    icon(name),
    h(
      "div",
      { class: "what" },
      h("span", { class: "name" }, entry.label.name, " ", h("b", { class: "number" }, entry.label.text)),
      h("div", { class: "small" }, what),
    ),
    lastAct(entry),
  );
}

function lastAct(entry) {
  if (entry.reversed || entry.state === "refused") return "";
  if (entry.state === "held") return h("button", { type: "button", onclick: () => queue.letGo(entry.id) }, "Seen");
  if (entry.state === "done" && !entry.answer.movement_id) return "";
  const label = `Undo ${entry.label.name} ${entry.label.text}`;
  const button = h(
    "button",
    { type: "button", "aria-label": label, onclick: () => undo(entry, button) },
    icon("undo"),
    h("span", {}, "Undo"),
  );
  return button;
}

async function undo(entry, button) {
  button.disabled = true;
  try {
    await queue.undo(entry);
    signal("ok", viewfinder);
    panel.clear();
    announce(`Undone: ${entry.label.name} ${entry.label.text}`);
  } catch (error) {
    button.disabled = false;
    signal("error", viewfinder);
    if (error instanceof SignedOut) goToLogIn("ended");
    else
      toast(
        error instanceof Unreachable
          ? "Not undone: no connection. Try again when it is back."
          : `Not undone: ${error.message}`,
      );
  }
}

async function showLast() {
  const entries = await queue.newest(10);
  $("last").replaceChildren(...entries.map(lastRow));
  $("last-title").textContent = entries.length ? "Last scans" : "Your scans appear here, each with undo.";
}

// ------------------------------------------------------------------ modes, places, camera

function setMode(mode) {
  const input = document.querySelector(`input[name=mode][value="${CSS.escape(mode)}"]`);
  if (!input) return;
  input.checked = true;
  scan.dataset.mode = mode;
  localStorage.setItem(MODE, mode);
  $("more").classList.toggle("chosen", $("more").contains(input));
  panel.setMode(mode);
}

async function showAreas() {
  const select = $("area");
  select.hidden = true;
  if (!place()) return;
  try {
    const { items } = await call("GET", `/api/locations/${place()}/areas`);
    areas = items.filter((one) => !one.is_in_transit);
    select.replaceChildren(
      h("option", { value: "" }, "Any area"),
      ...areas.map(({ id, name }) => h("option", { value: id }, name)),
    );
    select.hidden = areas.length === 0;
    const wanted = localStorage.getItem(AREA + place()) ?? "";
    select.value = areas.some(({ id }) => id === wanted) ? wanted : "";
  } catch {
    select.hidden = true; // without areas a scan goes to the place as a whole
  }
}

const camera = new Camera($("video"), {
  decoder: scan.dataset.decoder,
  onCode: ({ text, format }) => capture(text, { symbology: symbologyOf(format), source: "camera" }),
});

async function startCamera() {
  $("camera-button").disabled = true;
  try {
    await camera.start();
    $("viewfinder-start").hidden = true;
    $("torch").hidden = !camera.hasTorch;
    viewfinder.dataset.decoder = camera.decoder.name;
  } catch (error) {
    $("camera-note").textContent = cameraTrouble(error);
  }
  $("camera-button").disabled = false;
}

async function startCameraIfAllowed() {
  try {
    const { state } = await navigator.permissions.query({ name: "camera" });
    if (state === "granted") await startCamera();
  } catch {
    // Not every browser tells; then the button stays.
  }
}

async function toggleTorch() {
  const on = $("torch").getAttribute("aria-pressed") !== "true";
  await camera.torch(on);
  $("torch").setAttribute("aria-pressed", String(on));
}

$("camera-button").onclick = startCamera;
$("torch").onclick = toggleTorch;
$("typed").onsubmit = (event) => {
  event.preventDefault();
  const code = $("code").value.trim();
  $("code").value = "";
  if (code) capture(code, { source: "typed" });
};
$("modes").addEventListener("change", (event) => event.target.name === "mode" && setMode(event.target.value));
$("more").addEventListener("change", () => ($("more").open = false));
$("area").onchange = () => (localStorage.setItem(AREA + place(), $("area").value), $("area").blur());
$("sound").checked = hasSound();
$("sound").onchange = () => setSound($("sound").checked);
listen(document, (code) => capture(code, { source: "wedge" }));

places = await start({ onPlace: () => (panel.clear(), showAreas()) });
setMode(localStorage.getItem(MODE) ?? "issue");
queue.onChange(showLast);
await Promise.all([showAreas(), showLast()]);
scan.dataset.ready = "true";
startCameraIfAllowed();
