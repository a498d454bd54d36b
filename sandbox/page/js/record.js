/** Recording: what is said from now on, saved as a file that `python -m sandbox play` reads. */

import { call } from "./api.js";
import { h } from "./dom.js";
import { attempt, toast } from "./toast.js";

/** @param {import("./store.js").Store} store */
export async function toggleRecording(store) {
  if (!store.recording) {
    if (await attempt(() => call("record", { on: true }))) toast("Recording. Press Save when the conversation is over.");
    return;
  }
  const scenario = await attempt(() => call("record", { on: false }));
  if (!scenario) return;
  const file = new Blob([JSON.stringify(scenario, null, 2)], { type: "application/json" });
  const url = URL.createObjectURL(file);
  h("a", { href: url, download: "scenario.json" }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
  toast(`Saved ${scenario.steps.length} steps. Play them: python -m sandbox play scenario.json`);
}
