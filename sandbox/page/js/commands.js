/** The menu of commands that the bot registered for this person, here, in their language. */

import { call } from "./api.js";
import { h } from "./dom.js";
import { attempt, toast } from "./toast.js";

export class Commands {
  /** @param {import("./composer.js").Composer} composer */
  constructor(composer) {
    this.composer = composer;
    this.id = `commands-${Math.random().toString(36).slice(2)}`;
    this.element = h("div", { class: "commands", id: this.id, role: "listbox", "aria-label": "Commands", hidden: true });
    this.at = 0;
    /** @type {{command: string, description: string}[]} */ this.all = [];
    this.typing = false;
    this.asked = 0;
  }

  /** Learn what the bot offers here now; a menu that is open shows it. */
  async load() {
    const { pane } = this.composer;
    const asked = (this.asked += 1);
    const all = pane.chat ? await attempt(() => call("commands", { user: pane.me, chat: pane.chatId })) : [];
    if (asked !== this.asked) return; // something newer is asked for
    const same = JSON.stringify(all) === JSON.stringify(this.all);
    this.all = all ?? [];
    if (this.typing && !same) this.match(this.composer.input.value);
  }

  toggle() {
    if (!this.element.hidden) return this.hide();
    const { input, pane } = this.composer;
    if (!this.all.length) toast("The bot has registered no commands for you here.", "info", pane.conversation.toasts);
    if (!input.value) input.value = "/";
    input.focus();
    return this.match(input.value);
  }

  /** Show what begins like the text, if that is the beginning of a command. */
  match(text) {
    this.typing = /^\/\w*$/.test(text) && !this.composer.editing;
    const fitting = this.typing ? this.all.filter((one) => one.command.startsWith(text.slice(1))) : [];
    this.at = 0;
    this.element.replaceChildren(...fitting.map((one, index) => this.entry(one, index)));
    this.element.hidden = !fitting.length;
    this.mark();
  }

  entry({ command, description, is_ephemeral }, index) {
    const choose = () => this.choose(command);
    const props = { role: "option", id: `${this.id}-${index}`, class: "command", "data-command": command, onclick: choose };
    return h("div", props, h("b", {}, `/${command}`), h("span", { dir: "auto" }, description), is_ephemeral ? h("span", { class: "alone" }, "only the bot sees it") : null);
  }

  mark() {
    [...this.element.children].forEach((entry, index) => entry.setAttribute("aria-selected", String(index === this.at)));
    const marked = this.element.children[this.at];
    marked?.scrollIntoView({ block: "nearest" });
    const { input } = this.composer;
    if (marked && !this.element.hidden) input.setAttribute("aria-activedescendant", marked.id);
    else input.removeAttribute("aria-activedescendant");
  }

  /**
   * Send it at once, as a reply if one is being written.
   * In a group a command names its bot, so that it also hears it in privacy mode.
   */
  choose(command) {
    const { pane, input } = this.composer;
    const to = pane.chat.type === "private" ? "" : `@${pane.store.bot.username}`;
    this.hide();
    input.value = "";
    this.composer.send({ text: `/${command}${to}` });
    input.focus();
  }

  /** @returns {boolean} whether the key was meant for the menu */
  onKey(event) {
    if (this.element.hidden) return false;
    const count = this.element.children.length;
    if (event.key === "ArrowDown") this.at = (this.at + 1) % count;
    else if (event.key === "ArrowUp") this.at = (this.at + count - 1) % count;
    else if (event.key === "Escape") this.hide();
    else if (event.key === "Tab" || event.key === "Enter") this.choose(this.element.children[this.at].dataset.command);
    else return false;
    event.preventDefault();
    this.mark();
    return true;
  }

  hide() {
    this.typing = false;
    this.element.hidden = true;
    this.composer.input?.removeAttribute("aria-activedescendant");
  }
}
