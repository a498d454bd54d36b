/** One client of one person: who one is, the chats, a conversation. */

import { answered, start } from "./actions.js";
import { call } from "./api.js";
import { chatList } from "./chats.js";
import { Composer } from "./composer.js";
import { Conversation } from "./conversation.js";
import { h } from "./dom.js";
import { attempt } from "./toast.js";
import { mayChange, topicList, topicNow } from "./topics.js";
import { who } from "./who.js";
import { GENERAL } from "./words.js";

export class Pane {
  /** @param {import("./store.js").Store} store @param {string} label */
  constructor(store, label) {
    this.store = store;
    this.me = 0;
    this.chatId = 0;
    /** @type {Map<string, Element>} the buttons that wait for an answer, by query */
    this.pressed = new Map();
    /** @type {Set<Element>} the buttons whose queries have no number yet */
    this.pressing = new Set();
    /** Answers that came while there were such. */
    this.early = [];
    this.who = who(this);
    this.chats = chatList(this);
    this.topics = topicList(this);
    this.conversation = new Conversation(this);
    this.composer = new Composer(this);
    this.nothing = h("p", { class: "nothing" }, "Choose a chat.");
    this.talk = h("div", { class: "talk" }, this.nothing, this.conversation.element, this.composer.element);
    this.element = h("section", { class: "pane", "aria-label": label, "data-view": "list" }, this.who.element, h("div", { class: "columns" }, this.chats.element, this.topics.element, this.talk));
    this.visible = false;
    new ResizeObserver(([{ contentRect }]) => {
      this.visible = contentRect.width > 0;
      this.seen();
    }).observe(this.talk);
    this.follow();
  }

  get chat() {
    return this.store.chats.get(this.chatId);
  }

  get person() {
    return this.store.people.get(this.me);
  }

  /** Be this person, in the chat they would look at first. */
  become(personId) {
    this.me = personId;
    this.store.tell("became");
    const chats = this.store.chatsOf(personId);
    const group = chats.find((chat) => chat.type !== "private");
    this.who.draw();
    return this.open((group ?? chats[0])?.id ?? 0);
  }

  /** @param {number} chatId @param {boolean} [chosen] by a person, who then wants to write */
  async open(chatId, chosen = false) {
    this.chatId = chatId;
    this.talk.classList.toggle("empty", !chatId);
    const forum = Boolean(this.chat?.is_forum);
    if (chosen && !forum) this.element.dataset.view = "talk";
    if (chatId) await this.conversation.show();
    this.list(forum ? "topics" : "chats");
    this.composer.show();
    this.composer.commands.load();
    this.seen();
    this.drawLists();
    if (chosen) this.composer.focus();
  }

  /** Open a topic of the forum that is open; with 0, all of them together. */
  openTopic(id) {
    this.element.dataset.view = "talk";
    this.conversation.showThread(id);
    this.drawLists();
    this.composer.focus();
  }

  /** What stands on the left: the chats, or the topics of a forum. */
  list(which) {
    this.chats.element.hidden = which === "topics";
    this.topics.element.hidden = which !== "topics";
    this.drawLists();
  }

  drawLists() {
    this.chats.draw();
    this.topics.draw();
  }

  showList() {
    this.element.dataset.view = "list";
    (this.topics.element.hidden ? this.chats : this.topics).focus();
  }

  /** Whoever looks at a chat has read it; a phone shows one of two panes, and the list or the chat. */
  seen() {
    if (this.chatId && this.visible) this.store.read(this.me, this.chatId, this.conversation.thread);
  }

  /** Write or send; undefined if it was refused. */
  say(what, replyTo = null) {
    const where = { user: this.me, chat: this.chatId };
    if (replyTo) where.reply_to = replyTo.message_id;
    if (this.conversation.thread) where.thread = this.conversation.thread;
    const action = "items" in what ? "album" : "kind" in what ? "send" : "write";
    return attempt(() => call(action, { ...where, ...what }));
  }

  /** What stands where one would write, if one cannot. */
  obstacle() {
    const { chat, store, me } = this;
    if (!chat) return h("span", {}, "No chat is open.");
    const big = (label, act) => h("button", { type: "button", class: "big", onclick: act }, label);
    if (chat.blocked) return big("Unblock the bot", () => attempt(() => call("block", { user: me, blocked: false })));
    if (chat.type === "private" && !chat.started && !chat.last) return big("Start", () => start(this, ""));
    if (chat.type !== "private" && !store.isIn(chat, me)) return h("span", {}, "You are not a member of this group.");
    const topic = chat.is_forum && (topicNow(this) ?? chat.topics.find(({ id }) => id === GENERAL));
    if (topic && topic.closed && !mayChange(this, topic)) return h("span", {}, "This topic is closed.");
    return null;
  }

  /** Whether what concerns a topic of this chat concerns what is open. */
  looksAt(thread) {
    return !this.chat.is_forum || [0, thread ?? GENERAL].includes(this.conversation.thread);
  }

  follow() {
    const { store, conversation } = this;
    const here = (act) => (change) => {
      if (change.chat_id === this.chatId) act(change);
    };
    store.on("message", here((change) => {
      conversation.add(change.message);
      this.seen();
      if (this.composer.form.hidden) this.composer.show();
      if (change.message.keyboard) this.composer.showKeys();
    }));
    store.on("edit", here((change) => conversation.rows.replace(change.message)));
    store.on("reaction", here((change) => conversation.rows.replace(change.message)));
    store.on("vote", here((change) => conversation.rows.replace(change.message)));
    store.on("time", () => conversation.fill());
    store.on("delete", here((change) => conversation.remove(change.message_id)));
    store.on("taken", here((change) => conversation.tick(change.message_id, "taken")));
    store.on("action", here(({ thread }) => this.looksAt(thread) && conversation.typing(true)));
    for (const kind of ["pins", "edit", "delete"]) store.on(kind, here(() => conversation.pinned.draw()));
    store.on("opened", (chatId) => chatId === this.chatId && conversation.fill());
    store.on("callback_answer", (change) => answered(this, change));
    store.on("people", () => this.refresh());
    for (const kind of ["commands", "people"]) store.on(kind, () => this.composer.commands.load());
    for (const kind of ["message", "edit", "delete", "read", "time"]) store.on(kind, () => this.drawLists());
  }

  /** People, chats or members are others than before. */
  refresh() {
    this.who.draw();
    const moved = this.chat?.migrated_to;
    if (moved && this.store.chats.has(moved)) return this.open(moved);
    if (this.chat) {
      this.followTopics();
      this.conversation.drawHead();
      this.conversation.leaveDeleted();
    }
    if (!this.composer.editing && !this.composer.replying) {
      const blocked = Boolean(this.obstacle());
      if (blocked === !this.composer.form.hidden) this.composer.show();
    }
    return this.drawLists();
  }

  /** The chat became a forum, or is one no longer. */
  followTopics() {
    const { conversation, chat } = this;
    if (conversation.forum === chat.is_forum) return;
    conversation.forum = chat.is_forum;
    conversation.showThread(conversation.firstTopic());
    this.list(chat.is_forum ? "topics" : "chats");
  }
}
