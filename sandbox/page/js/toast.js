/** Short words that go by themselves, read out by screen readers. */

import { h } from "./dom.js";

const SHOWN_MS = 5000;

/**
 * @param {string} text
 * @param {"info"|"error"} [kind]
 * @param {Element} [place] where, if it concerns one pane alone
 */
export function toast(text, kind = "info", place = document.getElementById("toasts")) {
  const element = h("div", { class: `toast ${kind}`, dir: "auto" }, text);
  place.append(element);
  setTimeout(() => element.remove(), SHOWN_MS);
}

/** Do something that may be refused, and say so if it is. */
export async function attempt(deed) {
  try {
    return await deed();
  } catch (error) {
    toast(error.message, "error");
    return undefined;
  }
}
