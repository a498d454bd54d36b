/** Where one writes: text, replies, edits, attachments, commands. */

import { call } from "./api.js";
import { attachMenu, fromFile, thumbnail } from "./attach.js";
import { Commands } from "./commands.js";
import { h, iconButton } from "./dom.js";
import { parseTyped } from "./richtext.js";
import { attempt } from "./toast.js";
import { authorId, authorOf, summary } from "./words.js";

export class Composer {
  /** @param {import("./pane.js").Pane} pane */
  constructor(pane) {
    this.pane = pane;
    /** @type {any} */ this.replying = null;
    /** @type {any} */ this.editing = null;
    /** @type {import("./attach.js").Attachment[]} */ this.attachments = [];
    this.about = h("div", { class: "about", hidden: true });
    this.strip = h("div", { class: "strip", hidden: true });
    this.input = h("textarea", { rows: 1, dir: "auto", placeholder: "Message", "aria-label": "Message" });
    this.commands = new Commands(this);
    const clip = iconButton("attach", "Attach", (event) => attachMenu(this, event.currentTarget));
    const slash = iconButton("command", "Commands", () => this.commands.toggle());
    const submit = iconButton("send", "Send", null, { type: "submit", class: "icon-button send" });
    this.form = h("form", { class: "composer" }, clip, this.input, slash, submit);
    this.instead = h("div", { class: "instead", hidden: true });
    this.keys = h("div", { class: "reply-keys", hidden: true });
    this.element = h("footer", { class: "foot-box" }, this.commands.element, this.about, this.strip, this.form, this.keys, this.instead);
    this.listen();
  }

  listen() {
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.input.addEventListener("input", () => {
      this.grow();
      this.commands.match(this.input.value);
    });
    this.input.addEventListener("keydown", (event) => this.onKey(event));
    this.input.addEventListener("paste", async (event) => {
      const files = [...event.clipboardData.files].filter((file) => file.type.startsWith("image/"));
      if (!files.length) return;
      event.preventDefault();
      this.attach(await Promise.all(files.map((file) => fromFile("photo", file))));
    });
  }

  onKey(event) {
    if (event.isComposing || this.commands.onKey(event)) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.submit();
    } else if (event.key === "Escape") {
      if (this.replying || this.editing || this.attachments.length) this.clear();
      else this.pane.showList();
    } else if (event.key === "ArrowUp" && !this.input.value) {
      const mine = [...(this.pane.store.messages.get(this.pane.chatId)?.values() ?? [])].reverse();
      const last = mine.find((one) => authorId(one) === this.pane.me && !one.only_for && (one.text || one.caption));
      if (!last) return;
      event.preventDefault();
      this.edit(last);
    }
  }

  grow() {
    this.input.style.height = "auto";
    this.input.style.height = `${Math.min(this.input.scrollHeight, 160)}px`;
  }

  focus() {
    (this.form.hidden ? this.instead.querySelector("button") : this.input)?.focus();
  }

  /** Write anew, or what is there instead when one cannot. */
  show() {
    this.clear();
    const inside = this.element.contains(document.activeElement);
    const reason = this.pane.obstacle();
    this.form.hidden = Boolean(reason);
    this.instead.hidden = !reason;
    this.instead.replaceChildren(...(reason ? [reason] : []));
    this.showKeys();
    if (inside) this.focus();
  }

  /** The keyboard that the bot's last message brought, if it brought one. */
  showKeys() {
    const messages = [...(this.pane.store.messages.get(this.pane.chatId)?.values() ?? [])];
    const brought = messages.reverse().find((one) => one.keyboard?.keyboard || one.keyboard?.remove_keyboard);
    const rows = brought?.keyboard.keyboard;
    this.keys.hidden = !rows || !this.instead.hidden;
    if (!rows) return this.keys.replaceChildren();
    const press = (text) => this.pane.say({ text });
    const key = (given) => {
      const text = given.text ?? given;
      return h("button", { type: "button", class: "key", onclick: () => press(text) }, text);
    };
    this.keys.replaceChildren(...rows.map((row) => h("div", { class: "key-row" }, ...row.map(key))));
    return undefined;
  }

  replyTo(message) {
    this.editing = null;
    this.replying = message;
    this.tell("Reply to", message);
  }

  edit(message) {
    this.replying = null;
    this.editing = message;
    this.input.value = message.text ?? message.caption ?? "";
    this.tell("Edit", message);
    this.grow();
  }

  tell(what, message) {
    const words = h("div", {}, h("b", { dir: "auto" }, `${what} ${authorOf(message)}`), h("span", { dir: "auto" }, summary(message)));
    this.about.replaceChildren(words, iconButton("close", "Cancel", () => this.clear()));
    this.about.hidden = false;
    this.focus();
  }

  /** @param {import("./attach.js").Attachment[]} attachments */
  attach(attachments) {
    this.attachments.push(...attachments);
    this.strip.hidden = !this.attachments.length;
    const drop = iconButton("close", "Remove attachments", () => this.clear());
    this.strip.replaceChildren(...this.attachments.map(thumbnail), drop);
    this.focus();
  }

  clear() {
    if (this.editing) this.input.value = "";
    this.replying = this.editing = null;
    for (const { preview } of this.attachments) if (preview) URL.revokeObjectURL(preview);
    this.attachments = [];
    this.about.hidden = this.strip.hidden = true;
    this.commands.hide();
    this.grow();
  }

  async submit() {
    const typed = this.input.value.trim();
    if (!typed && !this.attachments.length) return;
    const { text, entities } = parseTyped(typed);
    const sent = this.editing ? this.change(text, entities) : this.deliver(text, entities);
    this.input.value = "";
    if ((await sent) === undefined && !this.input.value) this.input.value = typed;
    else this.clear();
    this.grow();
  }

  change(text, entities) {
    const { message_id: message, text: before } = this.editing;
    const said = before === undefined ? { caption: text } : { text };
    return attempt(() => call("edit", { user: this.pane.me, chat: this.pane.chatId, message, entities, ...said }));
  }

  async deliver(text, entities) {
    const items = this.attachments.map(({ preview, about, ...file }) => ({ ...file, ...about }));
    if (!items.length) return this.pane.say({ text, entities }, this.replying);
    Object.assign(items[0], { caption: text, caption_entities: entities });
    const reply = this.replying;
    for (const album of together(items)) {
      const sent = await this.pane.say(album.length > 1 ? { items: album } : album[0], reply);
      if (!sent) return undefined;
    }
    return true;
  }

  /** Send something that was chosen, and not typed. */
  send(what) {
    return this.pane.say(what, this.replying).then((sent) => {
      if (sent) this.clear();
      return sent;
    });
  }
}

const family = ({ kind }) => (kind === "video" ? "photo" : kind);

/** What goes into one album: photos with videos, music, documents; a GIF stays alone. */
function together(items) {
  const albums = [];
  for (const item of items) {
    const last = albums.at(-1);
    if (last && item.kind !== "animation" && family(last[0]) === family(item)) last.push(item);
    else albums.push([item]);
  }
  return albums;
}
