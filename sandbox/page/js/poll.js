/** A poll: its answers can be pressed; how many chose what is shown to whoever has voted. */

import { h } from "./dom.js";

/** @param {any} asked @param {any} message @param {import("./message.js").Scene} scene */
export function poll(asked, message, scene) {
  const mine = message.voted?.[scene.me] ?? [];
  const open = mine.length > 0 || asked.is_closed;
  const choose = (number) => scene.vote(message, chosen(asked, mine, number));
  const list = asked.options.map((option, number) => answer(asked, option, number, { mine, open, choose }));
  const about = h("small", {}, [kind(asked), votes(asked.total_voter_count)].join(" · "));
  return h("div", { class: "poll", role: "group", "aria-label": "Poll" }, h("b", { dir: "auto" }, asked.question), about, ...list);
}

/** What one has chosen after pressing an answer; pressed again, it is taken back. */
function chosen(asked, mine, number) {
  if (mine.includes(number)) return mine.filter((one) => one !== number);
  return asked.allows_multiple_answers ? [...mine, number].sort((a, b) => a - b) : [number];
}

function answer(asked, option, number, { mine, open, choose }) {
  const took = mine.includes(number);
  const share = Math.round((100 * option.voter_count) / Math.max(1, asked.total_voter_count));
  const sign = open ? `${share} %` : "○";
  const parts = [h("span", { class: `share ${open ? "percent" : ""}` }, sign), h("span", { dir: "auto" }, `${option.text}${mark(asked, number, took, open)}`)];
  if (open) parts.push(h("progress", { max: 100, value: share, "aria-hidden": "true" }));
  if (asked.is_closed) return h("div", { class: "option" }, ...parts);
  const props = { type: "button", class: "option", "data-option": number, "aria-pressed": String(took) };
  return h("button", { ...props, onclick: () => choose(number) }, ...parts);
}

/** Which answer is one's own, and which is right in a quiz. */
function mark(asked, number, took, open) {
  if (!open || asked.type !== "quiz") return took ? " ✓" : "";
  if (asked.correct_option_ids?.includes(number)) return " ✓";
  return took ? " ✗" : "";
}

function kind({ is_closed, is_anonymous, type }) {
  if (is_closed) return "Final results";
  return `${is_anonymous ? "Anonymous" : "Public"} ${type === "quiz" ? "quiz" : "poll"}`;
}

const votes = (count) => (count === 1 ? "1 vote" : `${count || "no"} votes`);
