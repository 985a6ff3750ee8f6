// Runs of the pipeline that failed, for whoever looks after the whole house; nothing is shown while there are none.

import { h, icon } from "./dom.js";
import { List } from "./list.js";
import { moment } from "./moments.js";

const COLUMNS = [{ title: "Job" }, { title: "What" }, { title: "Why" }, { title: "Since" }, { title: "" }];

const state = ({ resolved_at: over }) =>
  over
    ? h("span", { class: "tag leaf" }, icon("ok"), "over")
    : h("span", { class: "tag beet" }, icon("error"), "Run failed");

/** The step and its error; what is over says when. */
function why({ step, error, resolved_at: over }) {
  return [
    step && h("b", {}, step, ": "),
    error,
    over && h("span", { class: "soft small" }, ` A later run succeeded: ${moment(over)}.`),
  ].filter(Boolean);
}

function row(failure) {
  const link = failure.url
    ? h(
        "a",
        { class: "button", href: failure.url, rel: "noopener", "aria-label": `Open the run of ${failure.job}` },
        "Open the run",
      )
    : "";
  return h(
    "tr",
    {},
    h("th", { scope: "row", class: "whole" }, failure.job),
    h("td", { class: "whole" }, state(failure)),
    h("td", { class: "whole long" }, why(failure)),
    h("td", { class: "soft small" }, moment(failure.failed_at)),
    h("td", { class: "whole actions acts" }, link),
  );
}

/** A list in `section`, which holds a heading, a sentence and a place for the rows, and is hidden while it is empty. */
export function failedRuns(section) {
  const list = new List(section.querySelector(".rows"), {
    path: "/api/alerts/pipeline",
    noun: "failed runs",
    columns: COLUMNS,
    row,
    empty: () => "",
    quiet: true,
  });
  const load = async (filters) => {
    await list.load(filters);
    section.hidden = !list.container.hasChildNodes();
  };
  return { load };
}
