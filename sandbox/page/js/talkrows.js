/** The messages of one conversation as rows that grow, change and go one at a time. */

import { h } from "./dom.js";
import { keepPlayers } from "./media.js";
import { row } from "./message.js";
import { authorId, day, dayName, quotedId, serviceText, topicOf } from "./words.js";

const TOGETHER_SECONDS = 300;

export class Rows {
  /** @param {import("./message.js").Scene} scene */
  constructor(scene) {
    this.scene = scene;
    this.list = h("div", { class: "rows" });
    /** @type {Map<number, {messages: any[], element: HTMLElement, first: boolean}>} */
    this.byId = new Map();
    this.last = null;
  }

  /** Show all of these and nothing else. */
  reset(messages) {
    this.byId.clear();
    this.last = null;
    this.list.replaceChildren();
    for (const message of messages) this.append(message);
  }

  append(message) {
    const last = this.last;
    const album = message.media_group_id;
    if (album && last?.messages[0].media_group_id === album) {
      last.messages.push(message);
      this.byId.set(message.message_id, last);
      this.draw(last);
      return;
    }
    const before = last?.messages.at(-1);
    if (!before || day(before.date) !== day(message.date)) {
      this.list.append(h("div", { class: "day" }, h("span", {}, dayName(message.date))));
    }
    const entry = { messages: [message], first: isFirst(before, message), element: null };
    entry.element = row(entry.messages, entry.first, this.scene);
    this.list.append(entry.element);
    this.byId.set(message.message_id, entry);
    this.last = entry;
  }

  /** A message says something else now, or has other buttons or reactions. */
  replace(message) {
    const entry = this.byId.get(message.message_id);
    if (entry) {
      entry.messages = entry.messages.map((one) => (one.message_id === message.message_id ? message : one));
      this.draw(entry);
    }
    this.drawQuotes(message.message_id);
  }

  /** Whatever replies to a message shows what that says now. */
  drawQuotes(id) {
    const quoting = [...new Set(this.byId.values())].filter((entry) => isQuoting(entry.messages[0], id));
    quoting.forEach((entry) => this.draw(entry));
  }

  /** Draw a row anew; what had the focus in it has it again, what plays goes on. */
  draw(entry) {
    const old = entry.element;
    const inside = old.contains(document.activeElement) ? document.activeElement : null;
    const label = inside && called(inside);
    entry.element = row(entry.messages, entry.first, this.scene);
    entry.element.tabIndex = old.tabIndex;
    old.replaceWith(entry.element);
    keepPlayers(old, entry.element);
    if (!inside) return undefined;
    if (entry.element.contains(inside)) return inside.focus();
    const same = [...entry.element.querySelectorAll("button, a")].find((one) => called(one) === label);
    (same ?? entry.element).focus();
    return undefined;
  }

  remove(id) {
    const entry = this.byId.get(id);
    if (entry) {
      this.byId.delete(id);
      entry.messages = entry.messages.filter((one) => one.message_id !== id);
      if (entry.messages.length) this.draw(entry);
      else this.drop(entry);
    }
    this.drawQuotes(id);
  }

  drop(entry) {
    if (this.last === entry) this.last = [...this.byId.values()].at(-1) ?? null;
    const { previousElementSibling: above, nextElementSibling: below } = entry.element;
    entry.element.remove();
    // A day of which nothing is left has no heading.
    if (above?.classList.contains("day") && !below?.classList.contains("row")) above.remove();
  }

  element(id) {
    return this.byId.get(id)?.element;
  }
}

const isQuoting = ({ reply_to_message }, id) => reply_to_message && quotedId(reply_to_message) === id;

/** What stays of a button that is drawn anew: an option of a poll has other numbers then. */
const called = (button) => button.dataset.option ?? button.textContent;

function isFirst(before, message) {
  if (!before || serviceText(before)) return true;
  const same = authorId(before) === authorId(message) && topicOf(before) === topicOf(message);
  return !same || message.date - before.date > TOGETHER_SECONDS;
}
