// One at a time across all tabs of this browser. Web Locks exist only in a secure context: elsewhere one at a time in this tab.

/** Held while scans are sent, taken back, or somebody logs in. */
export const SENDING = "stockpot-sending";

const here = new Map();

/** Run `work` while no other tab runs under the same name. */
export function exclusive(name, work) {
  if (navigator.locks) return navigator.locks.request(name, work);
  const before = here.get(name) ?? Promise.resolve();
  const run = before.then(work, work);
  here.set(
    name,
    run.catch(() => {}),
  );
  return run;
}
