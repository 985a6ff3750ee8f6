import { call, goToLogIn, may, query, SignedOut, Unreachable } from "../api.js";
import { h, icon, toast } from "../dom.js";
import { List } from "../list.js";
import { moment } from "../moments.js";
import { money, quantity } from "../numbers.js";
import { place, start } from "../shell.js";

const form = document.getElementById("filters");
const places = await start({ everywhere: true, onPlace: () => load() });
const nameOf = (id) => places.find((one) => one.id === id)?.name ?? "";
const reasons = new Map(); // labels by code

/** Learn what the reasons are called; without the list their codes are shown. */
async function learnReasons() {
  const { items } = await call("GET", `/api/reason-codes${query({ kind: "waste" })}`);
  for (const { code, label } of items) reasons.set(code, label);
  form.elements.reason_code.append(...items.map(({ code, label }) => h("option", { value: code }, label)));
}

/** Run what a button does; what fails is said in words and can be tried again. */
async function attempt(button, work) {
  button.disabled = true;
  try {
    await work();
  } catch (error) {
    if (error instanceof SignedOut) goToLogIn("ended");
    else toast(error instanceof Unreachable ? "The service does not answer. Try again." : error.message);
  }
  button.disabled = false;
}

const showPhoto = (entry, button) =>
  attempt(button, async () => {
    const { url } = await call("GET", `/api/waste/${entry.id}/photo`);
    location.assign(url);
  });

const undo = (entry, button) =>
  attempt(button, async () => {
    await call("POST", `/api/stock-movements/${entry.id}/reverse`, { body: {} });
    toast(`Taken back: ${entry.product.name} ${quantity(entry.quantity, entry.unit)}`);
    await list.reload();
  });

function acts(entry) {
  const name = entry.product.name;
  const photo = h(
    "button",
    { type: "button", "aria-label": `Photo of ${name}`, onclick: () => showPhoto(entry, photo) },
    "Photo",
  );
  const back = h(
    "button",
    { type: "button", "aria-label": `Undo ${name}`, onclick: () => undo(entry, back) },
    icon("undo"),
    "Undo",
  );
  const canUndo = !entry.is_reversed && entry.source !== "transfer" && may("inventory.scan");
  return [entry.photo_id ? photo : "", canUndo ? back : ""];
}

function row(entry) {
  const why = reasons.get(entry.reason_code) ?? entry.reason_code ?? "No reason given";
  return h(
    "tr",
    {},
    h("th", { scope: "row", class: "whole" }, entry.product.name),
    h("td", { class: "big number" }, quantity(entry.quantity, entry.unit)),
    h("td", { class: "number" }, money(entry.value, entry.currency)),
    h("td", {}, entry.is_reversed ? h("span", { class: "tag plain" }, icon("undo"), "taken back") : why),
    h("td", { class: "soft small" }, [nameOf(entry.location_id), entry.note].filter(Boolean).join(" · ")),
    h("td", { class: "soft small" }, moment(entry.occurred_at)),
    h("td", { class: "whole actions acts" }, acts(entry)),
  );
}

function empty({ day, reason_code: reason }) {
  return h(
    "div",
    { class: "state" },
    h("h2", {}, icon("ok"), day || reason ? " Nothing was thrown away like this" : " Nothing was thrown away yet"),
    h("p", {}, "What is booked as waste, on the scan page or here, is listed with its reason and its value."),
    h("a", { class: "button", href: "/" }, "Scan waste"),
  );
}

const list = new List(document.getElementById("list"), {
  path: "/api/waste",
  noun: "entries",
  row,
  empty,
  columns: [
    { title: "Item" },
    { title: "How much", class: "number" },
    { title: "Value", class: "number" },
    { title: "Why" },
    { title: "Where" },
    { title: "When" },
    { title: "" },
  ],
});

const load = () =>
  list.load({
    location_id: place(),
    day: form.elements.day.value,
    reason_code: form.elements.reason_code.value,
  });

form.addEventListener("change", load);
await learnReasons().catch((error) => error instanceof SignedOut && goToLogIn("ended"));
load();
