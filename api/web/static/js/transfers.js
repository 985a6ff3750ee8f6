// What a transfer's status is called and how it looks.

import { h, icon } from "./dom.js";

const STATUSES = {
  draft: ["Draft", "sky", "info"],
  in_transit: ["On the road", "saffron", "transfer"],
  partially_received: ["Part received", "saffron", "low"],
  received: ["Received", "leaf", "ok"],
  closed: ["Never arrived", "plain", "error"],
  cancelled: ["Cancelled", "plain", "error"],
};

export function transferTag(status) {
  const [title, colour, name] = STATUSES[status] ?? [status, "plain", "info"];
  return h("span", { class: `tag ${colour}`, "data-status": status }, icon(name), title);
}
