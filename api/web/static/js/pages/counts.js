// Counts: sheets under way and those done, and a new one for chosen areas or for what is due.

import { call, goToLogIn, may, query, SignedOut, Unreachable } from "../api.js";
import * as counted from "../counted.js";
import { statusWords } from "../counting.js";
import { $, h, icon } from "../dom.js";
import { uuid7 } from "../ids.js";
import { List } from "../list.js";
import { moment } from "../moments.js";
import { place, start } from "../shell.js";

const form = $("filters");
const places = await start({ everywhere: true, onPlace: () => (showAreas(), load()) });
const nameOf = (id) => places.find((one) => one.id === id)?.name ?? "";
let due = [];

function row(count) {
  const [word, tone] = statusWords(count.status);
  return h(
    "tr",
    {},
    h("th", { scope: "row" }, h("a", { class: "row-link", href: `/counts/${count.id}` }, count.number)),
    h("td", { class: "big number" }, `${count.counted_count} of ${count.item_count}`),
    h("td", {}, h("span", { class: `tag ${tone}` }, word)),
    h("td", { class: "soft small" }, nameOf(count.location_id)),
    h("td", { class: "soft small" }, count.is_blind ? "blind" : "open"),
    h("td", { class: "soft small" }, moment(count.created_at)),
  );
}

function empty({ status }) {
  return h(
    "div",
    { class: "state" },
    h("h2", {}, status ? "No count stands like this" : "No counts yet"),
    h("p", {}, "A count says what really stands on the shelves; the books follow once it is approved."),
  );
}

const list = new List($("list"), {
  path: "/api/counts",
  noun: "counts",
  row,
  empty,
  columns: [
    { title: "Count" },
    { title: "Counted", class: "number" },
    { title: "Status" },
    { title: "Place" },
    { title: "Kind" },
    { title: "Started" },
  ],
});

const load = () => list.load({ location_id: place(), status: form.elements.status.value });

// ------------------------------------------------------------------ a new one

function chip(value, name) {
  const box = h("input", { type: "checkbox", name: "area", value, checked: true });
  return h("label", { class: "chip" }, box, h("span", {}, name));
}

async function showAreas() {
  $("start").hidden = !place() || !may("inventory.scan");
  if ($("start").hidden) return;
  due = [];
  $("due-button").hidden = true;
  try {
    const { items } = await call("GET", `/api/locations/${place()}/areas`);
    const areas = items.filter((area) => !area.is_in_transit);
    $("areas").replaceChildren(
      h("legend", {}, "Storage areas"),
      ...areas.map(({ id, name }) => chip(id, name)),
      chip("", areas.length ? "Anywhere else" : "The whole place"),
    );
    const candidates = await call("GET", `/api/counts/candidates${query({ location_id: place(), limit: 200 })}`);
    due = candidates.items.map((item) => item.item_id);
    $("due-button").textContent = `Count what is due: ${due.length}${candidates.next_cursor ? " and more" : ""}`;
    $("due-button").hidden = due.length === 0;
  } catch (error) {
    if (error instanceof SignedOut) goToLogIn("ended");
    else complain(error);
  }
}

function complain(error) {
  const text = error instanceof Unreachable ? "The service does not answer. A new sheet needs it." : error.message;
  $("start-problem").textContent = text;
  $("start-problem").hidden = false;
}

async function begin(chosen, button) {
  button.disabled = true;
  const body = { id: uuid7(), location_id: place(), is_blind: $("start-form").elements.is_blind.checked, ...chosen };
  try {
    const { id } = await call("POST", "/api/counts", { body });
    location.assign(`/counts/${id}`);
  } catch (error) {
    button.disabled = false;
    if (error instanceof SignedOut) goToLogIn("ended");
    else complain(error);
  }
}

$("start-form").onsubmit = (event) => {
  event.preventDefault();
  const areas = [...document.querySelectorAll("input[name=area]:checked")].map(({ value }) => value || null);
  if (areas.length) begin({ area_ids: areas }, $("start-button"));
  else complain({ message: "Choose a storage area." });
};
$("due-button").onclick = () => begin({ item_ids: due }, $("due-button"));

// ------------------------------------------------------------------ lines on this device

async function showUnsent() {
  const lines = await counted.unsent();
  const counts = [...new Set(lines.map((line) => line.count_id))];
  $("unsent").hidden = lines.length === 0;
  $("unsent").replaceChildren(
    icon("unsent"),
    ` ${lines.length} counted lines on this device are not sent yet: `,
    ...counts.map((id, number) => h("a", { href: `/counts/${id}` }, `sheet ${number + 1} `)),
  );
}

counted.onChange(showUnsent);
form.addEventListener("change", load);
await Promise.all([showAreas(), showUnsent(), load()]);
