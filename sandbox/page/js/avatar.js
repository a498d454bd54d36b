/** A round picture with initials. */

import { h } from "./dom.js";
import { initials, nameOf, tint } from "./words.js";

/** @param {{id: number, first_name?: string, title?: string, is_bot?: boolean}} who */
export function avatar(who, more = "") {
  const props = { class: `avatar tint-${tint(who.id)} ${more}`, "aria-hidden": "true" };
  return h("span", props, initials(nameOf(who)));
}
