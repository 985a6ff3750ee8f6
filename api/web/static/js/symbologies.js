// What the service calls the decoder's formats.

const NAMES = {
  ITF: "itf14",
  QRCode: "qr",
  DataBarOmni: "databar",
  DataBarStk: "databar",
  DataBarStkOmni: "databar",
  DataBarLtd: "databar",
  DataBarExp: "databar_expanded",
  DataBarExpStk: "databar_expanded",
};

/** `EAN13` is `ean13`, `ITF` is `itf14`; the service's own names stay as they are. */
export const symbologyOf = (format) => NAMES[format] ?? (format.toLowerCase() || null);
