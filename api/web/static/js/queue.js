// The outbox of scans. A scan is on disk before the page says anything; one tab at a time sends; each leaves the queue only when
// the service has answered for its id, and only as the person who captured it. What the service refused is held for a person.

import { call, person, Problem, SignedOut, Unreachable } from "./api.js";
import { deviceId } from "./ids.js";
import { exclusive, SENDING } from "./locks.js";

const BATCH = 100;
const KEPT_HISTORY = 50;
const FIRST_WAIT = 1000;
const LONGEST_WAIT = 60000;

let database = null;

/** Open the database; a version of its own for each later change of stores. */
function open() {
  database ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("stockpot", 1);
    request.onupgradeneeded = () => {
      const scans = request.result.createObjectStore("scans", { keyPath: "sequence", autoIncrement: true });
      scans.createIndex("id", "id", { unique: true });
      request.result.createObjectStore("history", { keyPath: "sequence" }).createIndex("id", "id", { unique: true });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return database;
}

/** Run `work(scans, history)` in one transaction and give the result of the request it returns, once that is durable. */
async function transact(mode, work) {
  const db = await open();
  return new Promise((resolve, reject) => {
    const transaction = db.transaction(["scans", "history"], mode, { durability: "strict" });
    const request = work(transaction.objectStore("scans"), transaction.objectStore("history"));
    transaction.oncomplete = () => resolve(request?.result);
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}

// ------------------------------------------------------------------ telling the page, in every tab

const channel = "BroadcastChannel" in globalThis ? new BroadcastChannel("stockpot-scans") : null;
const listeners = new Set();

/** Call `listener(event)` whenever the queue changed here or in another tab; `event.settled` lists entries with answers. */
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

/** The entry of this id once the service has answered for it, or null after `milliseconds`. */
export function settled(id, milliseconds) {
  return new Promise((resolve) => {
    const finish = (entry) => (clearTimeout(timer), listeners.delete(listener), resolve(entry));
    const listener = ({ settled: entries = [] }) => {
      const entry = entries.find((one) => one.id === id);
      if (entry) finish(entry);
    };
    const timer = setTimeout(() => finish(null), milliseconds);
    listeners.add(listener);
  });
}

// ------------------------------------------------------------------ what is in it

const mine = (entry) => entry.person_id === person()?.id;

const everything = () => transact("readonly", (scans) => scans.getAll());

/** How the queue stands: mine waiting to be sent, mine held for a decision, and how many wait for other people. */
export async function standing() {
  const entries = await everything();
  const own = entries.filter(mine);
  return {
    waiting: own.filter((entry) => entry.state === "waiting"),
    held: own.filter((entry) => entry.state === "held"),
    others: entries.filter((entry) => !mine(entry)),
  };
}

/** The newest entries of this person: waiting, held and done. */
export async function newest(limit = 10) {
  const done = await transact("readonly", (_, history) => history.getAll());
  const all = [...(await everything()), ...done].filter(mine);
  return all.sort((a, b) => b.sequence - a.sequence).slice(0, limit);
}

/** Put a scan on disk. `label` is what the page shows of it: `{name, text}`. Resolves when it is durable. */
export async function keep(scan, label) {
  const { id: personId, name } = person();
  const entry = {
    id: scan.id,
    person_id: personId,
    person_name: name,
    scan: { ...scan, device_id: deviceId() },
    label,
    state: "waiting",
    tries: 0,
    answer: null,
  };
  entry.sequence = await transact("readwrite", (scans) => scans.add(entry));
  tell();
  return entry;
}

/** Take back a scan that was never sent. Resolves to false when it has been tried: then only a reversal undoes it. */
export function takeBack(id) {
  return exclusive(SENDING, async () => {
    const entry = await find(id);
    if (!entry || entry.tries > 0) return false;
    await transact("readwrite", (scans) => scans.delete(entry.sequence));
    tell();
    return true;
  });
}

/** A person has seen why the service refused this scan and lets it go; it stays in the history. */
export async function letGo(id) {
  const entry = await find(id);
  if (entry?.state !== "held") return;
  await archive([{ ...entry, state: "refused" }]);
  tell();
}

/** Remember that the movement of this scan was reversed. */
export async function noteReversed(id) {
  const entry = await transact("readonly", (_, history) => history.index("id").get(id));
  if (entry) await transact("readwrite", (_, history) => history.put({ ...entry, reversed: true }));
  tell();
}

const find = (id) => transact("readonly", (scans) => scans.index("id").get(id));

/** Move entries from the queue to the history in one transaction, and let the oldest of the history go. */
async function archive(entries) {
  await transact("readwrite", (scans, history) => {
    for (const entry of entries) {
      scans.delete(entry.sequence);
      history.put(entry);
    }
    const keys = history.getAllKeys();
    keys.onsuccess = () => keys.result.slice(0, -KEPT_HISTORY).forEach((key) => history.delete(key));
  });
}

const update = (entries) =>
  transact("readwrite", (scans) => {
    for (const entry of entries) scans.put(entry);
  });

// ------------------------------------------------------------------ sending

const DONE = new Set(["posted", "duplicate"]);

async function settle(entries, answers) {
  const answered = entries.map((entry, index) => ({ ...entry, answer: answers[index] }));
  const done = answered.filter((entry) => DONE.has(entry.answer.status)).map((entry) => ({ ...entry, state: "done" }));
  const held = answered.filter((entry) => !DONE.has(entry.answer.status)).map((entry) => ({ ...entry, state: "held" }));
  await archive(done);
  await update(held);
  tell({ settled: [...done, ...held] });
}

/** The service cannot read a batch: halve it until the one scan that is at fault stands alone, and hold that. */
async function deliver(entries) {
  try {
    const scans = entries.map(({ scan, sequence }) => ({ ...scan, sequence }));
    const { results } = await call("POST", "/api/scans", { body: { scans } });
    await settle(entries, results);
  } catch (error) {
    if (!(error instanceof Problem) || ![400, 404, 409, 413, 422].includes(error.status)) throw error;
    if (entries.length === 1) {
      const { detail = error.message, code } = error.body;
      await settle(entries, [{ id: entries[0].id, status: "rejected", error: { code, detail } }]);
      return;
    }
    const middle = entries.length >> 1;
    await deliver(entries.slice(0, middle));
    await deliver(entries.slice(middle));
  }
}

async function nextBatch() {
  const { waiting } = await standing();
  const batch = waiting.slice(0, BATCH).map((entry) => ({ ...entry, tries: entry.tries + 1 }));
  await update(batch);
  return batch;
}

async function sendAll() {
  for (let batch = await nextBatch(); batch.length; batch = await nextBatch()) await deliver(batch);
}

let timer = 0;
let wait = FIRST_WAIT;
export let trouble = null; // null, "offline", "login" or "refused": why the last attempt did not get through

function reasonOf(error) {
  if (error instanceof SignedOut) return "login";
  if (error instanceof Unreachable) return "offline";
  return error instanceof Problem && error.status < 500 && error.status !== 429 && error.status !== 408
    ? "refused"
    : "offline";
}

/** Send what waits, oldest first; whatever fails is tried again by itself, ever more slowly up to once a minute. */
export async function flush() {
  clearTimeout(timer);
  if (!person()) return;
  try {
    await exclusive(SENDING, sendAll);
    trouble = null;
    wait = FIRST_WAIT;
  } catch (error) {
    trouble = reasonOf(error);
    if (trouble !== "login") {
      timer = setTimeout(flush, Math.max(wait + Math.random() * 300, (error.retryAfter ?? 0) * 1000));
      wait = Math.min(wait * 2, LONGEST_WAIT);
    }
  }
  tell();
}

/** Send on load, when the network is back, when the page is seen again, and every minute. */
export function sendByItself() {
  addEventListener("online", flush);
  document.addEventListener("visibilitychange", () => document.hidden || flush());
  setInterval(flush, LONGEST_WAIT);
  flush();
}

/** Undo a scan: reverse its movement, or take it back where it never left. */
export async function undo(entry) {
  if (entry.state === "waiting" && (await takeBack(entry.id))) return;
  await call("POST", `/api/stock-movements/${entry.answer.movement_id}/reverse`, { body: {} });
  await noteReversed(entry.id);
}
