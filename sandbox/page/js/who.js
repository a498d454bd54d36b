/** Who one is: a row of people, those of groups apart. */

import { call } from "./api.js";
import { avatar } from "./avatar.js";
import { ask } from "./dialog.js";
import { h, iconButton } from "./dom.js";
import { attempt } from "./toast.js";
import { nameOf } from "./words.js";

// So much of the next person stays in sight beside the button that scrolls, in pixels.
const EDGE = 48;

let rows = 0;

/** @param {import("./pane.js").Pane} pane */
export function who(pane) {
  const name = `who-${rows++}`;
  const box = h("fieldset", { class: "who" });
  const scroll = (direction) => box.scrollBy({ left: direction * box.clientWidth * 0.7, behavior: "smooth" });
  const back = iconButton("back", "Earlier people", () => scroll(-1), { class: "icon-button less", tabindex: -1 });
  const on = iconButton("back", "More people", () => scroll(1), { class: "icon-button further", tabindex: -1 });
  const shell = h("div", { class: "who-box" }, back, box, on);
  const mark = () => {
    const hidden = box.scrollWidth - box.clientWidth - box.scrollLeft;
    back.hidden = box.scrollLeft < 4;
    on.hidden = hidden < 4;
  };
  box.addEventListener("scroll", mark, { passive: true });
  new ResizeObserver(mark).observe(box);
  const draw = () => {
    const { outside, inside } = peopleOf(pane.store);
    const entry = (person) => choice(pane, name, person);
    const focused = box.contains(document.activeElement) && document.activeElement;
    const again = focused && (focused.value ? `input[value="${focused.value}"]` : ".add");
    box.replaceChildren(
      h("legend", { class: "unseen-text" }, "Who you are in this pane"),
      ...outside.map(entry),
      inside.length && outside.length ? h("span", { class: "who-rule", "aria-hidden": "true" }) : "",
      ...inside.map(entry),
      iconButton("plus", "Add a person", () => addPerson(pane), { class: "icon-button add" }),
    );
    if (again) box.querySelector(again)?.focus();
    reveal(box);
    mark();
  };
  draw();
  return { element: shell, draw };
}

/** Bring the person whom one is into sight, without moving anything else. */
function reveal(box) {
  const chosen = box.querySelector(":checked")?.closest(".person");
  if (!chosen) return;
  const { left, right } = chosen.getBoundingClientRect();
  const frame = box.getBoundingClientRect();
  if (left < frame.left) box.scrollLeft += left - frame.left - EDGE;
  else if (right > frame.right) box.scrollLeft += right - frame.right + EDGE;
}

/** People of no group (users, most likely) and people of some group (staff, most likely). */
export function peopleOf(store) {
  const groups = [...store.chats.values()].filter((chat) => chat.type !== "private" && !chat.migrated_to);
  const grouped = (person) => groups.some((chat) => store.isIn(chat, person.id));
  const people = [...store.people.values()].filter((person) => person.id !== store.bot.id);
  return { outside: people.filter((one) => !grouped(one)), inside: people.filter(grouped) };
}

function choice(pane, name, person) {
  const input = h("input", { type: "radio", name, value: person.id, class: "unseen-text", checked: person.id === pane.me });
  input.checked = person.id === pane.me;
  input.addEventListener("change", () => pane.become(person.id));
  const sign = person.is_bot ? "bot" : person.language_code;
  const language = sign ? h("span", { class: "language" }, sign) : null;
  return h("label", { class: "person", title: nameOf(person) }, input, avatar(person, "small"), h("span", { dir: "auto" }, person.first_name), language);
}

/** Another bot is one that talks to bots: what others write it could not send us. */
function described({ first_name, language_code, kind }) {
  if (kind === "bot") return { first_name, is_bot: true, talks_to_bots: true };
  return { first_name, language_code: language_code || null };
}

async function addPerson(pane) {
  const groups = [...pane.store.chats.values()].filter((chat) => chat.type !== "private" && !chat.migrated_to);
  const choices = { "": "no group", ...Object.fromEntries(groups.map((chat) => [chat.id, chat.title])) };
  const given = await ask("Add a person", [
    { name: "first_name", label: "Name" },
    { name: "language_code", label: "Language", value: "en", required: false, placeholder: "en, ru, de, …" },
    { name: "group", label: "Member of", choices, required: false },
    { name: "kind", label: "That is", choices: { "": "a person", bot: "another bot" }, required: false },
  ], "Add");
  if (!given) return;
  const made = await attempt(() => call("user", described(given)));
  if (!made) return;
  if (given.group) await attempt(() => call("member", { chat: Number(given.group), user: made.id, status: "member" }));
  await pane.store.load();
  await pane.become(made.id);
  pane.who.element.querySelector(`[value="${made.id}"]`).focus();
}
