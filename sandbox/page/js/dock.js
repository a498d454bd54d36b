/** The tools below the panes: what breaks things, and the log of what the bot does. */

import { breakIt } from "./breakit.js";
import { h, iconButton } from "./dom.js";
import { log } from "./log.js";

export class Dock {
  /** @param {import("./store.js").Store} store */
  constructor(store) {
    this.element = document.getElementById("dock");
    this.changed = () => {};
    const close = iconButton("close", "Close the tools", () => this.close());
    this.parts = { break: breakIt(store), log: log(store) };
    for (const part of Object.values(this.parts)) part.hidden = true;
    this.element.replaceChildren(h("div", { class: "dock-row" }, this.parts.break, this.parts.log), close);
    this.element.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close();
    });
  }

  shows(name) {
    return !this.element.hidden && !this.parts[name].hidden;
  }

  /** What is broken shows its effect in the log, so that comes along. */
  toggle(name) {
    const shown = this.shows(name);
    if (name === "break" && !shown) this.parts.log.hidden = false;
    this.parts[name].hidden = shown;
    this.element.hidden = Object.values(this.parts).every((part) => part.hidden);
    if (!shown) this.parts[name].querySelector("button, input, select")?.focus();
    this.changed();
  }

  close() {
    for (const part of Object.values(this.parts)) part.hidden = true;
    this.element.hidden = true;
    this.changed();
    document.querySelector(".tool")?.focus();
  }
}
