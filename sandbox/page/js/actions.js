/** What a person does to a message: reply, react, press a button, edit, delete. */

import { call } from "./api.js";
import { alertBox, ask } from "./dialog.js";
import { h } from "./dom.js";
import { closeMenu, openMenu } from "./menu.js";
import { isPinned, mayPin, pin, unpin } from "./pinned.js";
import { attempt, toast } from "./toast.js";
import { newTopic, topicItems, topicNow, turnTopics } from "./topics.js";
import { authorId, nameOf, quotedId, topicOf } from "./words.js";

const QUICK = ["👍", "❤", "🔥", "🎉", "😁", "😢", "🤔", "👎", "🙏", "👌", "👀", "💯"];

/** @param {import("./pane.js").Pane} pane @returns {import("./message.js").Scene} */
export function sceneOf(pane) {
  return {
    get me() {
      return pane.me;
    },
    get group() {
      return pane.chat?.type !== "private";
    },
    menu: (message, anchor) => messageMenu(pane, message, anchor),
    reply: (message) => pane.composer.replyTo(message),
    react: (message, emoji) => react(pane, message, emoji),
    vote: (message, options) => vote(pane, message, options),
    press: (message, button, element) => press(pane, message, button, element),
    jump: (id) => pane.conversation.jump(id),
    current: (message) => pane.store.current(message),
    topic: (message) => topicAbove(pane, message),
    openTopic: (id) => pane.openTopic(id),
    command: (text) => pane.say({ text }),
    deepLink: (url) => openMessage(pane, url) || openDeepLink(pane, url),
  };
}

/** The topic that a message names where those of all topics stand together. */
function topicAbove(pane, message) {
  if (!pane.chat?.is_forum || pane.conversation.thread) return null;
  return pane.chat.topics.find((topic) => topic.id === topicOf(message));
}

function messageMenu(pane, message, anchor) {
  const mine = authorId(message) === pane.me;
  const text = message.text ?? message.caption ?? "";
  const choose = (emoji) => {
    closeMenu();
    react(pane, message, emoji);
  };
  const emoji = QUICK.map((one) => h("button", { type: "button", role: "menuitem", "aria-label": `React with ${one}`, onclick: () => choose(one) }, one));
  openMenu(
    anchor,
    [
      { label: "Reply", icon: "reply", act: () => pane.composer.replyTo(message) },
      mine && !message.only_for && (message.text || message.caption) && { label: "Edit", icon: "edit", act: () => pane.composer.edit(message) },
      message.reply_to_message && !message.reply_to_message.forum_topic_created && { label: "Go to the quoted message", icon: "reply", act: () => pane.conversation.jump(quotedId(message.reply_to_message)) },
      ...pinning(pane, message),
      text && { label: "Copy text", icon: "document", act: () => copy(text) },
      mayDelete(pane, message) && { label: "Delete", icon: "close", danger: true, act: () => remove(pane, message) },
    ],
    message.only_for ? undefined : h("div", { class: "emoji-row", role: "group", "aria-label": "Reactions" }, ...emoji),
  );
}

/** In private one may delete everything; in a group one's own, and with the right to it all. */
function mayDelete(pane, message) {
  if (pane.chat.type === "private" || message.only_for || authorId(message) === pane.me) return true;
  const { rights = [] } = pane.store.member(pane.chat, pane.me) ?? {};
  return rights.includes("can_delete_messages");
}

function pinning(pane, message) {
  if (message.only_for || !mayPin(pane)) return [];
  if (isPinned(pane, message)) return [{ label: "Unpin", icon: "pin", act: () => unpin(pane, message) }];
  const loud = { label: "Pin", icon: "pin", act: () => pin(pane, message, false) };
  if (pane.chat.type === "private") return [loud];
  return [loud, { label: "Pin without a sound", icon: "pin", act: () => pin(pane, message, true) }];
}

const react = (pane, message, emoji) =>
  attempt(() => {
    const now = message.reacted?.[pane.me] ?? [];
    const chosen = now.includes(emoji) ? [] : [emoji];
    return call("react", { user: pane.me, chat: pane.chatId, message: message.message_id, emoji: chosen });
  });

const vote = (pane, message, options) =>
  attempt(() => call("vote", { user: pane.me, chat: pane.chatId, message: message.message_id, options }));

const remove = (pane, message) =>
  attempt(() => call("delete", { user: pane.me, chat: pane.chatId, message: message.message_id }));

function copy(text) {
  navigator.clipboard?.writeText(text).then(() => toast("Copied."), () => toast("The browser does not allow it.", "error"));
}

/** Press a button; it looks busy until the bot has answered. */
async function press(pane, message, button, element) {
  if (button.copy_text) return copy(button.copy_text.text);
  if (!button.callback_data) return toast("The sandbox does not imitate this kind of button.", "error");
  element.setAttribute("aria-busy", "true");
  pane.pressing.add(element);
  const query = await attempt(() => call("press", { user: pane.me, chat: pane.chatId, message: message.message_id, button: button.text }));
  pane.pressing.delete(element);
  const early = pane.early.find((answer) => answer.query_id === query?.id);
  if (!pane.pressing.size) pane.early = [];
  if (!query) element.removeAttribute("aria-busy");
  else if (early) show(pane, element, early);
  else pane.pressed.set(query.id, element);
  return undefined;
}

/** The bot has answered a press; the stream may say so before the press itself has its number. */
export function answered(pane, answer) {
  const element = pane.pressed.get(answer.query_id);
  pane.pressed.delete(answer.query_id);
  if (element) show(pane, element, answer);
  else if (pane.pressing.size) pane.early.push(answer);
}

function show(pane, element, { text, show_alert }) {
  element.removeAttribute("aria-busy");
  if (!text) return;
  if (show_alert) alertBox(nameOf(pane.store.bot), text);
  else toast(text, "info", pane.conversation.toasts);
}

const SUPERGROUPS = -1e12;

/** A link to a message of a supergroup (https://core.telegram.org/api/links#message-links). */
function openMessage(pane, url) {
  const found = /^https:\/\/t\.me\/c\/(\d+)\/(?:\d+\/)?(\d+)$/.exec(url);
  const chatId = found && SUPERGROUPS - Number(found[1]);
  if (!found || !pane.store.chats.has(chatId)) return false;
  const opened = pane.chatId === chatId ? Promise.resolve() : pane.open(chatId);
  opened.then(() => pane.conversation.jump(Number(found[2])));
  return true;
}

/** `t.me/<bot>?start=payload` begins a conversation here; other links are the browser's. */
function openDeepLink(pane, url) {
  const bot = pane.store.bot.username?.toLowerCase();
  const found = /^(?:https?:\/\/(?:t\.me|telegram\.me)\/(\w+)\?|tg:\/\/resolve\?domain=(\w+)&)start=([\w-]{1,64})$/i.exec(url);
  if (!found || (found[1] ?? found[2]).toLowerCase() !== bot) return false;
  start(pane, found[3]);
  return true;
}

/** “/start payload” in one's own chat with the bot, as a deep link does it. */
export async function start(pane, payload) {
  await pane.open(pane.me);
  await pane.say({ text: payload ? `/start ${payload}` : "/start" });
}

export async function askDeepLink(pane) {
  const given = await ask(
    "Open a deep link",
    [{ name: "payload", label: `t.me/${pane.store.bot.username}?start=`, placeholder: "payload" }],
    "Open",
  );
  if (given) start(pane, given.payload);
}

/** What the button at the upper right of a conversation offers. */
export function chatMenu(pane, anchor) {
  const chat = pane.chat;
  const block = (blocked) => attempt(() => call("block", { user: pane.me, blocked }));
  const privately = [
    { label: "Open a deep link…", icon: "command", act: () => askDeepLink(pane) },
    chat.blocked
      ? { label: "Unblock the bot", act: () => block(false) }
      : { label: "Block the bot", icon: "close", danger: true, act: () => block(true) },
  ];
  const topic = topicNow(pane);
  const runs = ["creator", "administrator"].includes(pane.store.member(chat, pane.me)?.status);
  const together = [
    ...(topic ? topicItems(pane, topic) : []),
    chat.is_forum && { label: "New topic…", icon: "plus", act: () => newTopic(pane) },
    topic && { label: "View as messages", icon: "log", act: () => pane.openTopic(0) },
    runs && { label: chat.is_forum ? "Turn topics off" : "Turn topics on", icon: "columns", act: () => turnTopics(pane, !chat.is_forum) },
    { label: "Leave the group", icon: "close", danger: true, act: () => attempt(() => call("member", { chat: chat.id, user: pane.me, status: "left", by: pane.me })) },
  ];
  const items = (chat.type === "private" ? privately : together).filter(Boolean);
  openMenu(anchor, items.sort((a, b) => Boolean(a.danger) - Boolean(b.danger)));
}
