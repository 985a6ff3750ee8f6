// Quantities and money are decimal strings from end to end: here they are added, scaled and shown with BigInt, never as floats.

const PLAIN = /^([+-]?)(\d+)(?:\.(\d*))?$/;

/** What a person typed, as a plain decimal string, or null: "1,5" and " 1.50 " are 1.5 to a cook on either keyboard. */
export function typed(text) {
  const plain = text.trim().replace(/^([+-]?\d+),(\d+)$/, "$1.$2");
  if (!PLAIN.test(plain) && !/^[+-]?\.\d+$/.test(plain)) return null;
  return trim(plain.replace(/^([+-]?)\./, "$10."));
}

function parse(text) {
  const match = PLAIN.exec(String(text));
  if (!match) throw new RangeError(`not a plain decimal: ${text}`);
  const [, sign, whole, part = ""] = match;
  const units = BigInt(whole + part);
  return { units: sign === "-" ? -units : units, scale: part.length };
}

function print({ units, scale }) {
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, "0");
  const cut = digits.length - scale;
  const text = scale ? `${digits.slice(0, cut)}.${digits.slice(cut)}` : digits;
  return units < 0n ? `-${text}` : text;
}

const aligned = (a, b) => {
  const [x, y] = [parse(a), parse(b)];
  const scale = Math.max(x.scale, y.scale);
  const raise = (n) => n.units * 10n ** BigInt(scale - n.scale);
  return [raise(x), raise(y), scale];
};

/** The same number without a plus sign, leading zeros or zeros at the end of its fraction. */
export function trim(text) {
  const plain = print(parse(text));
  return plain.includes(".") ? plain.replace(/\.?0+$/, "").replace(/^-0$/, "0") : plain;
}

export function add(a, b) {
  const [x, y, scale] = aligned(a, b);
  return trim(print({ units: x + y, scale }));
}

export function subtract(a, b) {
  const [x, y, scale] = aligned(a, b);
  return trim(print({ units: x - y, scale }));
}

export function multiply(a, b) {
  const [x, y] = [parse(a), parse(b)];
  return trim(print({ units: x.units * y.units, scale: x.scale + y.scale }));
}

/** -1, 0 or 1. */
export function compare(a, b) {
  const [x, y] = aligned(a, b);
  return x < y ? -1 : x > y ? 1 : 0;
}

export const isPositive = (text) => compare(text, "0") > 0;

/** Half away from zero, to at most `places` decimals. */
export function round(text, places) {
  const { units, scale } = parse(text);
  if (scale <= places) return trim(text);
  const step = 10n ** BigInt(scale - places);
  const size = units < 0n ? -units : units;
  const rounded = (size + step / 2n) / step;
  return trim(print({ units: units < 0n ? -rounded : rounded, scale: places }));
}

/** With a comma between thousands and a true minus sign. */
export function group(text) {
  const [whole, part] = text.replace("-", "").split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return (text.startsWith("-") ? "−" : "") + grouped + (part ? `.${part}` : "");
}

/** Shift the decimal point `places` to the left. */
function shift(text, places) {
  const { units, scale } = parse(text);
  return trim(print({ units, scale: scale + places }));
}

const LARGER = { g: ["kg", 3], ml: ["l", 3] };

/** The units a person may type for a product kept in `unit`, the handiest first, with what one of them is in `unit`. */
export function typeable(unit) {
  const larger = LARGER[unit];
  return larger
    ? [
        { unit: larger[0], factor: `1${"0".repeat(larger[1])}` },
        { unit, factor: "1" },
      ]
    : [{ unit, factor: "1" }];
}

/**
 * A quantity as a cook says it: 41250 g is {value: "41.25", unit: "kg"}, 800 g stays grams, 6 each are 6 pcs.
 * At most three decimals are shown.
 */
export function spoken(quantity, unit) {
  const larger = LARGER[unit];
  const inLarger = larger && compare(quantity.replace(/^-/, ""), "1000") >= 0;
  const value = group(round(inLarger ? shift(quantity, larger[1]) : quantity, 3));
  if (unit === "each") return { value, unit: value === "1" ? "pc" : "pcs" };
  return { value, unit: inLarger ? larger[0] : unit };
}

/** "41.25 kg"; whatever cannot be read is shown as it came. */
export function quantity(amount, unit) {
  if (amount === null || amount === undefined) return "–";
  try {
    const { value, unit: word } = spoken(String(amount), unit);
    return word ? `${value}\u00a0${word}` : value;
  } catch {
    return `${amount} ${unit ?? ""}`.trim();
  }
}

const SIGNS = { USD: "$", EUR: "€", GBP: "£" };

/** "$1,234.50": two decimals at least, four where a unit's cost is smaller than a cent. */
export function money(amount, currency) {
  if (amount === null || amount === undefined) return "–";
  let text;
  try {
    const small = compare(amount.replace(/^-/, ""), "0.1") < 0 && trim(amount) !== "0";
    const [whole, part = ""] = round(amount, small ? 4 : 2).split(".");
    text = group(`${whole}.${part.padEnd(2, "0")}`);
  } catch {
    text = String(amount);
  }
  const sign = SIGNS[currency];
  if (!sign) return `${text}\u00a0${currency ?? ""}`.trim();
  return text.startsWith("−") ? `−${sign}${text.slice(1)}` : sign + text;
}
