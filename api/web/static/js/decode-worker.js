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

self.onmessage = async ({ data: bitmap }) => {
  await ready;
  const look = LOOKS[turn++ % LOOKS.length];
  const found = await ZXingWASM.readBarcodes(pixels(bitmap, look.part), {
    formats: FORMATS,
    textMode: "Plain",
    maxNumberOfSymbols: 4,
    ...look.options,
  });
  postMessage({ reads: found.map(read) });
};
