/** One line of a conversation: a message, or an album of several. */

import { avatar } from "./avatar.js";
import { h, icon, iconButton } from "./dom.js";
import { media } from "./media.js";
import { link, rich } from "./richtext.js";
import { authorId, authorOf, exact, hour, nameOf, quotedId, serviceText, summary, tint } from "./words.js";

const TICKS = {
  waiting: ["✓", "Sent; the bot has not confirmed it yet"],
  taken: ["✓✓", "The bot has confirmed it"],
  hidden: ["⊘", "The bot does not get this message (privacy mode, or it is not here)"],
};
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufefc]/;

/**
 * @typedef {object} Scene who looks, and what a message lets one do
 * @property {number} me
 * @property {boolean} group
 * @property {(message: any, anchor: Element) => void} menu
 * @property {(message: any) => void} reply
 * @property {(message: any, emoji: string) => void} react
 * @property {(message: any, options: number[]) => void} vote
 * @property {(message: any, button: any, element: Element) => void} press
 * @property {(id: number) => void} jump
 * @property {(message: any) => any} current the message as it is now; null if it was deleted
 * @property {(message: any) => any} topic the topic that it names, where those of all stand together
 * @property {(id: number) => void} openTopic
 * @property {(text: string) => void} command
 * @property {(url: string) => boolean} deepLink
 *
 * @param {any[]} messages one, or the items of an album
 * @param {boolean} first whether somebody else wrote before
 * @param {Scene} scene
 */
export function row(messages, first, scene) {
  const message = messages[0];
  const event = serviceText(message);
  if (event) return h("div", { class: "row service", tabindex: -1, "data-id": message.message_id }, h("span", { dir: "auto" }, event, silent(message)));
  const mine = authorId(message) === scene.me;
  const props = {
    class: `row ${mine ? "mine" : "theirs"} ${first ? "first" : ""} ${message.only_for ? "ephemeral" : ""}`,
    role: "article",
    tabindex: -1,
    "data-id": message.message_id,
    "aria-label": `${authorOf(message)}, ${hour(message.date)}`,
  };
  const face = scene.group && !mine ? avatar(message.sender_chat ?? message.from, first ? "" : "unseen") : null;
  const element = h("div", props, face, h("div", { class: "stack" }, bubble(messages, first, mine, scene), keyboard(message, scene)));
  element.addEventListener("contextmenu", (pointed) => {
    pointed.preventDefault();
    scene.menu(message, element.querySelector(".bubble"));
  });
  element.addEventListener("dblclick", (pointed) => {
    if (!pointed.target.closest("video, audio, .option")) scene.reply(message);
  });
  return element;
}

function bubble(messages, first, mine, scene) {
  const message = messages[0];
  const spoken = messages.find((one) => one.text ?? one.caption) ?? message;
  const text = spoken.text ?? spoken.caption ?? "";
  const bare = "sticker" in message || "dice" in message;
  const pictures = messages.map((one) => media(one, scene)).filter(Boolean);
  const box = h("div", { class: `bubble ${bare ? "bare" : ""} ${pictures.some((one) => one.matches(".photo, .video, .live")) ? "with-photo" : ""}` });
  if (scene.group && !mine && first) box.append(h("div", { class: `author tint-text-${tint(authorId(message))}`, dir: "auto" }, authorOf(message)));
  box.append(...[first && inTopic(message, scene), forwarded(message), quote(message, scene)].filter(Boolean));
  if (pictures.length > 1) box.append(h("div", { class: `album of-${Math.min(pictures.length, 4)}` }, ...pictures));
  else box.append(...pictures);
  const chosen = reactions(message, scene);
  const time = meta(messages, mine);
  const beside = text && !chosen && !RIGHT_TO_LEFT.test(text);
  const end = h("div", { class: `foot ${beside ? "beside" : ""}` }, chosen, time);
  if (text) {
    const words = rich(text, spoken.entities ?? spoken.caption_entities, scene);
    box.append(h("div", { class: "text" }, words, beside ? room(time) : null));
  }
  box.append(end, iconButton("more", `What to do with: ${summary(message).slice(0, 40)}`, (event) => scene.menu(message, event.currentTarget), { class: "icon-button more", tabindex: -1 }));
  return box;
}

/** As much of the last line as the time beside it needs. */
function room(time) {
  const space = h("span", { class: "room", "aria-hidden": "true" });
  space.style.width = `${14 + time.textContent.length * 7}px`;
  return space;
}

/** Where all of a forum stands together: the topic of a message, which a press opens. */
function inTopic(message, scene) {
  const topic = scene.topic(message);
  if (!topic) return null;
  return h("button", { type: "button", class: "in-topic", tabindex: -1, onclick: () => scene.openTopic(topic.id) }, h("span", { dir: "auto" }, topic.name), " ›");
}

function forwarded(message) {
  const origin = message.forward_origin;
  if (!origin) return null;
  const from = origin.sender_user ?? origin.chat ?? origin.sender_chat;
  return h("div", { class: "forwarded", dir: "auto" }, `Forwarded from ${from ? nameOf(from) : origin.sender_user_name ?? "somebody"}`);
}

/** What is replied to, as it is now; a quoted part stays as it was chosen. */
function quote(message, scene) {
  const replied = message.reply_to_message;
  if (!replied || "forum_topic_created" in replied) return null;
  const now = scene.current(replied);
  const props = { type: "button", class: `quote tint-edge-${tint(authorId(replied))}`, tabindex: -1, onclick: () => scene.jump(quotedId(replied)) };
  const words = message.quote?.text ?? (now ? summary(now) : "Deleted message");
  return h("button", props, h("b", { dir: "auto" }, authorOf(replied)), h("span", { class: now ? "" : "gone", dir: "auto" }, words));
}

function reactions(message, scene) {
  const chips = Object.entries(message.reactions ?? {}).map(([emoji, count]) => {
    const chosen = (message.reacted?.[scene.me] ?? []).includes(emoji);
    const props = { type: "button", class: "reaction", tabindex: -1, "aria-pressed": chosen ? "true" : "false", "aria-label": `${emoji}, ${count}` };
    return h("button", { ...props, onclick: () => scene.react(message, emoji) }, emoji, count > 1 ? ` ${count}` : null);
  });
  return chips.length ? h("div", { class: "reactions" }, ...chips) : null;
}

function meta(messages, mine) {
  const message = messages.at(-1);
  const edited = messages.some((one) => one.edits > 0);
  const [tick, meaning] = mine ? TICKS[message.delivery] ?? [] : [];
  return h(
    "span",
    { class: "meta" },
    ephemeral(message, mine),
    silent(message),
    edited ? h("span", { class: "edited" }, "edited") : null,
    h("time", { title: exact(message.date) }, hour(message.date)),
    tick ? h("span", { class: `ticks ${message.delivery}`, title: meaning, role: "img", "aria-label": meaning }, tick) : null,
  );
}

function silent(message) {
  if (!message.silent) return null;
  return h("span", { class: "silent", title: "Came without a sound", role: "img", "aria-label": "Came without a sound" }, "🔕");
}

/** Ephemeral messages are marked, as in Telegram's apps. */
function ephemeral(message, mine) {
  if (!message.only_for) return null;
  return h("span", { class: "alone" }, mine ? "only the bot sees this" : "only you see this");
}

function keyboard(message, scene) {
  const rows = message.keyboard?.inline_keyboard;
  if (!rows?.length) return null;
  const lines = rows.map((buttons) => h("div", { class: "key-row" }, ...buttons.map((button) => key(message, button, scene))));
  return h("div", { class: "keyboard", role: "group", "aria-label": "Buttons" }, ...lines);
}

function key(message, button, scene) {
  if (button.url) {
    const element = link(button.url, scene);
    element.classList.add("key");
    if (button.style) element.dataset.style = button.style;
    element.append(button.text);
    return element;
  }
  const press = (event) => scene.press(message, button, event.currentTarget);
  const props = { type: "button", class: "key", "data-style": button.style, dir: "auto", disabled: "disabled" in button };
  if (!button.copy_text) return h("button", { ...props, onclick: press }, button.text);
  return h("button", { ...props, title: `Copies: ${button.copy_text.text}`, onclick: press }, button.text, icon("copy"));
}

