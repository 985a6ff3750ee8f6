// A list in all its states: loading (skeleton), empty, error, without a connection, and page after page.

import { call, goToLogIn, Problem, query, SignedOut } from "./api.js";
import { announce, h, icon } from "./dom.js";

const skeleton = () =>
  h("div", { class: "skeleton", "aria-hidden": "true" }, ...Array.from({ length: 6 }, () => h("i")));

/** What went wrong, why, and the way to try again. */
export function failure(error, again) {
  const offline = error.name === "Unreachable";
  const why = offline
    ? "The service does not answer: check the network. Scanning still works; scans are kept and sent later."
    : error.message;
  return h(
    "div",
    { class: `state ${offline ? "offline" : "error"}`, role: "alert" },
    h("h2", {}, icon(offline ? "offline" : "error"), offline ? " No connection" : " This could not be loaded"),
    h("p", {}, why, error instanceof Problem && error.body.request_id ? ` (request ${error.body.request_id})` : ""),
    h("button", { type: "button", onclick: again }, "Try again"),
  );
}

export class List {
  /**
   * `columns` are `{title, class}`, `row(item)` gives a table row, `empty()` the element for no items at all, `noun` names many.
   * A `quiet` list stands beside another one and does not tell a screen reader how long it is.
   */
  constructor(container, { path, columns, row, empty, noun, quiet = false }) {
    Object.assign(this, { container, path, columns, row, empty, noun, quiet, asked: 0 });
  }

  /** Load the first page with these filters; an answer that comes too late is dropped. */
  async load(filters) {
    this.filters = filters;
    const turn = ++this.asked;
    if (!this.body?.isConnected) this.container.replaceChildren(skeleton());
    this.container.setAttribute("aria-busy", "true");
    try {
      const page = await call("GET", this.path + query(filters));
      if (turn === this.asked) this.#show(page);
    } catch (error) {
      if (turn === this.asked) this.#fail(error);
    }
    if (turn === this.asked) this.container.removeAttribute("aria-busy");
  }

  reload() {
    return this.load(this.filters);
  }

  #show({ items, next_cursor: next }) {
    if (!this.quiet) announce(items.length ? `${items.length}${next ? " or more" : ""} ${this.noun}` : `No ${this.noun}`);
    this.body = null;
    if (!items.length) {
      this.container.replaceChildren(this.empty(this.filters));
      return;
    }
    this.body = h("tbody", {}, items.map(this.row));
    const heads = this.columns.map((column) => h("th", { scope: "col", class: column.class ?? "" }, column.title));
    this.more = h("div", {});
    this.container.replaceChildren(
      h("table", { class: "table" }, h("thead", {}, h("tr", {}, heads)), this.body),
      this.more,
    );
    this.#offerMore(next);
  }

  #offerMore(next) {
    const button = h(
      "button",
      { type: "button", class: "more-rows", onclick: () => this.#loadMore(next, button) },
      "Show more",
    );
    this.more.replaceChildren(...(next ? [button] : []));
  }

  async #loadMore(cursor, button) {
    button.disabled = true;
    const turn = this.asked;
    try {
      const page = await call("GET", this.path + query({ ...this.filters, cursor }));
      if (turn !== this.asked) return;
      this.body.append(...page.items.map(this.row));
      this.#offerMore(page.next_cursor);
    } catch (error) {
      if (turn === this.asked) this.more.replaceChildren(failure(error, () => this.#loadMore(cursor, button)));
    }
  }

  #fail(error) {
    if (error instanceof SignedOut) return goToLogIn("ended");
    this.body = null;
    return this.container.replaceChildren(failure(error, () => this.reload()));
  }
}

/** Wait until typing pauses. */
export function paused(work, milliseconds = 250) {
  let timer = 0;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => work(...values), milliseconds);
  };
}
