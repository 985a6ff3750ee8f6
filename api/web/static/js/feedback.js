// Ok, unknown and error differ in sound, colour and vibration, so that eyes may stay on the goods. Without sound the flash is longer.

const SIGNALS = {
  ok: { tones: [[1760, 0, 0.09]], buzz: [30] },
  unknown: {
    tones: [
      [520, 0, 0.12],
      [520, 0.2, 0.12],
    ],
    buzz: [60, 80, 60],
  },
  error: { tones: [[170, 0, 0.5]], buzz: [200] },
};

const KEY = "stockpot.sound";
let audio = null;

export const hasSound = () => localStorage.getItem(KEY) !== "off";
export const setSound = (on) => localStorage.setItem(KEY, on ? "on" : "off");

function play(tones) {
  audio ??= new AudioContext();
  if (audio.state === "suspended") audio.resume().catch(() => {});
  for (const [pitch, from, length] of tones) {
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    tone.frequency.value = pitch;
    volume.gain.value = 0.15;
    tone.connect(volume).connect(audio.destination);
    tone.start(audio.currentTime + from);
    tone.stop(audio.currentTime + from + length);
  }
}

/** Signal "ok", "unknown" or "error" on `frame`, the element that lights up. */
export function signal(kind, frame) {
  const { tones, buzz } = SIGNALS[kind];
  if (navigator.userActivation?.hasBeenActive !== false) {
    navigator.vibrate?.(buzz);
    if (hasSound()) play(tones);
  }
  frame.dataset.verdict = kind;
  clearTimeout(signal.timer);
  signal.timer = setTimeout(() => delete frame.dataset.verdict, hasSound() ? 700 : 1500);
}
