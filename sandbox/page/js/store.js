/** All that the page knows: who there is, which chats, what was said, what is broken. */

import { call } from "./api.js";
import { quotedId, setClock, topicOf } from "./words.js";

const PRESENT = new Set(["creator", "administrator", "member", "restricted"]);
const AT_ONCE = 200;
const KEPT_CALLS = 500;

/** Changes after which people, chats and members are asked for anew. */
const ABOUT_CHATS = new Set(["chat", "member", "user"]);
const OF_MESSAGES = new Set(["message", "edit", "delete", "reaction", "vote", "pins"]);
const ABOUT_TOPICS = /^(general_)?forum_topic_/;

export class Store extends EventTarget {
  seq = 0;
  loaded = 0;
  bot = { id: 0, first_name: "" };
  /** @type {Map<number, any>} */ people = new Map();
  /** @type {Map<number, any>} */ chats = new Map();
  /** @type {Map<number, Map<number, any>>} the messages of the chats that were opened */
  messages = new Map();
  /** @type {Map<number, any[]>} changes of chats whose messages are on their way */
  waiting = new Map();
  /** @type {any[]} changes of chats that the page does not know yet */ early = [];
  /** @type {Map<string, Map<number, number>>} topics of messages, by person and chat */ unread = new Map();
  /** @type {Record<string, string>} the emoji of topics' icons */ icons = {};
  /** @type {Set<string>} messages that were deleted, by chat and id */ deleted = new Set();
  trouble = { faults: [], latency: [0, 0], limits: false };
  process = null;
  recording = false;
  calls = [];
  connected = false;

  /** @param {string} kind @param {(detail: any) => void} listener @param {AbortSignal} [signal] */
  on(kind, listener, signal) {
    this.addEventListener(kind, (event) => listener(event.detail), { signal });
  }

  tell(kind, detail = null) {
    this.dispatchEvent(new CustomEvent(kind, { detail }));
  }

  /** Ask for everybody and every chat; messages stay as they are. */
  async load() {
    const now = await call("overview");
    if (now.seq < this.loaded) return; // a later answer was faster
    this.loaded = now.seq;
    if (!this.seq) Object.assign(this, { seq: now.seq, calls: now.calls });
    setClock(now.now);
    this.bot = now.bot;
    this.icons = now.icons;
    this.people = new Map(now.people.map((person) => [person.id, person]));
    this.chats = new Map(now.chats.map((chat) => [chat.id, this.newest(chat, now.seq)]));
    this.trouble = now.trouble;
    this.process = now.process;
    this.recording = now.recording;
    for (const change of this.early.splice(0)) this.take(change);
    this.tell("people");
  }

  /** A chat as the answer tells it, unless the feed was faster. */
  newest(chat, seq) {
    const known = this.chats.get(chat.id);
    if (!known?.touched) return chat;
    if (known.touched <= seq) return { ...chat, touched: known.touched };
    const last = (topic) => known.topics.find((one) => one.id === topic.id)?.last ?? topic.last;
    const topics = chat.topics.map((topic) => ({ ...topic, last: last(topic) }));
    return { ...chat, touched: known.touched, last: known.last, topics };
  }

  /** Soon, and once for many changes. */
  reload() {
    this.reloading ??= setTimeout(() => {
      this.reloading = undefined;
      this.load();
    }, 30);
  }

  /** The chats that somebody has, the newest first. */
  chatsOf(personId) {
    const mine = [...this.chats.values()].filter((chat) =>
      chat.type === "private" ? chat.id === personId : this.isIn(chat, personId),
    );
    return mine.filter((chat) => !chat.migrated_to).sort((a, b) => rank(b) - rank(a));
  }

  member(chat, personId) {
    return chat.members.find((one) => one.id === personId);
  }

  isIn(chat, personId) {
    return PRESENT.has(this.member(chat, personId)?.status);
  }

  /** The messages of a chat, loaded once and kept up to date from then on. */
  async open(chatId) {
    if (!this.messages.has(chatId) && !this.waiting.has(chatId)) {
      this.waiting.set(chatId, []);
      const found = await call("messages", { chat: chatId, limit: AT_ONCE });
      this.messages.set(chatId, new Map(found.messages.map((one) => [one.message_id, one])));
      const later = this.waiting.get(chatId);
      this.waiting.delete(chatId);
      for (const change of later) if (change.seq > found.seq) this.apply(change);
      this.tell("opened", chatId);
    }
    return this.messages.get(chatId) ?? new Map();
  }

  /** Older messages of a chat; those that were not there before. */
  async earlier(chatId) {
    const known = this.messages.get(chatId);
    const [before] = known.keys();
    const { messages } = await call("messages", { chat: chatId, limit: AT_ONCE, before });
    const older = messages.map((one) => [one.message_id, one]);
    this.messages.set(chatId, new Map([...older, ...known]));
    return messages;
  }

  /** A message as it is now: null once it was deleted, as it was told if it is not loaded. */
  current(message) {
    const id = quotedId(message);
    if (this.deleted.has(`${message.chat.id}:${id}`)) return null;
    return this.messages.get(message.chat.id)?.get(id) ?? message;
  }

  /** Take in a change of the feed and pass it on. */
  apply(change) {
    this.seq = Math.max(this.seq, change.seq);
    if (this.waiting.has(change.chat_id) && change.kind !== "call") {
      this.waiting.get(change.chat_id).push(change);
    }
    this.take(change);
    if (ABOUT_CHATS.has(change.kind)) this.reload();
    this.tell(change.kind, change);
  }

  /** Know it; what a chat says before the page knows the chat is known with it. */
  take(change) {
    if (OF_MESSAGES.has(change.kind) && !this.chats.has(change.chat_id)) {
      this.early.push(change);
      this.reload();
    } else this[`on_${change.kind}`]?.(change);
  }

  on_message({ chat_id, message, seq }) {
    const chat = this.chats.get(chat_id);
    this.messages.get(chat_id)?.set(message.message_id, message);
    if (Object.keys(message).some((key) => ABOUT_TOPICS.test(key))) this.reload();
    Object.assign(chat, message.only_for ? {} : { last: message }, { started: true, touched: seq });
    const topic = chat.topics.find((one) => one.id === topicOf(message));
    if (topic && !message.only_for) topic.last = message;
    for (const { id } of chat.members) {
      if (id !== message.from.id && this.people.has(id) && isFor(message, id)) this.leaveUnread(id, chat_id, message);
    }
  }

  leaveUnread(personId, chatId, message) {
    const key = `${personId}:${chatId}`;
    if (!this.unread.has(key)) this.unread.set(key, new Map());
    this.unread.get(key).set(message.message_id, topicOf(message));
  }

  /** How many messages of a chat, or of a topic in it, somebody has not read. */
  countUnread(personId, chatId, thread = 0) {
    const unread = [...(this.unread.get(`${personId}:${chatId}`)?.values() ?? [])];
    return unread.filter((topic) => !thread || topic === thread).length;
  }

  /** Somebody has read a chat, or one topic of it. */
  read(personId, chatId, thread = 0) {
    const unread = this.unread.get(`${personId}:${chatId}`) ?? new Map();
    const before = unread.size;
    for (const [id, topic] of unread) if (!thread || topic === thread) unread.delete(id);
    if (unread.size < before) this.tell("read");
  }

  on_edit(change) {
    this.replace(change);
  }

  on_reaction(change) {
    this.replace(change);
  }

  on_vote(change) {
    this.replace(change);
  }

  replace({ chat_id, message }) {
    const known = this.messages.get(chat_id);
    if (known?.has(message.message_id)) known.set(message.message_id, message);
    const chat = this.chats.get(chat_id);
    for (const place of chat ? [chat, ...chat.topics] : []) {
      if (place.last?.message_id === message.message_id) place.last = message;
    }
  }

  on_delete({ chat_id, message_id }) {
    const known = this.messages.get(chat_id);
    known?.delete(message_id);
    this.deleted.add(`${chat_id}:${message_id}`);
    const chat = this.chats.get(chat_id);
    for (const { id } of chat.members) this.unread.get(`${id}:${chat_id}`)?.delete(message_id);
    const places = [chat, ...chat.topics].filter((place) => place.last?.message_id === message_id);
    const left = [...(known?.values() ?? [])].filter((one) => !one.only_for);
    for (const place of places) {
      place.last = left.filter((one) => place === chat || topicOf(one) === place.id).pop() ?? null;
    }
    if (places.length && !known) this.reload();
  }

  on_pins({ chat_id, pinned }) {
    this.chats.get(chat_id).pinned = pinned;
  }

  on_taken({ chat_id, message_id }) {
    const message = this.messages.get(chat_id)?.get(message_id);
    if (message) message.delivery = "taken";
  }

  on_call({ call: made }) {
    if (!made) return;
    this.calls.push(made);
    if (this.calls.length > KEPT_CALLS) this.calls.shift();
  }

  on_trouble({ trouble }) {
    this.trouble = trouble;
  }

  on_process({ process }) {
    this.process = process;
  }

  on_time({ now }) {
    setClock(now);
  }

  on_recording({ on }) {
    this.recording = on;
  }
}

/** Whether somebody sees a message: an ephemeral one is for one person alone. */
export const isFor = (message, personId) => !message.only_for || message.only_for === personId;

function rank(chat) {
  return chat.touched ?? (chat.last?.date ?? 0) / 1e10;
}
