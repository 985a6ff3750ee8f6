// What was scanned, how much of it, and one button that says what it will do.

import { h, icon } from "./dom.js";
import { add, compare, isPositive, multiply, quantity, subtract, typeable, typed } from "./numbers.js";
import { isGtin } from "./wedge.js";

export const MODES = {
  receive: { verb: "Receive", past: "Received", sign: "+" },
  issue: { verb: "Use", past: "Used", sign: "−" },
  waste: { verb: "Waste", past: "Wasted", sign: "−" },
  count: { verb: "Set count to", past: "Counted", sign: "=" },
  transfer: { verb: "Send", past: "Sent", sign: "→" },
};

export const REASONS = [
  ["spoiled", "Spoiled"],
  ["expired", "Expired"],
  ["dropped", "Dropped"],
  ["overproduction", "Surplus"],
  ["returned", "Returned"],
  ["other", "Other"],
];

/** Choices of one kind as chips: `[[value, title], …]`. */
function chips(name, legend, choices, chosen, onchange) {
  return h(
    "fieldset",
    { class: "chips" },
    h("legend", { class: "visually-hidden" }, legend),
    choices.map(([value, title]) =>
      h(
        "label",
        { class: "chip" },
        h("input", { type: "radio", name, value, checked: value === chosen, onchange: () => onchange(value) }),
        h("span", {}, title),
      ),
    ),
  );
}

const TOO_MUCH = "10000000"; // nobody moves that many at once; a code in the wrong field is larger

const ASKED = {
  lot: { label: "Lot, as the label says", type: "text", maxlength: 64 },
  expires_on: { label: "Use by, if the label says", type: "date" },
};

/** One scan on the bench. `onConfirm(capture)`, `onCode(code)`, `onClose()`, `areas()` and `destinations()` are the page's. */
export class Panel {
  constructor(container, page) {
    Object.assign(this, page, { container });
    this.capture = null;
    this.mode = "issue";
  }

  /** The quantity in the product's stock unit, or null where that cannot be known or is not a number. */
  get stockQuantity() {
    const { amount, unit, packs } = this.capture;
    if (amount === null || !packs) return null;
    const factor = unit === null ? packs.quantity : packs.typeable.find((one) => one.unit === unit).factor;
    return multiply(amount, factor);
  }

  #say(kind, title, ...rest) {
    this.capture = null;
    this.container.replaceChildren(h("div", { class: `message ${kind}` }, h("h2", {}, icon(kind), title), ...rest));
    this.#note();
  }

  clear() {
    this.capture = null;
    this.container.replaceChildren();
    this.#note();
  }

  /** Where a hand holds the page, the field for codes makes room for what was scanned. */
  #note() {
    this.container.dataset.holds = this.capture ? "capture" : "";
  }

  looking(code) {
    this.clear();
    this.container.append(h("p", { class: "about" }, `Looking up ${code} …`));
  }

  unknown(code) {
    this.#say(
      "unknown",
      "Unknown code",
      h(
        "p",
        {},
        h("b", { class: "number" }, code),
        " belongs to no product yet. It was kept: once a manager links it, it counts.",
      ),
      h("p", {}, "Is it the right code? Some packs carry two; or find the item under Stock."),
    );
  }

  failed(title, why, next) {
    this.#say("error", title, h("p", {}, why), next ? h("p", {}, next) : "");
  }

  posted(title, left, isLow) {
    this.#say(
      "ok",
      title,
      left ? h("p", { class: "number" }, left) : "",
      isLow ? h("p", {}, icon("low"), " Below its reorder point.") : "",
    );
  }

  kept(title) {
    this.#say("unknown", title, h("p", {}, "No connection: it is kept on this device and sent later."));
  }

  /** Show a capture that can be confirmed. */
  show(capture) {
    this.capture = capture;
    if (capture.packs) capture.packs.typeable = typeable(capture.packs.unit);
    this.#note();
    this.#build();
    this.refresh();
  }

  setMode(mode) {
    this.mode = mode;
    if (this.capture) {
      this.#build();
      this.refresh();
    }
  }

  #build() {
    const { capture } = this;
    this.amount = h("input", {
      id: "amount",
      inputmode: "decimal",
      autocomplete: "off",
      maxlength: 14,
      "aria-label": "Quantity",
      value: capture.amount ?? "",
      oninput: () => this.#type(),
      onfocus: (event) => event.target.select(),
    });
    this.about = h("p", { class: "about number" });
    this.trouble = h("p", { class: "problem", hidden: true, role: "alert" });
    this.act = h("button", { class: "primary act", id: "confirm" });
    this.container.replaceChildren(
      h(
        "form",
        { class: "panel", novalidate: true, onsubmit: (event) => (event.preventDefault(), this.#confirm()) },
        h(
          "div",
          {},
          h(
            "button",
            { type: "button", class: "quiet close", "aria-label": "Put it aside", onclick: this.onClose },
            icon("error"),
          ),
          h("h2", { id: "product" }, capture.product?.name ?? capture.code),
          this.about,
        ),
        this.#stepper(),
        this.#asks(),
        this.trouble,
        this.act,
      ),
    );
  }

  #stepper() {
    const step = (title, name, change) =>
      h("button", { type: "button", "aria-label": title, onclick: () => this.#step(change) }, icon(name));
    return h(
      "div",
      { class: "stepper" },
      step("Less", "minus", "-1"),
      h("div", { class: "amount" }, this.amount, this.#units()),
      step("More", "plus", "1"),
    );
  }

  #units() {
    const { packs, unit } = this.capture;
    if (!packs) return h("span", {}, "×");
    const isSingle = packs.quantity === "1" && packs.typeable.length === 1;
    if (isSingle) return h("span", {}, quantity("2", packs.unit).split("\u00a0")[1] ?? "");
    const options = [["", `×\u2009${quantity(packs.quantity, packs.unit)}`]];
    for (const one of packs.typeable) options.push([one.unit, one.unit === "each" ? "pcs" : one.unit]);
    return h(
      "select",
      { "aria-label": "Unit", onchange: ({ target }) => (this.#choose({ unit: target.value || null }), target.blur()) },
      options.map(([value, title]) => h("option", { value, selected: value === (unit ?? "") }, title)),
    );
  }

  #asks() {
    const { capture } = this;
    const asks = [];
    if (this.mode === "waste") {
      asks.push(chips("reason", "Why", REASONS, capture.reason, (reason) => this.#choose({ reason })));
    }
    if (this.mode === "transfer") {
      const places = this.destinations();
      capture.to ??= places[0]?.id ?? null;
      const titles = places.map(({ id, name }) => [id, name]);
      asks.push(chips("to", "Where to", titles, capture.to, (to) => this.#choose({ to })));
    }
    for (const name of capture.needs) asks.push(name === "area_id" ? this.#askArea() : this.#askText(name));
    return asks.length ? h("div", { class: "asks" }, asks) : "";
  }

  #askArea() {
    const { given } = this.capture;
    const titles = this.areas().map(({ id, name }) => [id, name]);
    return chips("area", "Which area", titles, given.area_id, (id) => (given.area_id = id));
  }

  #askText(name) {
    const { given } = this.capture;
    const { label, ...attributes } = ASKED[name];
    const say = () => {
      if (input.value.trim()) given[name] = input.value.trim();
      else delete given[name];
    };
    const input = h("input", { id: `ask-${name}`, value: given[name] ?? "", ...attributes, oninput: say });
    return h("p", { class: "field" }, h("label", { for: `ask-${name}` }, label), input);
  }

  #choose(values) {
    Object.assign(this.capture, values);
    this.refresh();
  }

  #type() {
    const amount = typed(this.amount.value);
    const isEnough = amount !== null && (isPositive(amount) || (this.mode === "count" && amount === "0"));
    this.#choose({ amount: isEnough && compare(amount, TOO_MUCH) < 0 ? amount : null });
  }

  #step(change) {
    const least = this.mode === "count" ? "0" : "1";
    const next = add(this.capture.amount ?? "0", change);
    this.#choose({ amount: compare(next, least) < 0 ? least : next });
    this.amount.value = this.capture.amount;
  }

  /** One more pack of the same: it was scanned again. A quantity in another unit was typed on purpose and stays. */
  again() {
    if (this.capture.unit === null) this.#step("1");
  }

  complain(text) {
    this.trouble.textContent = text;
    this.trouble.hidden = !text;
  }

  setBusy(isBusy) {
    this.act.disabled = isBusy;
  }

  /** How much it is, as the button says it. */
  get amountText() {
    const { amount, packs, unit } = this.capture;
    if (amount === null) return "";
    return packs ? quantity(this.stockQuantity, packs.unit) : `${amount} × ${unit ?? "pack"}`;
  }

  refresh() {
    const { capture } = this;
    const { packs } = capture;
    this.about.textContent = packs
      ? [
          packs.quantity === "1" ? "" : `${quantity(packs.quantity, packs.unit)} a pack`,
          capture.onHand === null ? "" : `${quantity(capture.onHand, packs.unit)} left`,
        ]
          .filter(Boolean)
          .join(" · ")
      : "No connection: the code is kept and looked up when it is sent.";
    const place = this.mode === "transfer" ? this.destinations().find(({ id }) => id === capture.to)?.name : null;
    this.act.textContent =
      capture.amount === null
        ? "Type how much"
        : `${MODES[this.mode].verb} ${this.amountText}${place ? ` to ${place}` : ""}`;
    this.complain(this.#warning());
  }

  #warning() {
    const { capture } = this;
    if (capture.amount === null || !capture.packs || capture.onHand === null) return "";
    if (!["issue", "waste", "transfer"].includes(this.mode)) return "";
    const short = subtract(this.stockQuantity, capture.onHand);
    return isPositive(short) ? `That is ${quantity(short, capture.packs.unit)} more than there should be.` : "";
  }

  #confirm() {
    const { capture } = this;
    const text = this.amount.value.trim();
    if (isGtin(text)) {
      this.onCode(text); // a scanner that was too slow to be told from a person typed a code where a quantity belongs
    } else if (capture.amount === null) {
      this.complain("Type how much: a number greater than zero.");
      this.amount.focus();
    } else if (this.mode === "waste" && !capture.reason) {
      this.complain("Say why it goes to waste.");
      this.container.querySelector("[name=reason]").focus();
    } else if (this.mode === "transfer" && !capture.to) {
      this.complain("There is no other place that you may send to.");
    } else if (capture.needs.includes("area_id") && !capture.given.area_id) {
      this.complain("Say in which area.");
    } else {
      this.onConfirm(capture);
    }
  }
}
