// One small plot: how much was there after each movement, the newest at the right.

import { svg } from "./dom.js";
import { compare, quantity, subtract } from "./numbers.js";

const [HEIGHT, PAD] = [150, 8];

/** Balances after each movement, oldest first, worked back from what is on hand now; `delta(movement)` is signed. */
export function balances(onHand, movements, delta) {
  const points = [];
  let level = onHand;
  for (const movement of movements) {
    points.push({ at: Date.parse(movement.occurred_at), level });
    level = subtract(level, delta(movement));
  }
  if (movements.length) points.push({ at: Date.parse(movements.at(-1).occurred_at) - 1, level });
  return points.reverse();
}

/** A step line of `points` `{at, level}` with the reorder point, drawn for `width` pixels. Only here do decimals become floats: they place pixels. */
export function stepPlot(points, { unit, reorderPoint, width, now = Date.now() }) {
  const levels = points.map((point) => Number(point.level));
  const line = reorderPoint === null ? [] : [Number(reorderPoint)];
  const top = Math.max(...levels, ...line, 1e-9);
  const bottom = Math.min(...levels, 0);
  const start = points[0].at;
  const x = (at) => PAD + ((at - start) / Math.max(now - start, 1)) * (width - 2 * PAD);
  const y = (level) => HEIGHT - PAD - ((level - bottom) / (top - bottom)) * (HEIGHT - 3 * PAD);
  const steps = points.map(({ at, level }, index) =>
    index ? `H${x(at)}V${y(Number(level))}` : `M${x(at)} ${y(Number(level))}`,
  );
  const path = `${steps.join("")}H${x(now)}`;
  const highest = points.reduce((best, { level }) => (compare(level, best) > 0 ? level : best), points[0].level);
  const children = [
    svg("path", { class: "plot-area", d: `${path}V${y(0)}H${x(start)}Z` }),
    svg("line", { class: "plot-zero", x1: PAD, x2: width - PAD, y1: y(0), y2: y(0) }),
    svg("path", { class: "plot-line", d: path }),
    svg("text", { x: PAD, y: 12 }, `most ${quantity(highest, unit)}`),
  ];
  for (const level of line) {
    children.push(svg("line", { class: "plot-reorder", x1: PAD, x2: width - PAD, y1: y(level), y2: y(level) }));
    children.push(
      svg(
        "text",
        { x: width - PAD, y: y(level) - 5, "text-anchor": "end" },
        `reorder at ${quantity(reorderPoint, unit)}`,
      ),
    );
  }
  const label = `On hand over the movements shown, now ${quantity(points.at(-1).level, unit)}`;
  return svg("svg", { class: "plot", viewBox: `0 0 ${width} ${HEIGHT}`, role: "img", "aria-label": label }, children);
}
