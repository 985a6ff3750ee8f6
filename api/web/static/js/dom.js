// Elements are made, never parsed: what comes from the server is always text, so a product named <script> is only a name.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value" && "value" in element) element.value = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** An HTML element: `h("p", {class: "note"}, "text", h("b", {}, "more"))`; `onclick` and its like take functions. */
export const h = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);

/** A table's head; the titles in `numbers` stand on the right, over their figures. */
export const tableHead = (titles, numbers) =>
  h(
    "thead",
    {},
    h(
      "tr",
      {},
      titles.map((title) => h("th", { scope: "col", class: numbers.has(title) && "number" }, title)),
    ),
  );

/** The same for SVG. */
export const svg = (tag, attributes = {}, ...children) =>
  fill(document.createElementNS(SVG, tag), attributes, children);

/** A symbol of the sprite in the page. */
export const icon = (name) =>
  svg("svg", { class: "icon", "aria-hidden": "true" }, svg("use", { href: `#icon-${name}` }));

export const $ = (id) => document.getElementById(id);

/** Say something to a screen reader without moving the focus. */
export function announce(text) {
  $("announcer").textContent = "";
  setTimeout(() => ($("announcer").textContent = text), 50);
}

/** A sentence at the foot of the page for five seconds. */
export function toast(text) {
  document.querySelector(".toast")?.remove();
  const note = h("p", { class: "toast" }, text);
  document.querySelector("main").append(note);
  announce(text);
  setTimeout(() => note.remove(), 5000);
}

/** Ask once before an act that others will notice; resolves to whether it was confirmed. */
export function confirmed(title, sentence, actName) {
  return new Promise((resolve) => {
    const dialog = h(
      "dialog",
      { "aria-labelledby": "confirm-title", onclose: () => (resolve(dialog.returnValue === "yes"), dialog.remove()) },
      h("h2", { id: "confirm-title" }, title),
      h("p", {}, sentence),
      h(
        "form",
        { method: "dialog" },
        h("button", { value: "yes", class: "danger" }, actName),
        h("button", { value: "no", autofocus: true }, "Go back"),
      ),
    );
    document.body.append(dialog);
    dialog.showModal();
  });
}
