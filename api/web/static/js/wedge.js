// A keyboard-wedge scanner types like a keyboard, only faster. A burst that is fast enough, long enough and ends with Enter,
// Tab or a pause is a scan; anything slower is a person typing and is left alone.

const GS = "\u001d";

/** Whether the digits end with the check digit of a GTIN-8, -12, -13 or -14. */
export function isGtin(text) {
  if (!/^(\d{8}|\d{12,14})$/.test(text)) return false;
  const sum = [...text].reverse().reduce((total, digit, index) => total + Number(digit) * (index % 2 ? 3 : 1), 0);
  return sum % 10 === 0;
}

const isSeparator = (event) =>
  event.key === GS || event.key === "F8" || (event.ctrlKey && (event.code === "BracketRight" || event.key === "]"));

const digitOf = (event) => /^(?:Digit|Numpad)(\d)$/.exec(event.code)?.[1] ?? "?";

/** Collects key presses into bursts; knows nothing of the page. Times are milliseconds, as `event.timeStamp` gives them. */
export class Burst {
  constructor({ gapMs = 35, minimum = 4 } = {}) {
    this.gapMs = gapMs;
    this.minimum = minimum;
    this.clear();
  }

  clear() {
    this.text = "";
    this.digits = "";
    this.first = 0;
    this.last = 0;
  }

  /** Whether a key at `at` would still belong to the burst; one slow key is forgiven, a scanner may stall. */
  continues(at) {
    return this.text !== "" && at - this.last <= this.gapMs * 3;
  }

  push(character, digit, at) {
    if (!this.continues(at)) {
      this.clear();
      this.first = at;
    }
    this.text += character;
    this.digits += digit;
    this.last = at;
  }

  /** The scanned code, or null where a person typed; the burst is empty afterwards. */
  take() {
    const { text, digits, first, last } = this;
    this.clear();
    const keys = text.length;
    if (keys < this.minimum || (last - first) / (keys - 1) > this.gapMs) return null;
    // A scanner set to another layout types letters for digits (AZERTY): believe the keys when only they make a valid code.
    return !isGtin(text) && isGtin(digits) ? digits : text;
  }
}

/** Call `onCode` for each scan typed anywhere in `target`; a field that was focused gets back what it held before. */
export function listen(target, onCode, options) {
  const burst = new Burst(options);
  let field = null;
  let before = "";
  let timer = 0;

  const finish = () => {
    clearTimeout(timer);
    const code = burst.take();
    if (code === null) return false;
    if (field) {
      field.value = before;
      field.dispatchEvent(new Event("input", { bubbles: true })); // whoever listens to the field has heard the burst
    }
    onCode(code);
    return true;
  };

  const onKey = (event) => {
    if (event.isComposing) return;
    if (event.key === "Enter" || event.key === "Tab") {
      if (burst.continues(event.timeStamp) && finish()) {
        event.preventDefault();
        event.stopImmediatePropagation();
      }
      return;
    }
    const separator = isSeparator(event);
    if (!separator && (event.key.length !== 1 || event.ctrlKey || event.metaKey || event.altKey)) return;
    if (!burst.continues(event.timeStamp)) {
      const focused = document.activeElement;
      field = focused && "value" in focused && focused.tagName === "INPUT" ? focused : null;
      before = field?.value ?? "";
    }
    burst.push(separator ? GS : event.key, digitOf(event), event.timeStamp);
    if (separator) event.preventDefault();
    clearTimeout(timer);
    timer = setTimeout(finish, burst.gapMs * 3);
  };

  target.addEventListener("keydown", onKey, true);
  return () => target.removeEventListener("keydown", onKey, true);
}
