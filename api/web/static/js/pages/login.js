import { logIn, Problem, Unreachable, whoAmI } from "../api.js";
import { $ } from "../dom.js";

const WHY = {
  ended: "Your session has ended. Log in again.",
  unsent: "Scans that were not sent stay on this device and are sent when the same person logs in here.",
};

const TYPED = "stockpot.typed_email";
const wanted = new URLSearchParams(location.search);
const dashboards = new URL(document.body.dataset.dashboards, location.origin).origin;

/** Where to go afterwards: a page of this site or of the dashboards, and nothing else. */
function next() {
  const url = new URL(wanted.get("next") ?? "/", location.origin);
  if (url.origin === location.origin) return url.pathname.startsWith("/login") ? "/" : url.pathname + url.search;
  return url.origin === dashboards ? url.href : "/";
}

/** The dashboards cannot renew a session; whoever still has one here goes straight back. */
async function goBackIfLoggedIn() {
  try {
    await whoAmI();
    location.replace(next());
  } catch {
    // nobody is logged in here: the form is what is needed
  }
}

/** The e-mail is kept in this tab when the page is loaded anew; the password never is. */
function keepEmail() {
  const field = $("email");
  const keep = () => sessionStorage.setItem(TYPED, field.value);
  if (field.value) keep();
  else field.value = sessionStorage.getItem(TYPED) ?? "";
  field.addEventListener("input", keep);
}

function say(text, field) {
  $("login-problem").textContent = text;
  $("login-problem").hidden = !text;
  if (field) field.focus();
}

function explain(error) {
  if (error instanceof Unreachable) return say("The service does not answer. Check the network and try again.");
  if (!(error instanceof Problem)) throw error;
  if (/totp|mfa|second_factor/.test(error.code)) {
    $("totp-field").hidden = false;
    return say(error.message, $("totp"));
  }
  if (error.status === 429) return say(`Too many tries. Wait ${error.retryAfter ?? 60} seconds and try again.`);
  if (error.status === 401 || error.status === 422)
    return say("Email and password do not match. Check both and try again.", $("password"));
  return say(error.message);
}

async function submit(event) {
  event.preventDefault();
  const [email, password, totp] = [$("email").value.trim(), $("password").value, $("totp").value.trim()];
  if (!email) return say("Type your email.", $("email"));
  if (!password) return say("Type your password.", $("password"));
  $("login-button").disabled = true;
  say("");
  try {
    await logIn({ email, password, ...(totp ? { totp } : {}) });
    sessionStorage.removeItem(TYPED);
    location.replace(next());
  } catch (error) {
    explain(error);
  } finally {
    $("login-button").disabled = false;
  }
}

$("login").addEventListener("submit", submit);
const why = WHY[wanted.get("why")];
if (why) {
  $("login-why").textContent = why;
  $("login-why").hidden = false;
}
keepEmail();
$($("email").value ? "password" : "email").focus();
if (next().startsWith(dashboards)) goBackIfLoggedIn();
