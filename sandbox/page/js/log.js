/** The live log of API calls: method, chat, outcome, time. The newest is above. */

import { call } from "./api.js";
import { show } from "./dialog.js";
import { h } from "./dom.js";
import { attempt } from "./toast.js";
import { exact, nameOf } from "./words.js";

const MOST_LINES = 300;

/** @param {import("./store.js").Store} store */
export function log(store) {
  const lines = h("div", { class: "log-lines", role: "log", "aria-label": "API calls", tabindex: 0 });
  const quiet = h("input", { type: "checkbox" });
  quiet.checked = true;
  const hide = h("label", { class: "switch small" }, quiet, h("span", {}, "Hide getUpdates that worked"));
  const element = h("section", { class: "log", "aria-label": "API log" }, h("header", {}, h("h2", {}, "API calls"), hide), lines);
  const add = (made) => {
    if (quiet.checked && made.method === "getUpdates" && made.status === 200 && !made.fault) return;
    lines.prepend(line(store, made));
    if (lines.childElementCount > MOST_LINES) lines.lastElementChild.remove();
  };
  const fill = () => {
    lines.replaceChildren();
    for (const made of store.calls) add(made);
  };
  store.on("call", (change) => change.call && add(change.call));
  quiet.addEventListener("change", fill);
  fill();
  return element;
}

function line(store, made) {
  const bad = made.status !== 200;
  const kind = made.known ? (bad ? "bad" : made.fault ? "odd" : "good") : "unknown";
  const props = { type: "button", class: `call ${kind}`, onclick: () => details(made) };
  return h(
    "button",
    props,
    h("time", {}, exact(made.at)),
    h("b", {}, made.method),
    h("span", { class: "where", dir: "auto" }, where(store, made.chat_id)),
    h("span", { class: "outcome" }, outcome(made)),
    h("span", { class: "took" }, `${Math.round(made.took * 1000)} ms`),
  );
}

function where(store, chatId) {
  if (chatId === null) return "";
  const chat = store.chats.get(chatId);
  return chat ? nameOf(chat) : String(chatId);
}

function outcome(made) {
  const cut = made.status === 0;
  const unknown = made.unknown.length ? ` · unknown: ${made.unknown.join(", ")}` : "";
  const fault = made.fault ? ` · ${made.fault}` : "";
  const lost = made.fault && made.processed ? " (processed)" : "";
  if (!made.known) return "404 unknown method";
  if (cut) return `cut${fault}${lost}`;
  return `${made.status === 200 ? "ok" : `${made.status} ${made.description}`}${fault}${lost}${unknown}`;
}

async function details({ number, method }) {
  const whole = await attempt(() => call("call", { number }));
  if (!whole) return;
  const { params, answer, unknown, ignored } = whole;
  show(`${method} · call ${number}`, h("pre", { class: "json", tabindex: 0 }, JSON.stringify({ params, answer, unknown, ignored }, null, 2)));
}
