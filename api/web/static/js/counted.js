// Count lines on their way: on disk before the page says anything, sent under their ids as the person who counted, and
// held for a person where the service refuses them. A database of its own: the scans' never waits for a change of this one.

import { call, person, Problem, SignedOut } from "./api.js";
import { exclusive, SENDING } from "./locks.js";

const BATCH = 200;
const FIRST_WAIT = 1000;
const LONGEST_WAIT = 60000;

let database = null;

function open() {
  database ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("stockpot-counts", 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("lines", { keyPath: "id" });
      request.result.createObjectStore("sheets", { keyPath: "key" });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return database;
}

async function transact(store, mode, work) {
  const db = await open();
  return new Promise((resolve, reject) => {
    const transaction = db.transaction(store, mode, { durability: "strict" });
    const request = work(transaction.objectStore(store));
    transaction.oncomplete = () => resolve(request?.result);
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}

// ------------------------------------------------------------------ telling the page, in every tab

const channel = "BroadcastChannel" in globalThis ? new BroadcastChannel("stockpot-counts") : null;
const listeners = new Set();

/** Call `listener(event)` whenever lines were kept, sent or held; `event.stored` lists counts with new lines at the service. */
export function onChange(listener) {
  listeners.add(listener);
}

function tellHere(event) {
  for (const listener of listeners) listener(event);
}

function tell(event = {}) {
  tellHere(event);
  channel?.postMessage(event);
}

if (channel) channel.onmessage = ({ data }) => tellHere(data);

// ------------------------------------------------------------------ lines

const mine = (entry) => entry.person_id === person()?.id;

/** The lines of this person that the service does not have yet, in the order in which they were counted. */
export async function unsent(countId = null) {
  const all = await transact("lines", "readonly", (lines) => lines.getAll());
  return all
    .filter((entry) => mine(entry) && (countId === null || entry.count_id === countId))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Put a line on disk; `label` is what the page shows of it. Resolves when it is durable. */
export async function keep(countId, line, label) {
  const entry = { id: line.id, count_id: countId, person_id: person().id, line, label, state: "waiting", problem: "" };
  await transact("lines", "readwrite", (lines) => lines.put(entry));
  tell();
  return entry;
}

const put = (entries) =>
  transact("lines", "readwrite", (lines) => {
    for (const entry of entries) lines.put(entry);
  });

const remove = (entries) =>
  transact("lines", "readwrite", (lines) => {
    for (const { id } of entries) lines.delete(id);
  });

/** A person has seen why the service refused this line and gives it up. */
export async function giveUp(entry) {
  await remove([entry]);
  tell();
}

/** Try a refused line again. */
export async function tryAgain(entry) {
  await put([{ ...entry, state: "waiting", problem: "" }]);
  tell();
  return flush();
}

// ------------------------------------------------------------------ sheets, for times without a connection

/** Remember a sheet as this person saw it last. */
export const remember = (sheet) =>
  transact("sheets", "readwrite", (sheets) => sheets.put({ key: `${person().id} ${sheet.id}`, sheet }));

/** The sheet as this person saw it last, or null. */
export async function recall(countId) {
  const found = await transact("sheets", "readonly", (sheets) => sheets.get(`${person().id} ${countId}`));
  return found?.sheet ?? null;
}

// ------------------------------------------------------------------ sending

/** Send the lines of one count. The bad ones are held with their reason, and the good ones go without them. */
async function deliver(countId, entries) {
  for (let rest = entries; rest.length; ) {
    try {
      await call("POST", `/api/counts/${countId}/lines`, { body: { lines: rest.map(({ line }) => line) } });
      await remove(rest);
      tell({ stored: [countId] });
      return;
    } catch (error) {
      if (!(error instanceof Problem) || ![400, 403, 404, 409, 413, 422].includes(error.status)) throw error;
      const bad = refused(rest, error);
      await put(bad);
      rest = rest.filter(({ id }) => !bad.some((entry) => entry.id === id));
    }
  }
}

/** The lines that an answer names, each with its reason; all of them where it names none. */
function refused(entries, error) {
  const reasons = new Map();
  for (const { field = "", detail } of error.errors) {
    const number = /(?:^|\.)lines\.(\d+)/.exec(field)?.[1];
    if (number !== undefined) reasons.set(Number(number), detail);
  }
  const held = (entry, problem) => ({ ...entry, state: "held", problem });
  if (!reasons.size) return entries.map((entry) => held(entry, error.message));
  return entries.flatMap((entry, number) => (reasons.has(number) ? [held(entry, reasons.get(number))] : []));
}

async function sendAll() {
  const waiting = (await unsent()).filter((entry) => entry.state === "waiting");
  const counts = new Set(waiting.map((entry) => entry.count_id));
  for (const countId of counts) {
    const own = waiting.filter((entry) => entry.count_id === countId);
    for (let start = 0; start < own.length; start += BATCH) await deliver(countId, own.slice(start, start + BATCH));
  }
}

let timer = 0;
let wait = FIRST_WAIT;
export let trouble = null; // null, "offline" or "login": why the last attempt did not get through

/** Send what waits; whatever fails is tried again by itself, ever more slowly up to once a minute. */
export async function flush() {
  clearTimeout(timer);
  if (!person()) return;
  try {
    await exclusive(SENDING, sendAll);
    trouble = null;
    wait = FIRST_WAIT;
  } catch (error) {
    trouble = error instanceof SignedOut ? "login" : "offline";
    if (trouble === "offline") {
      timer = setTimeout(flush, Math.max(wait + Math.random() * 300, (error.retryAfter ?? 0) * 1000));
      wait = Math.min(wait * 2, LONGEST_WAIT);
    }
  }
  tell();
}

/** Send on load, when the network is back, and when the page is seen again. */
export function sendByItself() {
  addEventListener("online", flush);
  document.addEventListener("visibilitychange", () => document.hidden || flush());
  flush();
}
