// The camera: a stream in a video element, one frame at a time to the decoder, the light where the device has one.

import { Acceptance } from "./acceptance.js";
import { openDecoder } from "./decoder.js";

const WANTED = {
  audio: false,
  video: { facingMode: { ideal: "environment" }, width: { ideal: 1280 }, height: { ideal: 720 } },
};

/** Why there is no camera, in words for the person who wants one. */
export function cameraTrouble(error) {
  if (!navigator.mediaDevices)
    return "This address is not secure (https), so the browser offers no camera. Type the code, or use a scanner.";
  if (error.name === "NotAllowedError")
    return "The camera is not allowed. Allow it in the browser's settings for this page, or type the code.";
  if (error.name === "NotFoundError") return "There is no camera. Type the code, or use a scanner.";
  if (error.name === "NotReadableError")
    return "Another program uses the camera. Close it and start again, or type the code.";
  return "The camera did not start. Type the code, or use a scanner.";
}

export class Camera {
  /** `onCode({text, format})` is called for each code that was read often enough. */
  constructor(video, { decoder, onCode }) {
    this.video = video;
    this.preferred = decoder;
    this.onCode = onCode;
    this.acceptance = new Acceptance();
    this.running = false;
  }

  async start() {
    const stream = await navigator.mediaDevices.getUserMedia(WANTED);
    this.video.srcObject = stream;
    this.track = stream.getVideoTracks()[0];
    await this.video.play();
    this.decoder ??= await openDecoder(this.preferred);
    this.running = true;
    this.#loop();
  }

  stop() {
    this.running = false;
    this.track?.stop();
    this.video.srcObject = null;
  }

  get hasTorch() {
    return Boolean(this.track?.getCapabilities?.().torch);
  }

  async torch(on) {
    await this.track.applyConstraints({ advanced: [{ torch: on }] });
  }

  #nextFrame() {
    return new Promise((resolve) => {
      if (this.video.requestVideoFrameCallback) this.video.requestVideoFrameCallback(resolve);
      else setTimeout(resolve, 50);
    });
  }

  async #loop() {
    while (this.running) {
      await this.#nextFrame();
      if (!this.running || document.hidden || !this.video.videoWidth) continue;
      try {
        const reads = await this.decoder.decode(await createImageBitmap(this.video));
        for (const read of this.acceptance.offer(reads, performance.now())) this.onCode(read);
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 1000)); // a lost frame is nothing; a lost connection comes back
      }
    }
  }
}
