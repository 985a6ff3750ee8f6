// An invoice that asks another price than goods were booked with: what it adds counts from the day on which they came.

import { call, Problem } from "./api.js";
import { $, confirmed, h, tableHead } from "./dom.js";
import { uuid7 } from "./ids.js";
import { moment } from "./moments.js";
import { add, compare, money, multiply, subtract, trim, typed } from "./numbers.js";

const NUMBERS = new Set(["Packs", "Booked at", "Adds"]);
const costs = (receipt) => receipt.invoiced_price ?? receipt.price;

/** Whether anything came whose price an invoice could differ from. */
export const canBeInvoiced = (order) => order.lines.some((line) => line.receipts.length > 0);

/** What the invoices entered so far added to a line's cost. */
export const addedByInvoices = (line) =>
  line.receipts.reduce((sum, one) => add(sum, multiply(one.packs, subtract(costs(one), one.price))), "0");

/** "11.60": as an invoice prints it; a fraction of a cent keeps its digits. */
function printed(price) {
  const [whole, part = ""] = trim(price).split(".");
  return `${whole}.${part.padEnd(2, "0")}`;
}

/** What one receipt costs more by the price that was typed. */
const differenceOf = ({ receipt, price }) => multiply(receipt.packs, subtract(price, costs(receipt)));

/** "$12.00 more", "$3.10 less" or "nothing". */
export function differenceText(amount, currency) {
  const sign = compare(amount, "0");
  if (sign === 0) return "nothing";
  return sign > 0 ? `${money(amount, currency)} more` : `${money(amount.replace("-", ""), currency)} less`;
}

/**
 * The form for an order's invoice: `content()` is what to show, `book()` sends it and gives the order as it is then, or
 * null where nothing differs. A row keeps its id while its price stays the same, so a second send adds nothing.
 */
export class Invoice {
  constructor(order, cancel) {
    this.order = order;
    this.cancel = cancel;
    this.reference = "";
    this.rows = order.lines.flatMap((line) =>
      line.receipts.map((receipt) => ({ line, receipt, price: costs(receipt), id: uuid7() })),
    );
  }

  differing() {
    return this.rows.filter((row) => compare(row.price, costs(row.receipt)) !== 0);
  }

  async book() {
    const receipts = this.differing().map(({ receipt, price, id }) => ({
      receipt_id: receipt.id,
      correction_id: id,
      price,
    }));
    if (!receipts.length) return null;
    const body = { reference: this.reference, receipts };
    const path = `/api/purchase-orders/${this.order.id}/invoiced-prices`;
    try {
      return await call("POST", path, { body });
    } catch (error) {
      if (!(error instanceof Problem && error.code === "period_locked")) throw error;
      const today = "Book it as of today";
      if (!(await confirmed("The books are closed for that day", error.message, today))) throw error;
      return await call("POST", path, { body: { ...body, occurred_at: new Date().toISOString() } });
    }
  }

  content() {
    const titles = ["Item", "Came", "Packs", "Booked at", "The invoice asks", "Adds"];
    const number = h("input", {
      id: "invoice-number",
      value: this.reference,
      maxlength: 100,
      required: true,
      autocomplete: "off",
      oninput: () => (this.reference = number.value.trim()),
    });
    return [
      h("h2", { id: "invoice-title" }, "What the invoice asks per pack"),
      h(
        "div",
        { class: "field" },
        h("label", { for: "invoice-number" }, "Invoice number"),
        number,
      ),
      h(
        "table",
        { class: "table", "aria-labelledby": "invoice-title" },
        tableHead(titles, NUMBERS),
        h(
          "tbody",
          {},
          this.rows.map((row) => this.row(row)),
        ),
      ),
    ];
  }

  acts() {
    const book = h("button", { class: "primary", id: "invoice-button" }, "Book what differs");
    return [book, h("button", { type: "button", onclick: this.cancel }, "Not now")];
  }

  row(row) {
    const { line, receipt } = row;
    const adds = () => differenceText(differenceOf(row), this.order.currency);
    const added = h("td", { class: "number", "data-label": "Adds" }, adds());
    const change = () => {
      const price = typed(input.value);
      const next = price !== null && compare(price, "0") >= 0 ? price : row.price;
      if (compare(next, row.price) !== 0) row.id = uuid7();
      row.price = next;
      input.value = printed(next);
      added.textContent = adds();
      this.nameButton();
    };
    const input = h("input", {
      inputmode: "decimal",
      value: printed(row.price),
      maxlength: 16,
      "aria-label": `Price of a pack of ${line.product.name} that came ${moment(receipt.occurred_at)}`,
      onchange: change,
      onfocus: () => input.select(),
    });
    return h(
      "tr",
      {},
      h("th", { scope: "row", class: "whole" }, line.product.name),
      h("td", { class: "soft small", "data-label": "Came" }, moment(receipt.occurred_at)),
      h("td", { class: "number", "data-label": "Packs" }, trim(receipt.packs)),
      h("td", { class: "number", "data-label": "Booked at" }, money(costs(receipt), this.order.currency)),
      h("td", { class: "whole actions", "data-label": "The invoice asks" }, input),
      added,
    );
  }

  nameButton() {
    const total = this.differing().reduce((sum, row) => add(sum, differenceOf(row)), "0");
    const text = differenceText(total, this.order.currency);
    $("invoice-button").textContent = this.differing().length ? `Book ${text}` : "Book what differs";
  }
}
