// Classic worker: decodes one frame at a time with the wasm build that lies beside it on our own origin.
/* global ZXingWASM */
const vendor = new URL("../vendor/", self.location.href);
importScripts(new URL("zxing-reader.js", vendor).href);

const ready = ZXingWASM.prepareZXingModule({
  overrides: { locateFile: (file) => new URL(file, vendor).href },
  fireImmediately: true,
});
ready.then(
  () => postMessage({ ready: true }),
  (error) => postMessage({ failed: String(error) }),
);

const FORMATS = ["EANUPC", "Code128", "ITF", "DataBar", "DataMatrix", "QRCode"];
const QUICK = { tryHarder: false, tryRotate: false, tryInvert: false, tryDownscale: false };
const THOROUGH = { tryHarder: true, tryRotate: true, tryInvert: true, tryDownscale: true };

// Most frames get a quick look at the middle, where people aim; every fourth is searched whole, turned and inverted.
const LOOKS = [
  { part: 0.6, options: QUICK },
  { part: 0.6, options: { ...QUICK, tryHarder: true, tryRotate: true } },
  { part: 1, options: QUICK },
  { part: 1, options: THOROUGH },
];

let canvas = new OffscreenCanvas(1, 1);
let turn = 0;

function pixels(bitmap, part) {
  const [width, height] = [Math.round(bitmap.width * part), Math.round(bitmap.height * part)];
  if (canvas.width < width || canvas.height < height) canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const [left, top] = [(bitmap.width - width) >> 1, (bitmap.height - height) >> 1];
  context.drawImage(bitmap, left, top, width, height, 0, 0, width, height);
  bitmap.close();
  return context.getImageData(0, 0, width, height);
}

/** A GS1 code keeps its symbology identifier in front, so that the service reads it as an element string. */
const read = ({ text, format, contentType, symbologyIdentifier }) => ({
  text: contentType === "GS1" ? symbologyIdentifier + text : text,
  format,
});

// Now and then bars between pixels read as another retail code too: such a frame tells neither, the next one does.
const MISTAKEN = new Set(["EAN13", "EAN-13", "EAN8", "EAN-8", "UPCA", "UPC-A"]);

function box({ position }) {
  const points = Object.values(position).filter((point) => point && typeof point.x === "number");
  const [across, down] = [points.map(({ x }) => x), points.map(({ y }) => y)];
  return { left: Math.min(...across), right: Math.max(...across), top: Math.min(...down), bottom: Math.max(...down) };
}

function middleIsIn(one, other) {
  const [a, b] = [box(one), box(other)];
  const [x, y] = [(a.left + a.right) / 2, (a.top + a.bottom) / 2];
  return x >= b.left - 2 && x <= b.right + 2 && y >= b.top - 2 && y <= b.bottom + 2;
}

const isDoubtful = (one, all) =>
  MISTAKEN.has(one.format) &&
  all.some(
    (other) =>
      other.text !== one.text && MISTAKEN.has(other.format) && (middleIsIn(one, other) || middleIsIn(other, one)),
  );

self.onmessage = async ({ data: bitmap }) => {
  await ready;
  const look = LOOKS[turn++ % LOOKS.length];
  const found = await ZXingWASM.readBarcodes(pixels(bitmap, look.part), {
    formats: FORMATS,
    textMode: "Plain",
    maxNumberOfSymbols: 4,
    ...look.options,
  });
  postMessage({ reads: found.filter((one) => !isDoubtful(one, found)).map(read) });
};
