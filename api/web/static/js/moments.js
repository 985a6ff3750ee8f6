// Times come in UTC and are shown in the time of this device.

const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short" });
const DATE = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });

const sameDay = (a, b) => a.toDateString() === b.toDateString();

/** "14:05" today, "Tue 17 Nov, 14:05" this year, else with the year. */
export function moment(text, now = new Date()) {
  if (!text) return "–";
  const at = new Date(text);
  if (sameDay(at, now)) return CLOCK.format(at);
  return `${(at.getFullYear() === now.getFullYear() ? DAY : DATE).format(at)}, ${CLOCK.format(at)}`;
}

/** A calendar day such as "2026-11-24", which has no time zone. */
export function day(text) {
  if (!text) return "–";
  const [year, month, date] = text.split("-").map(Number);
  return DAY.format(new Date(year, month - 1, date));
}
