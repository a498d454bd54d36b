/** *Break it*: Telegram's limits, errors, cut connections, slowness; rights, upgrades, topics; the bot's death. */

import { call } from "./api.js";
import { h } from "./dom.js";
import { attempt, toast } from "./toast.js";
import { GENERAL, moment, nameOf } from "./words.js";

const FAULTS = {
  "429 for 5 s": [
    "Telegram refuses the call and asks the bot to wait five seconds.",
    { kind: "error", status: 429, description: "Too Many Requests: retry after 5", parameters: { retry_after: 5 } },
  ],
  "500 Internal": ["Telegram says that it failed. Nothing was done.", { kind: "error", status: 500, description: "Internal Server Error" }],
  "502 as HTML": ["A proxy answers with its own page. Nothing was done.", { kind: "html" }],
  "Cut before": ["The connection breaks before Telegram does anything.", { kind: "cut_before" }],
  "Cut after": ["Telegram does what it was asked, but the connection breaks before the bot hears so.", { kind: "cut_after" }],
  "HTML after": ["Telegram does what it was asked, but a proxy's page comes back instead of the answer.", { kind: "html_after" }],
  "Garbage": ["Telegram does what it was asked and says so in a shape that no bot knows.", { kind: "garbage" }],
};
const HINT = "Each button breaks calls that are still to come. Point at one to read what it does.";
// A bot asks getUpdates all the time: what strikes any method strikes that, and nobody sees it.
const METHODS = {
  "*": "all but getUpdates",
  "": "every one",
  getUpdates: "getUpdates",
  sendMessage: "sendMessage",
  copyMessage: "copyMessage",
  editMessageText: "editMessageText",
  setMessageReaction: "setMessageReaction",
  answerCallbackQuery: "answerCallbackQuery",
};
const OUTAGE = { kind: "html", method: "getUpdates", times: null };
const LATENCIES = { 0: "none", 0.3: "0.3 s", 1: "1 s", 5: "5 s" };
// Of Telegram's clock alone: old messages and unanswered buttons age; the bot's clock is its own.
const TIMES = { "An hour later": 3600, "A day later": 86400 };
const STATUSES = { member: "member", administrator: "administrator", restricted: "may not write", left: "removed", kicked: "banned" };

const RIGHTS = {
  can_delete_messages: "delete messages",
  can_pin_messages: "pin messages",
  can_restrict_members: "ban people",
  can_manage_topics: "manage topics",
};

// Telegram forgets old topics of large forums, has just lost one that was deleted meanwhile, or says nothing of it.
const DROPS = "drops";
const REFUSALS = { "": "arrives", "message thread not found": "“message thread not found”", TOPIC_DELETED: "“TOPIC_DELETED”", [DROPS]: "lands in General" };

const act = (action, body) => attempt(() => call(action, body));

/** @param {import("./store.js").Store} store */
export function breakIt(store) {
  const element = h("section", { class: "break", "aria-label": "Break it" });
  const parts = [telegram(store), bot(store), calls(store), group(store)];
  const [first, process, ...others] = parts.map((part) => part.element);
  element.append(h("div", { class: "boxes" }, first, process), ...others);
  const draw = () => parts.forEach((part) => part.draw());
  for (const kind of ["trouble", "process", "people"]) store.on(kind, draw);
  store.on("time", ({ now }) => toast(`Telegram's clock says ${moment(now)}; the bot has its own.`));
  draw();
  return element;
}

function box(title, ...content) {
  return h("div", { class: "box", role: "group", "aria-label": title }, h("h3", {}, title), ...content);
}

function toggle(label, onchange) {
  const input = h("input", { type: "checkbox", role: "switch", onchange: () => onchange(input.checked) });
  return { input, element: h("label", { class: "switch" }, input, h("span", {}, label)) };
}

function choose(label, choices, onchange = () => {}, more = "") {
  const options = Object.entries(choices).map(([value, text]) => h("option", { value }, text));
  const input = h("select", { onchange: () => onchange(input.value) }, ...options);
  return { input, element: h("label", { class: `choice ${more}` }, h("span", {}, label), input) };
}

function telegram(store) {
  const limits = toggle("Telegram's limits", (enabled) => act("limits", { enabled }));
  const outage = toggle("Outage of getUpdates", (on) => {
    if (on) return act("fault", OUTAGE);
    return Promise.all(outages(store).map(({ id }) => act("mend", { id })));
  });
  const latency = choose("Latency", LATENCIES, (value) => act("latency", { low: Number(value), high: Number(value) }), "inline");
  const times = Object.entries(TIMES).map(([label, seconds]) => h("button", { type: "button", class: "danger", onclick: () => act("advance", { seconds }) }, label));
  const time = h("div", { class: "faults", role: "group", "aria-label": "Telegram's clock" }, ...times);
  const element = box("Telegram", limits.element, outage.element, latency.element, time);
  const draw = () => {
    limits.input.checked = store.trouble.limits;
    outage.input.checked = outages(store).length > 0;
    latency.input.value = String(store.trouble.latency[1]);
  };
  return { element, draw };
}

const outages = (store) => store.trouble.faults.filter((one) => one.method === "getUpdates" && one.times === null);

function calls(store) {
  const times = choose("Strikes", { 1: "once", 3: "3 times", 10: "10 times", "": "until mended" });
  const method = choose("Method", METHODS, undefined, "roomy");
  const which = () => (method.input.value === "*" ? { spares: "getUpdates" } : { method: method.input.value || null });
  const strike = (fault) => act("fault", { ...fault, ...which(), times: Number(times.input.value) || null });
  const hint = h("p", { class: "hint", "aria-live": "polite" }, HINT);
  const buttons = Object.entries(FAULTS).map(([label, [meaning, fault]]) => {
    const tell = () => (hint.textContent = meaning);
    return h("button", { type: "button", class: "danger", title: meaning, onpointerenter: tell, onfocus: tell, onclick: () => strike(fault) }, label);
  });
  const active = h("div", { class: "active", "aria-live": "polite" });
  const element = box("The next calls", h("div", { class: "pair" }, times.element, method.element), h("div", { class: "faults" }, ...buttons), hint, active);
  const draw = () => {
    const chips = store.trouble.faults.map((fault) => h("button", { type: "button", class: "chip", title: "Mend", onclick: () => act("mend", { id: fault.id }) }, `${described(fault)} ✕`));
    const all = h("button", { type: "button", class: "plain", onclick: () => act("mend") }, "Mend everything");
    active.replaceChildren(...chips, store.trouble.faults.length ? all : "");
  };
  return { element, draw };
}

function described({ kind, status, method, spares, times }) {
  const what = kind === "error" ? status : kind.replace("_", " ");
  const where = method ?? (spares ? `all but ${spares}` : "every method");
  return `${what} · ${where}${times === null ? "" : ` × ${times}`}`;
}

function group(store) {
  const chosen = choose("Group", {}, () => draw());
  const rights = choose("The bot is", STATUSES, (status) => act("member", { chat: current().id, status }));
  const may = administratorsRights(store, () => current());
  const drops = toggle("Topics silently land in General", (drops_threads) => act("settings", { chat: current().id, drops_threads }));
  const loses = toggle("Ephemeral messages get lost", (loses_ephemeral) => act("settings", { chat: current().id, loses_ephemeral }));
  const upgrade = h("button", { type: "button", class: "danger", onclick: () => act("upgrade", { chat: current().id }) }, "Make this a supergroup");
  const thread = choose("Topic", {}, () => draw());
  const how = (chosen) => (chosen === DROPS ? { drops: true } : { description: chosen || null });
  const refuses = choose("Sends to it", REFUSALS, (chosen) => act("topic_refuses", { chat: current().id, thread: Number(thread.input.value), ...how(chosen) }));
  const gone = h("button", { type: "button", class: "danger", onclick: () => act("delete_topic", { chat: current().id, thread: Number(thread.input.value) }) }, "Delete this topic");
  const threads = h("div", { class: "topic-trouble" }, h("div", { class: "pair" }, thread.element, refuses.element), gone);
  const element = box("The group", h("div", { class: "pair" }, chosen.element, rights.element), may.element, upgrade, loses.element, drops.element, threads);
  const groups = () => [...store.chats.values()].filter((chat) => chat.type !== "private" && !chat.migrated_to);
  const current = () => store.chats.get(Number(chosen.input.value)) ?? groups()[0];
  const draw = () => {
    const now = current();
    element.hidden = !now;
    if (!now) return;
    fill(chosen.input, groups().map((chat) => [chat.id, nameOf(chat)]), now.id);
    rights.input.value = store.member(now, store.bot.id)?.status ?? "left";
    may.draw();
    upgrade.disabled = now.type !== "group";
    loses.input.checked = now.loses_ephemeral;
    drops.input.checked = now.drops_threads;
    drops.element.hidden = threads.hidden = !now.is_forum;
    const topics = now.topics.filter((topic) => topic.id !== GENERAL);
    fill(thread.input, topics.map((topic) => [topic.id, topic.name]));
    gone.disabled = refuses.input.disabled = !topics.length;
    const broken = topics.find((topic) => topic.id === Number(thread.input.value));
    refuses.input.value = broken?.drops ? DROPS : broken?.refuses ?? "";
  };
  return { element, draw };
}

/** Each right of a bot that is an administrator. */
function administratorsRights(store, current) {
  const has = () => store.member(current(), store.bot.id)?.rights ?? [];
  const give = () => {
    const lacking = switches.filter(([, one]) => !one.input.checked).map(([right]) => right);
    return act("member", { chat: current().id, status: "administrator", without: lacking });
  };
  const switches = Object.entries(RIGHTS).map(([right, label]) => [right, toggle(label, give)]);
  const element = h("div", { class: "rights", role: "group", "aria-label": "The bot may" }, h("p", {}, "The bot may"), ...switches.map(([, one]) => one.element));
  const draw = () => {
    element.hidden = store.member(current(), store.bot.id)?.status !== "administrator";
    for (const [right, one] of switches) one.input.checked = has().includes(right);
  };
  return { element, draw };
}

function fill(select, entries, value = select.value) {
  select.replaceChildren(...entries.map(([key, text]) => h("option", { value: key }, text)));
  select.value = String(value);
  if (select.selectedIndex < 0) select.selectedIndex = 0;
}

function bot(store) {
  const deed = (label, what, kind) => h("button", { type: "button", class: kind, onclick: () => act("process", { do: what }) }, label);
  const kill = deed("Kill it (kill -9)", "kill", "danger");
  const stop = deed("Ask it to stop", "stop", "plain");
  const start = deed("Start it again", "start", "primary");
  const note = h("p", { class: "hint" });
  const element = box("The bot's process", note, h("div", { class: "faults" }, kill, stop, start));
  const draw = () => {
    const { process } = store;
    kill.disabled = stop.disabled = !process?.running;
    start.disabled = !process || process.running;
    note.textContent = !process ? "Start the sandbox with --run to kill the bot from here." : process.running ? `Running, start ${process.starts}.` : `Dead, exit code ${process.exit_code ?? "?"}.`;
  };
  return { element, draw };
}
