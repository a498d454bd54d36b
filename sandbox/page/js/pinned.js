/** What is pinned, above the messages: a press goes there, the next one to the pin before it. */

import { h, icon, iconButton } from "./dom.js";
import { call } from "./api.js";
import { attempt } from "./toast.js";
import { summary } from "./words.js";

const RIGHT = "can_pin_messages";
const MEMBERS = new Set(["member", "administrator"]);

export class Pinned {
  /** @param {import("./pane.js").Pane} pane */
  constructor(pane) {
    this.pane = pane;
    this.shown = 0;
    this.element = h("div", { class: "pinned", role: "group", "aria-label": "Pinned", hidden: true });
  }

  /** The pinned messages of the chat, or of its open topic, as they are now, the newest first. */
  get pins() {
    const { chat, store } = this.pane;
    return (chat?.pinned ?? []).map((one) => store.current(one)).filter((one) => one && this.pane.conversation.fits(one));
  }

  draw() {
    const { pins } = this;
    this.element.hidden = !pins.length;
    if (!pins.length) return this.element.replaceChildren();
    this.shown %= pins.length;
    const message = pins[this.shown];
    const place = pins.length > 1 ? ` ${pins.length - this.shown} of ${pins.length}` : "";
    const words = h("span", { class: "pinned-words" }, h("b", {}, `Pinned message${place}`), h("span", { dir: "auto" }, summary(message)));
    const go = h("button", { type: "button", class: "pinned-go", onclick: () => this.go(message) }, icon("pin"), words);
    const away = mayPin(this.pane) ? iconButton("close", "Unpin", () => unpin(this.pane, message)) : null;
    return this.element.replaceChildren(...[go, away].filter(Boolean));
  }

  go(message) {
    this.pane.conversation.jump(message.message_id);
    this.shown += 1;
    this.draw();
  }
}

/** In a group those with the right may pin, and members where members may write. */
export function mayPin(pane) {
  const { chat, store, me } = pane;
  if (chat.type === "private") return !chat.blocked;
  const { status, rights = [] } = store.member(chat, me) ?? {};
  return rights.includes(RIGHT) || (!chat.muted && MEMBERS.has(status));
}

export const isPinned = (pane, message) => pane.chat.pinned.some((one) => one.message_id === message.message_id);

const place = (pane, message) => ({ user: pane.me, chat: pane.chatId, message: message.message_id });

export const pin = (pane, message, silent) => attempt(() => call("pin", { ...place(pane, message), silent }));

export const unpin = (pane, message) => attempt(() => call("unpin", place(pane, message)));
