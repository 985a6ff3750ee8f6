// Ids are made where the fact is captured: a UUIDv7 is in time's order and is the key under which the fact is known for ever.

let last = 0n;

/** A UUIDv7; two made in one millisecond by this page still sort in the order they were made. */
export function uuid7(now = Date.now()) {
  const random = crypto.getRandomValues(new Uint8Array(10));
  const counter = BigInt(((random[0] & 0x07) << 8) | random[1]); // room to count up without leaving twelve bits
  let head = (BigInt(now) << 12n) | counter;
  if (head <= last) head = last + 1n;
  last = head;
  const hex = (number, width) => number.toString(16).padStart(width, "0");
  const time = hex(head >> 12n, 12);
  const tail = [...random.slice(2)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const variant = ((random[2] & 0x3f) | 0x80).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(head & 0xfffn, 3)}-${variant}${tail.slice(2, 4)}-${tail.slice(4)}`;
}

const DEVICE = "stockpot.device";

/** The name of this browser on this device; it orders the device's scans and says nothing about the person. */
export function deviceId() {
  let id = localStorage.getItem(DEVICE);
  if (!id) {
    id = `web-${uuid7().slice(-12)}`;
    localStorage.setItem(DEVICE, id);
  }
  return id;
}
