/** A voice message from the microphone, where there is one. */

import { ask } from "./dialog.js";
import { attempt } from "./toast.js";

const PART_MS = 250;

export async function hasMicrophone() {
  if (!navigator.mediaDevices || !("MediaRecorder" in window)) return false;
  return (await navigator.mediaDevices.enumerateDevices()).some(({ kind }) => kind === "audioinput");
}

/**
 * Record until the person sends or cancels it.
 * @returns {Promise<{file: File, duration: number}|null>}
 */
export async function record() {
  const stream = await attempt(() => navigator.mediaDevices.getUserMedia({ audio: true }));
  if (!stream) return null;
  const recorder = new MediaRecorder(stream);
  const parts = [];
  const heard = new Promise((resolve) => {
    recorder.addEventListener("dataavailable", ({ data }) => parts.push(data) && data.size && resolve());
  });
  const ended = new Promise((resolve) => recorder.addEventListener("stop", resolve));
  const began = performance.now();
  recorder.start(PART_MS);
  const wanted = await ask("Recording a voice message…", [], "Send");
  if (wanted) await heard; // nobody can play a recording of nothing
  const duration = Math.max(1, Math.round((performance.now() - began) / 1000));
  recorder.stop();
  for (const track of stream.getTracks()) track.stop();
  await ended;
  const name = recorder.mimeType.includes("webm") ? "voice.webm" : "voice.ogg";
  return wanted && { file: new File(parts, name, { type: recorder.mimeType }), duration };
}
