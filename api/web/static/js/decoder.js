// Two ways from a frame to codes: zxing-wasm in a worker, or, where the wasm is missing or will not start, the server.

import { call } from "./api.js";
import { scriptUrl } from "./trusted.js";

/** Decodes in a worker; `decode(bitmap)` resolves to `[{text, format}]`. One frame at a time. */
class WorkerDecoder {
  constructor(worker) {
    this.name = "wasm";
    this.worker = worker;
  }

  decode(bitmap) {
    return new Promise((resolve, reject) => {
      this.worker.onmessage = ({ data }) => resolve(data.reads ?? []);
      this.worker.onerror = () => reject(new Error("the decoder stopped"));
      this.worker.postMessage(bitmap, [bitmap]);
    });
  }

  close() {
    this.worker.terminate();
  }
}

function startWorker() {
  return new Promise((resolve, reject) => {
    const worker = new Worker(scriptUrl(new URL("./decode-worker.js", import.meta.url)));
    const fail = (why) => (clearTimeout(timer), worker.terminate(), reject(new Error(why)));
    const timer = setTimeout(() => fail("the decoder did not start"), 20000);
    worker.onerror = (event) => fail(event.message || "the decoder did not start");
    worker.onmessage = ({ data }) => {
      clearTimeout(timer);
      if (data.ready) resolve(new WorkerDecoder(worker));
      else fail(data.failed);
    };
  });
}

/** Sends a JPEG of at most 1280 pixels' width to the service, at most three a second. */
class ServerDecoder {
  constructor() {
    this.name = "server";
    this.next = 0;
  }

  async decode(bitmap) {
    const blob = await this.#jpeg(bitmap);
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, this.next - performance.now())));
    this.next = performance.now() + 330;
    const form = new FormData();
    form.append("image", blob, "frame.jpg");
    const answer = await call("POST", "/api/scans/decode", { form });
    return answer.codes.map(({ code, symbology }) => ({ text: code, format: symbology }));
  }

  async #jpeg(bitmap) {
    const scale = Math.min(1, 1280 / bitmap.width);
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [Math.round(bitmap.width * scale), Math.round(bitmap.height * scale)];
    canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    bitmap.close();
    return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.7));
  }

  close() {}
}

/** The best decoder there is; `preferred` is what the server knows to be installed. */
export async function openDecoder(preferred) {
  if (preferred === "wasm" && typeof WebAssembly === "object" && typeof OffscreenCanvas === "function") {
    try {
      return await startWorker();
    } catch {
      return new ServerDecoder();
    }
  }
  return new ServerDecoder();
}
