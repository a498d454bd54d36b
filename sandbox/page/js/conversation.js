/** The right side of a pane: who one talks to, what was said. */

import { chatMenu, sceneOf } from "./actions.js";
import { avatar } from "./avatar.js";
import { arrowKeys, focusOn, h, iconButton } from "./dom.js";
import { Pinned } from "./pinned.js";
import { isFor } from "./store.js";
import { Rows } from "./talkrows.js";
import { attempt } from "./toast.js";
import { closedSign, topicIcon, topicNow, topicsOf } from "./topics.js";
import { nameOf, topicOf } from "./words.js";

const TYPING_MS = 5000;
const FULL = 200;
const NEAR_END = 120;

export class Conversation {
  /** @param {import("./pane.js").Pane} pane */
  constructor(pane) {
    this.pane = pane;
    this.thread = 0;
    this.rows = new Rows(sceneOf(pane));
    this.head = h("header", { class: "talk-head" });
    this.pinned = new Pinned(pane);
    this.older = h("button", { type: "button", class: "older", hidden: true, onclick: () => this.loadOlder() }, "Earlier messages");
    this.scroller = h("div", { class: "scroller" }, h("div", { class: "sheet", role: "log", "aria-label": "Messages" }, this.older, this.rows.list));
    this.toEnd = iconButton("down", "Newest message", () => this.scrollToEnd(), { class: "icon-button to-end", hidden: true });
    this.toasts = h("div", { class: "toasts here", role: "status", "aria-live": "polite" });
    const sheet = h("div", { class: "sheet-box" }, this.scroller, this.toEnd, this.toasts);
    this.element = h("div", { class: "talk-body" }, this.head, this.pinned.element, sheet);
    this.scroller.addEventListener("scroll", () => (this.toEnd.hidden = this.atEnd()));
    this.keys();
  }

  /** Up and down move among messages, Enter opens what can be done with one. */
  keys() {
    arrowKeys(this.rows.list, ".row:not([hidden])");
    this.rows.list.addEventListener("keydown", (event) => {
      if (!event.target.classList.contains("row")) return;
      if (event.key === "Enter" || event.key === "ContextMenu") {
        event.preventDefault();
        event.target.querySelector(".more")?.click();
      }
      if (event.key === "Escape") this.pane.composer.focus();
    });
  }

  /** Show another chat, or the same one as somebody else. */
  async show() {
    const { pane } = this;
    this.thread = this.firstTopic();
    this.forum = pane.chat?.is_forum;
    this.drawHead();
    this.rows.reset([]);
    await attempt(() => pane.store.open(pane.chatId));
    this.fill();
  }

  fill() {
    const known = this.pane.store.messages.get(this.pane.chatId);
    if (!known) return;
    this.rows.reset([...known.values()].filter((message) => this.fits(message)));
    this.older.hidden = known.size < FULL;
    this.markLast();
    this.pane.seen();
    this.scrollToEnd();
  }

  fits(message) {
    const inThread = !this.thread || topicOf(message) === this.thread;
    return inThread && isFor(message, this.pane.me);
  }

  add(message) {
    if (!this.fits(message) || this.rows.byId.has(message.message_id)) return;
    this.typing(false);
    this.rows.append(message);
    this.markLast();
    if (message.from.id === this.pane.me) this.scrollToEnd();
  }

  /** A message is gone; the focus, if it was there, goes where one writes. */
  remove(id) {
    const focused = this.rows.element(id)?.contains(document.activeElement);
    this.rows.remove(id);
    this.markLast();
    if (focused && !this.element.contains(document.activeElement)) this.pane.composer.focus();
  }

  /** The last message is the one that Tab finds. */
  markLast() {
    if (this.tabbed?.isConnected && this.tabbed !== document.activeElement) this.tabbed.tabIndex = -1;
    this.tabbed = this.rows.last?.element;
    if (this.tabbed) this.tabbed.tabIndex = 0;
  }

  tick(id, delivery) {
    const entry = this.rows.byId.get(id);
    const message = entry?.messages.find((one) => one.message_id === id);
    if (!message) return;
    message.delivery = delivery;
    this.rows.draw(entry);
  }

  drawHead() {
    const { pane } = this;
    const chat = pane.chat;
    if (!chat) return this.head.replaceChildren();
    const other = chat.type === "private" ? pane.store.bot : chat;
    const topic = topicNow(pane);
    const title = topic?.name ?? (chat.type === "private" ? nameOf(other) : chat.title);
    this.title = h("h2", {}, h("span", { dir: "auto" }, title), topic?.closed ? closedSign() : null);
    this.sub = h("p", { class: "sub" }, this.subtitle());
    const back = iconButton("back", `Back to the ${chat.is_forum ? "topics" : "chats"}`, () => pane.showList(), { class: "icon-button back" });
    const more = iconButton("more", "What to do with this chat", (event) => chatMenu(pane, event.currentTarget));
    this.head.replaceChildren(back, topic ? topicIcon(topic) : avatar(other), h("div", { class: "talk-title" }, this.title, this.sub), more);
    this.pinned.draw();
    return undefined;
  }

  subtitle() {
    const { chat, store } = this.pane;
    if (chat.type === "private") return chat.blocked ? "bot · blocked" : "bot";
    const there = chat.members.filter((one) => store.isIn(chat, one.id));
    const bot = store.member(chat, store.bot.id)?.status ?? "not here";
    const kind = topicNow(this.pane) ? chat.title : chat.is_forum ? "forum" : chat.type;
    return `${kind} · ${there.length} members · bot: ${bot}`;
  }

  /** The topic that is open when a forum is opened; 0 where there are none. */
  firstTopic() {
    return this.pane.chat?.is_forum ? (topicsOf(this.pane)[0]?.id ?? 0) : 0;
  }

  /** Show one topic of a forum, or with 0 what is said in all of them. */
  showThread(id) {
    this.thread = id;
    this.drawHead();
    this.fill();
    this.pane.composer.show();
  }

  /** A topic that was deleted can't stay open, and none where there are no more. */
  leaveDeleted() {
    if (this.thread && !topicNow(this.pane)) this.showThread(this.firstTopic());
  }

  /** “typing…” for as long as Telegram shows it: five seconds, or until a message comes. */
  typing(active) {
    clearTimeout(this.typingEnds);
    if (!this.sub) return;
    this.sub.textContent = active ? "typing…" : this.subtitle();
    this.sub.classList.toggle("typing", active);
    if (active) this.typingEnds = setTimeout(() => this.typing(false), TYPING_MS);
  }

  async loadOlder() {
    const height = this.scroller.scrollHeight;
    const older = await attempt(() => this.pane.store.earlier(this.pane.chatId));
    if (!older) return;
    const at = this.scroller.scrollTop;
    this.fill();
    this.older.hidden = older.length < FULL;
    this.scroller.scrollTop = at - (this.scroller.scrollHeight - height);
  }

  jump(id) {
    const { store, chat, chatId } = this.pane;
    const message = store.messages.get(chatId)?.get(id);
    if (message && !this.fits(message) && isFor(message, this.pane.me)) this.pane.openTopic(chat.is_forum ? topicOf(message) : 0);
    const element = this.rows.element(id);
    if (!element) return;
    element.scrollIntoView({ block: "center" });
    element.classList.add("shown");
    setTimeout(() => element.classList.remove("shown"), 1500);
    focusOn([], element);
  }

  atEnd() {
    return Math.abs(this.scroller.scrollTop) < NEAR_END; // the sheet grows upwards from its end
  }

  scrollToEnd() {
    this.scroller.scrollTop = 0;
  }
}
