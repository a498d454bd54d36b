/** Rich messages (https://core.telegram.org/bots/api#richmessage): blocks become elements. */

import { h } from "./dom.js";

const INLINE = { bold: "strong", italic: "em", underline: "u", strikethrough: "s", code: "code", marked: "mark", subscript: "sub", superscript: "sup" };
const BLOCKS = {
  paragraph: (block) => h("p", {}, inline(block.text)),
  heading: (block) => h("p", { class: `heading of-${Math.min(block.size, 3)}` }, inline(block.text)),
  preformatted: (block) => h("pre", {}, inline(block.text)),
  footer: (block) => h("p", { class: "footer" }, inline(block.text)),
  divider: () => h("hr"),
  list: (block) => h("ul", {}, ...block.items.map((item) => h("li", {}, ...(item.blocks ?? []).map(element)))),
  blockquote: (block) => h("blockquote", {}, ...(block.blocks ?? []).map(element)),
};

/** @param {{blocks: any[], is_rtl?: boolean}} message */
export function richMessage(message) {
  return h("div", { class: "rich", dir: message.is_rtl ? "rtl" : null }, ...message.blocks.map(element));
}

/** A block; of a kind that is not drawn here, the words in it. */
function element(block) {
  return BLOCKS[block.type]?.(block) ?? h("p", { class: "other" }, words(block) || `[${block.type}]`);
}

/** Rich text is a string, a list of rich texts, or an object around one. */
function inline(text) {
  if (typeof text === "string") return text;
  if (Array.isArray(text)) return h("span", {}, ...text.map(inline));
  return h(INLINE[text.type] ?? "span", {}, inline(text.text ?? ""));
}

/** All that is said, without its form. */
export function plain(message) {
  return message.blocks.map(words).filter(Boolean).join(" ");
}

function words(thing) {
  if (typeof thing === "string") return thing;
  if (Array.isArray(thing)) return thing.map(words).join("");
  if (!thing || typeof thing !== "object") return "";
  return [words(thing.text), ...(thing.blocks ?? []).map(words), ...(thing.items ?? []).map(words)].filter(Boolean).join(" ");
}
