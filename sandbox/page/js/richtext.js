/** Formatted text: entities (https://core.telegram.org/bots/api#messageentity) become elements. */

import { clock } from "./clocks.js";
import { h } from "./dom.js";

// An inline mark takes part in the order of its line, as in Telegram's applications.
const TAGS = {
  bold: "strong",
  italic: "em",
  underline: "u",
  strikethrough: "s",
  pre: "pre",
  blockquote: "blockquote",
  expandable_blockquote: "blockquote",
};
const SAFE = /^(https?:|tg:|mailto:|tel:)/i;

/**
 * @typedef {{command: (text: string) => void, deepLink: (url: string) => boolean}} Doing
 * @param {string} text
 * @param {any[]} entities sorted by beginning, the longer first; offsets in UTF-16 units
 * @param {Doing} doing
 * @returns {DocumentFragment}
 */
export function rich(text, entities, doing) {
  const root = document.createDocumentFragment();
  fill(root, text, 0, text.length, entities ?? [], doing);
  return root;
}

function fill(parent, text, from, to, entities, doing) {
  let at = from;
  for (let i = 0; i < entities.length; ) {
    const entity = entities[i++];
    const start = Math.max(entity.offset, at);
    const end = Math.min(entity.offset + entity.length, to);
    const inner = [];
    while (i < entities.length && entities[i].offset < end) inner.push(entities[i++]);
    if (end <= start) continue;
    parent.append(text.slice(at, start));
    at = end;
    if (entity.type === "date_time") {
      parent.append(clock(entity, text.slice(start, end)));
      continue;
    }
    const element = elementFor(entity, text.slice(start, end), doing);
    fill(element, text, start, end, inner, doing);
    parent.append(element);
  }
  parent.append(text.slice(at, to));
}

function elementFor(entity, text, doing) {
  if (entity.type in TAGS) return h(TAGS[entity.type]);
  switch (entity.type) {
    case "code":
      return h("code", { title: "Click to copy", onclick: () => navigator.clipboard.writeText(text) });
    case "text_link":
      return link(entity.url, doing);
    case "url":
      return link(SAFE.test(text) ? text : `https://${text}`, doing);
    case "email":
      return link(`mailto:${text}`, doing);
    case "bot_command":
      return h("button", { type: "button", class: "link", onclick: () => doing.command(text) });
    case "spoiler":
      return spoiler();
    default:
      return h("span", { class: "link" });
  }
}

/** A link that leaves nothing of this page behind; an address of another kind is only text. */
export function link(url, doing) {
  if (!SAFE.test(url)) return h("span", { class: "link", title: url });
  const onclick = (event) => {
    if (doing.deepLink(url)) event.preventDefault();
  };
  return h("a", { href: url, target: "_blank", rel: "noopener noreferrer", title: url, onclick });
}

function spoiler() {
  const show = (event) => event.currentTarget.classList.add("shown");
  const props = { type: "button", class: "spoiler", "aria-label": "Hidden text, press to show" };
  return h("button", { ...props, onclick: show });
}

const MARKS = [
  ["pre", /```([^]+?)```/],
  ["code", /`([^`\n]+)`/],
  ["bold", /\*\*([^*\n]+)\*\*/],
  ["italic", /__([^_\n]+)__/],
  ["strikethrough", /~~([^~\n]+)~~/],
  ["spoiler", /\|\|([^|\n]+)\|\|/],
];

/**
 * The marks that Telegram's applications understand while one types: `**bold**` and so on.
 * @param {string} typed
 * @returns {{text: string, entities: any[]}}
 */
export function parseTyped(typed) {
  let text = typed;
  const entities = [];
  for (const [type, pattern] of MARKS) {
    for (let found; (found = pattern.exec(text)); ) {
      const [whole, inner] = found;
      const cut = (whole.length - inner.length) / 2;
      for (const one of entities) {
        if (one.offset > found.index) one.offset -= cut + (one.offset > found.index + inner.length ? cut : 0);
      }
      text = text.slice(0, found.index) + inner + text.slice(found.index + whole.length);
      entities.push({ type, offset: found.index, length: inner.length });
    }
  }
  return { text, entities: entities.sort((a, b) => a.offset - b.offset || b.length - a.length) };
}
