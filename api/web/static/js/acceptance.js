// A camera misreads: of 210 photographs, three gave a false code with a right check digit. So a code counts only after equal
// reads, two in general and three for the symbologies that carry little redundancy, and once per appearance.

const WEAK = /^(ean8|upce|itf)/i;

export const readsNeeded = (format) => (WEAK.test(format) ? 3 : 2);

export class Acceptance {
  /** A code may count again after it was out of sight for `rearmMs`. */
  constructor(rearmMs = 1200) {
    this.rearmMs = rearmMs;
    this.seen = new Map();
  }

  /** Offer one frame's reads `{text, format}` at a time in milliseconds; gives those that now count. */
  offer(reads, now) {
    for (const [key, entry] of this.seen) if (now - entry.last > this.rearmMs) this.seen.delete(key);
    const accepted = [];
    for (const read of reads) {
      const key = `${read.format} ${read.text}`;
      const entry = this.seen.get(key) ?? { reads: 0, accepted: false };
      entry.reads += 1;
      entry.last = now;
      this.seen.set(key, entry);
      if (!entry.accepted && entry.reads >= readsNeeded(read.format)) {
        entry.accepted = true;
        accepted.push(read);
      }
    }
    return accepted;
  }
}
