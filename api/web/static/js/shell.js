// What every page shares: who is logged in, which place, whether there is a connection, how many scans wait, and the keyboard.

import { call, goToLogIn, logOut, may, PERSON, person, query, SignedOut, whoAmI } from "./api.js";
import { $, h, toast } from "./dom.js";
import * as counted from "./counted.js";
import * as queue from "./queue.js";

const PLACE = "stockpot.location";

export const place = () => localStorage.getItem(PLACE) ?? "";

/** Locations this person may see, by code; remembered for times without a connection. */
async function locations() {
  try {
    const { items } = await call("GET", `/api/locations${query({ limit: 200 })}`);
    localStorage.setItem("stockpot.locations", JSON.stringify(items));
    return items;
  } catch (error) {
    if (error instanceof SignedOut) throw error;
    return JSON.parse(localStorage.getItem("stockpot.locations") ?? "[]");
  }
}

function showPlaces(items, everywhere) {
  const select = $("location");
  const options = items.map(({ id, name }) => h("option", { value: id }, name));
  if (everywhere && items.length > 1) options.unshift(h("option", { value: "" }, "All places"));
  select.replaceChildren(...options);
  select.disabled = options.length < 2;
  const wanted = place();
  select.value = [...select.options].some((option) => option.value === wanted)
    ? wanted
    : (select.options[0]?.value ?? "");
  if (select.value) localStorage.setItem(PLACE, select.value);
}

function showPerson() {
  const { name, email, roles = [] } = person();
  $("person-name").textContent = name;
  $("person-about").textContent = [name, email, roles.map((role) => role.name ?? role.role ?? role).join(", ")]
    .filter(Boolean)
    .join(" · ");
  $("docs-link").hidden = !may("users.create");
}

const BACKLOG = {
  login: "Log in to send them.",
  offline: "They are sent as soon as the service answers.",
  refused: "The service does not take them from you; ask a manager.",
};

async function showBacklog() {
  const { waiting, held, others } = await queue.standing();
  const parts = [];
  if (waiting.length) parts.push(`${waiting.length} unsent`);
  if (held.length) parts.push(`${held.length} to look at`);
  if (others.length)
    parts.push(
      `${others.length} of ${new Set(others.map((entry) => entry.person_name)).size > 1 ? "others" : others[0].person_name}`,
    );
  $("backlog").hidden = parts.length === 0;
  $("backlog-text").textContent = parts.join(", ");
  const sentences = [];
  if (waiting.length)
    sentences.push(
      `${waiting.length} scans are kept on this device. ${BACKLOG[queue.trouble] ?? "They are being sent."}`,
    );
  if (held.length) sentences.push(`${held.length} were refused: see the last scans.`);
  if (others.length)
    sentences.push(`${others.length} were captured by somebody else and wait until that person logs in here.`);
  $("backlog").onclick = () => (queue.trouble === "login" ? goToLogIn() : (toast(sentences.join(" ")), queue.flush()));
}

function watchConnection() {
  const show = () => ($("offline-banner").hidden = navigator.onLine);
  addEventListener("online", show);
  addEventListener("offline", show);
  show();
}

async function leave() {
  const { waiting } = await queue.standing();
  try {
    await logOut();
  } catch {
    toast("You are still logged in: the service does not answer. Try again.");
    return;
  }
  location.assign(`/login${query({ why: waiting.length ? "unsent" : "" })}`);
}

// ------------------------------------------------------------------ keyboard

const isTyping = (target) =>
  target.closest?.("input:not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable]");

/** Nobody types two letters within 40 ms: a scanner's are no shortcuts. */
function isScanner(event) {
  if (event.key.length !== 1) return false;
  const gap = event.timeStamp - isScanner.last;
  isScanner.last = event.timeStamp;
  return gap < 40;
}

function onKey(event) {
  if (isScanner(event) || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (event.key === "Escape") {
    for (const sheet of document.querySelectorAll("details[open].person, details[open].more")) sheet.open = false;
    if (isTyping(event.target)) event.target.blur();
    return;
  }
  if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
  if (onKey.after === "g" && event.timeStamp - onKey.at < 1500) {
    document.querySelector(`.rail a[data-key="${CSS.escape(event.key)}"]`)?.click();
    onKey.after = "";
  } else if (event.key === "/") {
    event.preventDefault();
    document.querySelector("[data-search]")?.focus();
  } else if (event.key === "?") {
    $("help").showModal();
  } else {
    onKey.after = event.key;
    onKey.at = event.timeStamp;
  }
}

function closeSheets(event) {
  for (const sheet of document.querySelectorAll("details[open].person, details[open].more")) {
    if (!sheet.contains(event.target)) sheet.open = false;
  }
}

function openMenu() {
  const isOpen = $("rail").classList.toggle("open");
  $("menu-button").setAttribute("aria-expanded", String(isOpen));
}

// ------------------------------------------------------------------ start

/**
 * Prepare the frame and resolve to the locations; a page calls this first. Without a person it leaves for the log-in page.
 *
 * `everywhere` offers "All places"; `onPlace` is called when another place is chosen.
 */
export async function start({ everywhere = false, onPlace = () => {} } = {}) {
  if (!person()) {
    goToLogIn();
    return new Promise(() => {});
  }
  showPerson();
  watchConnection();
  addEventListener("storage", ({ key }) => key === PERSON && location.reload()); // somebody logged in or out in another tab
  document.addEventListener("keydown", onKey);
  document.addEventListener("click", closeSheets);
  $("log-out").onclick = leave;
  $("help-button").onclick = () => $("help").showModal();
  $("menu-button").onclick = openMenu;
  queue.onChange(showBacklog);
  queue.sendByItself();
  counted.sendByItself();
  document.querySelector(".rail a[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  await showBacklog();
  try {
    const known = await locations();
    showPlaces(known, everywhere);
    $("location").onchange = () => {
      localStorage.setItem(PLACE, $("location").value);
      $("location").blur(); // a scanner's digits must not choose another place
      onPlace($("location").value);
    };
    whoAmI().then(showPerson, () => {});
    return known;
  } catch (error) {
    if (!(error instanceof SignedOut)) throw error;
    goToLogIn("ended");
    return new Promise(() => {});
  }
}
