// The item that is being counted: what was counted so far, a field for each unit, and a button that says what it keeps.

import { h, icon } from "./dom.js";
import { moment } from "./moments.js";
import { compare, quantity, typed } from "./numbers.js";

const STATUSES = {
  counting: ["Counting", "sky"],
  submitted: ["To approve", "saffron"],
  posted: ["Posted", "leaf"],
  cancelled: ["Cancelled", "plain"],
};

/** What a status is called, and its colour. */
export const statusWords = (status) => STATUSES[status] ?? [status, "plain"];

const UNIT_NAMES = { each: "pcs", g: "g", kg: "kg", ml: "ml", l: "l" };
const unitName = (unit) => UNIT_NAMES[unit] ?? unit;

/** "2 case + 3 pcs" */
export const entriesText = (entries) => entries.map((entry) => `${entry.quantity} ${unitName(entry.unit)}`).join(" + ");

export class Bench {
  /** `onCount(item, entries, text)`, `onNext(step)` with 1 or -1, `onWithdraw(line)`. */
  constructor(container, { onCount, onNext, onWithdraw }) {
    Object.assign(this, { container, onCount, onNext, onWithdraw, item: null, fields: [] });
  }

  /** Whether somebody is typing a figure of this very item: then it must not be replaced under their fingers. */
  isBusy(item) {
    return Boolean(item) && item.item_id === this.item?.item_id && this.fields.some(({ value }) => value.trim() !== "");
  }

  /** `known` is `{place, unsent, mine(line), expected}`. */
  show(item, known) {
    this.item = item;
    const largestFirst = [...item.units.slice(1), item.units[0]];
    this.fields = largestFirst.map((unit) => this.#field(unit));
    this.isPressed = false;
    const press = (event) => (this.isPressed = event.detail > 0 || document.activeElement === this.save);
    this.save = h("button", { class: "primary", id: "save", onclick: press }, "Count");
    this.problem = h("p", { class: "problem", role: "alert", hidden: true });
    this.container.replaceChildren(
      h(
        "form",
        { class: "item-bench", autocomplete: "off", novalidate: true, onsubmit: (event) => this.#submit(event) },
        h("p", { class: "soft small" }, [known.place, item.area.name].filter(Boolean).join(" · ")),
        h("h2", { id: "item-name" }, item.product.name),
        this.#about(known),
        this.#soFar(known),
        h("div", { class: "units" }, this.fields.map((field) => h("label", {}, unitName(field.name), field))),
        this.problem,
        h(
          "div",
          { class: "moves" },
          this.save,
          h("button", { type: "button", "aria-label": "Previous item", onclick: () => this.onNext(-1) }, "‹"),
          h("button", { type: "button", "aria-label": "Skip this item", onclick: () => this.onNext(1) }, "›"),
        ),
      ),
    );
    this.#nameButton();
    this.fields[0].focus({ preventScroll: true });
  }

  #field(unit) {
    return h("input", { name: unit, inputmode: "decimal", maxlength: 16, oninput: () => this.#nameButton() });
  }

  #about({ expected }) {
    const { item } = this;
    const parts = [];
    if (expected !== null && expected !== undefined) parts.push(`${quantity(expected, item.unit)} expected`);
    if (item.is_recount_due) parts.push("count again");
    return parts.length ? h("p", { class: "soft about" }, parts.join(" · ")) : "";
  }

  #soFar({ unsent, mine }) {
    const lines = this.item.lines.filter((line) => !line.is_withdrawn && line.round === this.item.round);
    if (!lines.length && !unsent.length) return "";
    const stored = lines.map((line) =>
      h(
        "li",
        {},
        h("span", {}, icon("ok"), ` ${entriesText(line.entries)} · ${moment(line.counted_at)}`),
        mine(line) ? h("button", { type: "button", onclick: () => this.onWithdraw(line) }, "Take back") : "",
      ),
    );
    const kept = unsent.map(({ label }) => h("li", {}, h("span", {}, icon("unsent"), ` ${label.text}, not sent yet`)));
    return h("ul", { class: "lines-so-far", "aria-label": "Counted so far" }, stored, kept);
  }

  /** The fields that were filled as entries, or null where one of them is no quantity. */
  #entries() {
    const filled = this.fields.filter(({ value }) => value.trim() !== "");
    const entries = filled.map(({ name, value }) => ({ quantity: typed(value), unit: name }));
    return entries.every(({ quantity: amount }) => amount !== null && compare(amount, "0") >= 0) ? entries : null;
  }

  #nameButton() {
    const entries = this.#entries();
    if (entries === null) this.save.textContent = "Count";
    else if (entries.length === 0) this.save.textContent = "None there: count 0";
    else this.save.textContent = `Count ${entriesText(entries)}`;
  }

  #submit(event) {
    event.preventDefault();
    const entries = this.#entries();
    if (entries === null) return this.#complain("Type quantities such as 2 or 1.5.");
    // Nothing typed is no count: only the button itself, pressed on purpose, says that there is none.
    if (entries.length === 0 && !this.isPressed) return this.save.focus();
    const said = entries.length ? entries : [{ quantity: "0", unit: this.item.unit }];
    for (const field of this.fields) field.value = "";
    return this.onCount(this.item, said, entriesText(said));
  }

  #complain(text) {
    this.problem.textContent = text;
    this.problem.hidden = false;
  }
}
