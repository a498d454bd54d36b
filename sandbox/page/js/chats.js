/** The left side of a pane: the chats somebody has, the newest first. */

import { avatar } from "./avatar.js";
import { arrowKeys, h } from "./dom.js";
import { lines } from "./lines.js";
import { lastWords, nameOf, summary, topicOf, when } from "./words.js";

/** @param {import("./pane.js").Pane} pane */
export function chatList(pane) {
  const list = h("ul", { class: "chats" });
  const element = h("nav", { class: "chat-box", "aria-label": "Chats" }, list);
  arrowKeys(list, ".chat");
  const draw = () => {
    const chats = pane.store.chatsOf(pane.me);
    lines(list, chats.map((chat, index) => line(pane, chat, index)));
  };
  return { element, draw, focus: () => (list.querySelector("[aria-current]") ?? list.querySelector(".chat"))?.focus() };
}

function line(pane, chat, index) {
  const { store, me, chatId } = pane;
  const other = chat.type === "private" ? store.bot : chat;
  const name = chat.type === "private" ? nameOf(other) : chat.title;
  const unread = store.countUnread(me, chat.id);
  const current = chat.id === chatId;
  const props = {
    type: "button",
    class: "chat",
    "data-chat": chat.id,
    "aria-current": current ? "true" : null,
    tabindex: current || (!chatId && index === 0) ? 0 : -1,
    onclick: () => pane.open(chat.id, true),
  };
  return h(
    "li",
    {},
    h(
      "button",
      props,
      avatar(other),
      h("span", { class: "chat-name", dir: "auto" }, name),
      h("time", {}, chat.last ? when(chat.last.date) : ""),
      h("span", { class: "chat-last", dir: "auto" }, lastLine(chat, me)),
      unread ? h("span", { class: "unread", "aria-label": `${unread} unread` }, String(unread)) : null,
    ),
  );
}

function lastLine(chat, me) {
  if (!chat.last) return chat.type === "private" ? "Press Start to begin" : "No messages yet";
  if (chat.type === "private") return summary(chat.last).slice(0, 120);
  const topic = chat.is_forum ? chat.topics.find((one) => one.id === topicOf(chat.last)) : null;
  return `${topic ? `${topic.name} › ` : ""}${lastWords(chat.last, me)}`;
}
