/** The topics of a forum: their list in place of the chats, and what one may do with each. */

import { call } from "./api.js";
import { ask } from "./dialog.js";
import { arrowKeys, h, icon, iconButton } from "./dom.js";
import { lines } from "./lines.js";
import { openMenu } from "./menu.js";
import { attempt } from "./toast.js";
import { GENERAL, initials, lastWords, when } from "./words.js";

const TO_CHANGE = "can_manage_topics";
const TO_DELETE = "can_delete_messages";

/** @param {import("./pane.js").Pane} pane */
export function topicList(pane) {
  const list = h("ul", { class: "chats" });
  const title = h("h2", { dir: "auto" });
  const back = iconButton("back", "All chats", () => pane.list("chats"), { class: "icon-button out" });
  const more = iconButton("plus", "New topic", () => newTopic(pane));
  const head = h("header", { class: "topic-head" }, back, title, more);
  const element = h("nav", { class: "chat-box", "aria-label": "Topics", hidden: true }, head, list);
  arrowKeys(list, ".chat");
  const draw = () => {
    if (!pane.chat?.is_forum) return;
    title.textContent = pane.chat.title;
    lines(list, topicsOf(pane).map((topic) => line(pane, topic)));
  };
  return { element, draw, focus: () => (list.querySelector("[aria-current]") ?? list.querySelector(".chat"))?.focus() };
}

/** The topics that one sees, General first, then those with the newest messages. */
export function topicsOf(pane) {
  const [general, ...others] = pane.chat.topics;
  others.sort((a, b) => (b.last?.message_id ?? b.id) - (a.last?.message_id ?? a.id));
  return general.hidden && !mayChange(pane, general) ? others : [general, ...others];
}

export const topicNow = (pane) => pane.chat?.topics.find((topic) => topic.id === pane.conversation.thread);

const rights = (pane) => pane.store.member(pane.chat, pane.me)?.rights ?? [];

/** With the right to it, or whoever made the topic; they also write in it when it is closed. */
export const mayChange = (pane, topic) => rights(pane).includes(TO_CHANGE) || topic.creator === pane.me;

function line(pane, topic) {
  const { store, me, chatId } = pane;
  const current = topic.id === pane.conversation.thread;
  const unread = store.countUnread(me, chatId, topic.id);
  const props = {
    type: "button",
    class: `chat topic-line ${topic.hidden ? "faint" : ""}`,
    "data-chat": topic.id,
    "aria-current": current ? "true" : null,
    tabindex: current ? 0 : -1,
    onclick: () => pane.openTopic(topic.id),
    oncontextmenu: (event) => {
      event.preventDefault();
      topicMenu(pane, topic, event.currentTarget);
    },
  };
  const said = topic.hidden ? "Hidden" : topic.last ? lastWords(topic.last, me) : "No messages yet";
  const name = h("span", { class: "chat-name" }, h("span", { dir: "auto" }, topic.name), topic.closed ? closedSign() : null);
  const last = h("span", { class: "chat-last", dir: "auto" }, said);
  const badge = unread ? h("span", { class: "unread", "aria-label": `${unread} unread` }, String(unread)) : null;
  return h("li", {}, h("button", props, topicIcon(topic), name, h("time", {}, topic.last ? when(topic.last.date) : ""), last, badge));
}

export const closedSign = () => h("span", { class: "closed-sign", title: "Closed", role: "img", "aria-label": "Closed" }, icon("lock"));

/** An emoji, or a bubble in the topic's colour with its first letter; General has a #. */
export function topicIcon(topic) {
  if (topic.id === GENERAL) return h("span", { class: "topic-icon general", "aria-hidden": "true" }, "#");
  if (topic.icon) return h("span", { class: "topic-icon emoji", "aria-hidden": "true" }, topic.emoji ?? "⭐");
  const bubble = h("span", { class: "topic-icon bubble-icon", "aria-hidden": "true" }, initials(topic.name).slice(0, 1));
  bubble.style.setProperty("--topic", `#${topic.icon_color.toString(16).padStart(6, "0")}`);
  return bubble;
}

/** What one may do with a topic. */
export function topicItems(pane, topic) {
  const act = (action, body) => attempt(() => call(action, { chat: pane.chatId, user: pane.me, thread: topic.id, ...body }));
  const general = topic.id === GENERAL;
  const may = mayChange(pane, topic);
  const mayDelete = !general && (rights(pane).includes(TO_DELETE) || topic.creator === pane.me);
  return [
    may && { label: "Edit the topic…", icon: "edit", act: () => editTopic(pane, topic) },
    may && { label: topic.closed ? "Reopen the topic" : "Close the topic", icon: "lock", act: () => act("close_topic", { closed: !topic.closed }) },
    general && may && { label: topic.hidden ? "Show in the list" : "Hide from the list", icon: "down", act: () => act("hide_general", { hidden: !topic.hidden }) },
    mayDelete && { label: "Delete the topic", icon: "close", danger: true, act: () => act("delete_topic", {}) },
  ].filter(Boolean);
}

function topicMenu(pane, topic, anchor) {
  const items = topicItems(pane, topic);
  openMenu(anchor, [{ label: "Open", icon: "reply", act: () => pane.openTopic(topic.id) }, ...items]);
}

function iconField(pane, value = "") {
  return { name: "icon", label: "Icon", value, choices: { "": "a letter", ...pane.store.icons } };
}

async function editTopic(pane, topic) {
  const fields = [{ name: "name", label: "Name", value: topic.name }];
  if (topic.id !== GENERAL) fields.push(iconField(pane, topic.icon ?? ""));
  const given = await ask("Edit the topic", fields, "Save");
  if (!given) return;
  const before = { name: topic.name, icon: topic.icon ?? "" };
  const changed = Object.fromEntries(Object.entries(given).filter(([name, value]) => value !== before[name]));
  if (Object.keys(changed).length) await attempt(() => call("edit_topic", { chat: pane.chatId, user: pane.me, thread: topic.id, ...changed }));
}

export async function newTopic(pane) {
  const given = await ask("New topic", [{ name: "name", label: "Name" }, iconField(pane)], "Create");
  if (!given) return;
  const made = await attempt(() => call("topic", { chat: pane.chatId, user: pane.me, name: given.name, icon: given.icon || null }));
  if (!made) return;
  await pane.store.load();
  pane.openTopic(made.message_thread_id);
}

/** A group of people becomes a forum, or stops being one; a basic group is a supergroup first. */
export async function turnTopics(pane, on) {
  const { chat, me } = pane;
  const made = chat.type === "group" ? await attempt(() => call("upgrade", { chat: chat.id })) : chat;
  if (made) await attempt(() => call("forum", { chat: made.id, user: me, on }));
}
