// Calls to the API with the session's cookies, the CSRF token, and a renewal that several tabs cannot race.

import { exclusive, SENDING } from "./locks.js";

const RENEWED = "stockpot.renewed_at";
export const PERSON = "stockpot.person";

/** The service answered, and the answer is no (RFC 9457). */
export class Problem extends Error {
  constructor(status, body, retryAfter) {
    super(body.detail || body.title || `The service answered ${status}.`);
    Object.assign(this, {
      name: "Problem",
      status,
      code: body.code ?? "",
      errors: body.errors ?? [],
      body,
      retryAfter,
    });
  }
}

/** Nobody answered: no network, or the service is down. */
export class Unreachable extends Error {
  constructor() {
    super("The service does not answer.");
    this.name = "Unreachable";
  }
}

/** The session has ended: somebody must log in again. */
export class SignedOut extends Error {
  constructor() {
    super("Your session has ended. Log in again.");
    this.name = "SignedOut";
  }
}

/** Who is logged in on this device, as far as it knows; also known without a connection. */
export function person() {
  try {
    return JSON.parse(localStorage.getItem(PERSON));
  } catch {
    return null;
  }
}

export const may = (scope) => person()?.scopes?.includes(scope) ?? false;

/** Whether a scope is held for every place, as what concerns the whole house asks for. */
export const mayEverywhere = (scope) => person()?.grants?.[scope] === null;

let toldToken = ""; // what an answer told, for when the cookie was lost

/** The session's CSRF token stands in a cookie that scripts may read, so that every tab has the one of the session. */
function csrfToken() {
  const name = document.body.dataset.csrfCookie; // the installation's own: another copy may run on this host
  const found = document.cookie.split("; ").find((pair) => pair.startsWith(`${name}=`));
  return found ? decodeURIComponent(found.slice(name.length + 1)) : toldToken;
}

function remember(answer) {
  toldToken = answer?.csrf_token ?? toldToken;
  const user = answer?.user ?? (answer?.email ? answer : null);
  if (user) {
    const { id, name, email, roles, scopes, locations, grants } = user;
    localStorage.setItem(PERSON, JSON.stringify({ id, name, email, roles, scopes, locations, grants }));
  }
}

async function send(method, path, { body, form, headers = {}, signal } = {}) {
  const changes = method !== "GET";
  const token = csrfToken();
  try {
    return await fetch(path, {
      method,
      credentials: "same-origin",
      cache: "no-store",
      signal: signal ?? AbortSignal.timeout(15000),
      headers: {
        accept: "application/json",
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(changes && token ? { "x-csrf-token": token } : {}),
        ...headers,
      },
      body: form ?? (body === undefined ? undefined : JSON.stringify(body)),
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Unreachable();
  }
}

async function read(response) {
  const text = await response.text();
  let body;
  try {
    body = text ? JSON.parse(text) : null;
  } catch {
    body = null;
  }
  if (response.ok) return body;
  throw new Problem(response.status, body ?? {}, Number(response.headers.get("retry-after")) || null);
}

/** One renewal for all tabs: whoever comes second finds it done. Resolves to whether there is a session. */
function renew(since) {
  return exclusive("stockpot-session", async () => {
    if (Number(localStorage.getItem(RENEWED) ?? 0) >= since) return true;
    const response = await send("POST", "/api/auth/refresh");
    if (response.status >= 500 || response.status === 429) throw new Unreachable();
    if (!response.ok) return false;
    remember(await response.json());
    localStorage.setItem(RENEWED, String(Date.now()));
    return true;
  });
}

const isAboutToken = (problem) =>
  problem instanceof Problem && problem.status === 403 && problem.code.startsWith("csrf");

async function attempt(method, path, options) {
  const since = Date.now();
  let response = await send(method, path, options);
  if (response.status === 401) {
    if (!(await asSamePerson(() => renew(since)))) throw new SignedOut();
    response = await send(method, path, options);
    if (response.status === 401) throw new SignedOut();
  }
  return read(response);
}

/** Find the session anew; a request that one person began is never sent again as another who logged in meanwhile. */
async function asSamePerson(find) {
  const before = person()?.id;
  const found = await find();
  if (person()?.id !== before) throw new SignedOut();
  return found;
}

/**
 * Call the API and give its JSON.
 *
 * Throws Problem (the service refused), Unreachable (nobody answered) or SignedOut (nobody is logged in any more).
 */
export async function call(method, path, options) {
  try {
    return await attempt(method, path, options);
  } catch (error) {
    if (!isAboutToken(error)) throw error;
    await asSamePerson(whoAmI); // it tells the session's token
    return attempt(method, path, options);
  }
}

/** `query({a: 1, b: null})` is "?a=1"; empty values are left out. */
export function query(values) {
  const filled = Object.entries(values).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return filled.length ? `?${new URLSearchParams(filled)}` : "";
}

/** While scans are being sent nobody else logs in: they would leave as somebody who did not capture them. */
export function logIn(credentials) {
  return exclusive(SENDING, async () => {
    const answer = await read(await send("POST", "/api/auth/login", { body: credentials }));
    localStorage.setItem(RENEWED, String(Date.now()));
    remember(answer);
  });
}

/** Ask who is logged in; the answer is remembered for times without a connection. */
export async function whoAmI() {
  remember(await call("GET", "/api/auth/me"));
  return person();
}

/** Ends the session at once; what was not sent stays on the device for the person who captured it. */
export async function logOut() {
  try {
    await call("POST", "/api/auth/logout");
  } catch (error) {
    if (!(error instanceof SignedOut)) throw error;
  }
  localStorage.removeItem(PERSON);
}

/** Leave for the log-in page and come back here afterwards. */
export function goToLogIn(why = "") {
  const next = location.pathname + location.search;
  location.assign(`/login${query({ next: next === "/" ? "" : next, why })}`);
}
