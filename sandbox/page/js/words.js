/** How things are called and written: names, times, sizes, the line that sums up a message. */

import { plain } from "./richmessage.js";

const HOUR = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long" });
const MOMENT = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", hour: "2-digit", minute: "2-digit" });
const EXACT = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });

export const hour = (seconds) => HOUR.format(seconds * 1000);
export const day = (seconds) => DAY.format(seconds * 1000);
export const moment = (seconds) => MOMENT.format(seconds * 1000);
export const exact = (seconds) => EXACT.format(seconds * 1000);

/** Today's messages by their hour, older ones by their day. */
export function when(seconds) {
  return isToday(seconds) ? hour(seconds) : day(seconds);
}

/** How far Telegram's clock is ahead of the browser's, in milliseconds. */
let ahead = 0;

/** @param {number} now what Telegram's clock says, in seconds */
export function setClock(now) {
  ahead = now * 1000 - Date.now();
}

/** What Telegram's clock says, in seconds. */
export const now = () => (Date.now() + ahead) / 1000;

const isToday = (seconds) => new Date(seconds * 1000).toDateString() === new Date(now() * 1000).toDateString();

export const dayName = (seconds) => (isToday(seconds) ? "Today" : day(seconds));

export function nameOf(person) {
  return [person.first_name, person.last_name].filter(Boolean).join(" ") || person.title || "?";
}

export function authorOf(message) {
  return nameOf(message.sender_chat ?? message.from);
}

/** The id of a message that is quoted in another one; ephemeral ones have negative ids here. */
export const quotedId = (replied) => replied.message_id || -replied.ephemeral_message_id;

/** The number of General among a forum's topics. */
export const GENERAL = 1;

/** The topic that a message of a forum stands in; elsewhere the number is that of a thread of replies. */
export const topicOf = (message) => (message.is_topic_message ? message.message_thread_id : GENERAL);

export function authorId(message) {
  return (message.sender_chat ?? message.from).id;
}

const SPLITTER = new Intl.Segmenter();

/** One or two letters for a round picture. */
export function initials(name) {
  const words = name.split(/\s+/).filter(Boolean).slice(0, 2);
  return words.map((word) => [...SPLITTER.segment(word)][0].segment.toUpperCase()).join("");
}

/** One of seven colours, the same for the same id. */
export const tint = (id) => Math.abs(id) % 7;

export function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} KB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

export const KINDS = {
  rich_message: "📰 Rich message",
  live_photo: "🖼 Live photo",
  photo: "🖼 Photo",
  video: "🎞 Video",
  animation: "🎞 GIF",
  audio: "🎵 Music",
  voice: "🎤 Voice message",
  video_note: "⏺ Video message",
  sticker: "Sticker",
  document: "📄 Document",
  venue: "📍 Place",
  location: "📍 Location",
  contact: "👤 Contact",
  poll: "📊 Poll",
  dice: "🎲 Dice",
};

export const kindOf = (message) => Object.keys(KINDS).find((kind) => kind in message) ?? "text";

/** A message in one line. */
export function summary(message) {
  const service = serviceText(message);
  if (service) return service;
  const text = message.text ?? message.caption ?? "";
  const kind = kindOf(message);
  if (kind === "rich_message") return plain(message.rich_message) || KINDS[kind];
  if (kind === "sticker") return `${message.sticker.emoji ?? ""} Sticker`;
  if (kind === "document" && !text) return `📄 ${message.document.file_name ?? "Document"}`;
  return text || KINDS[kind] || "Message";
}

/** Who says what, in a line of a list. */
export function lastWords(message, me) {
  const text = summary(message).slice(0, 120);
  if (serviceText(message)) return text;
  return `${authorId(message) === me ? "You" : authorOf(message)}: ${text}`;
}

const list = (people) => people.map(nameOf).join(", ");

/** What happened, if a message tells of something that happened. */
const EVENTS = {
  new_chat_members: (m) => `${authorOf(m)} added ${list(m.new_chat_members)}`,
  left_chat_member: (m) => `${nameOf(m.left_chat_member)} left the group`,
  migrate_to_chat_id: () => "The group became a supergroup",
  migrate_from_chat_id: () => "This supergroup was a group before",
  forum_topic_created: (m) => `${authorOf(m)} created the topic “${m.forum_topic_created.name}”`,
  forum_topic_edited: (m) => `${authorOf(m)} ${m.forum_topic_edited.name ? `renamed the topic “${m.forum_topic_edited.name}”` : "changed the topic's icon"}`,
  forum_topic_closed: (m) => `${authorOf(m)} closed the topic`,
  forum_topic_reopened: (m) => `${authorOf(m)} reopened the topic`,
  general_forum_topic_hidden: (m) => `${authorOf(m)} hid the topic`,
  general_forum_topic_unhidden: (m) => `${authorOf(m)} showed the topic again`,
  pinned_message: (m) => `${authorOf(m)} pinned “${summary(m.pinned_message).slice(0, 40)}”`,
  new_chat_title: (m) => `The group is now called ${m.new_chat_title}`,
};

export function serviceText(message) {
  const event = Object.keys(EVENTS).find((key) => key in message);
  return event ? EVENTS[event](message) : "";
}
