// What an order's status is called, how it looks, and what may be done next.

import { h, icon } from "./dom.js";

const STATUSES = {
  draft: ["Draft", "sky", "info"],
  submitted: ["Waiting for approval", "saffron", "low"],
  approved: ["Approved, not sent", "saffron", "low"],
  sent: ["Sent", "sky", "info"],
  partially_received: ["Part received", "saffron", "low"],
  received: ["Received", "leaf", "ok"],
  closed: ["Closed", "plain", "ok"],
  cancelled: ["Cancelled", "plain", "error"],
};

export function statusTag(status) {
  const [title, colour, name] = STATUSES[status] ?? [status, "plain", "info"];
  return h("span", { class: `tag ${colour}`, "data-status": status }, icon(name), title);
}
