/** The bar above everything: the bot and how it is, tools, which panes are shown. */

import { avatar } from "./avatar.js";
import { h, icon } from "./dom.js";
import { toggleRecording } from "./record.js";
import { nameOf } from "./words.js";

/** @param {import("./store.js").Store} store @param {import("./pane.js").Pane[]} panes @param {import("./dock.js").Dock} dock */
export function top(store, panes, dock) {
  const state = h("span", { class: "state" });
  const drawState = () => {
    const [text, kind] = stateOf(store);
    state.textContent = text;
    state.className = `state ${kind}`;
  };
  for (const kind of ["connection", "process", "people"]) store.on(kind, drawState);
  drawState();
  const bot = h("div", { class: "brand" }, avatar(store.bot), h("div", {}, h("h1", { dir: "auto" }, nameOf(store.bot)), state));
  return h("div", { class: "top-row" }, bot, phoneSwitch(store, panes), tools(store, dock));
}

function stateOf(store) {
  if (store.lost && !store.connected) return ["the sandbox does not answer", "bad"];
  if (!store.process) return [`@${store.bot.username}`, "good"];
  if (store.process.running) return ["the bot is running", "good"];
  return [`the bot is dead (exit code ${store.process.exit_code ?? "?"})`, "bad"];
}

function tools(store, dock) {
  const tool = (name, label, onclick) => h("button", { type: "button", class: "tool", title: label, "aria-label": label, onclick }, icon(name), h("span", {}, label));
  const breakIt = tool("bolt", "Break it", () => dock.toggle("break"));
  const log = tool("log", "API log", () => dock.toggle("log"));
  const record = tool("record", "Record", () => toggleRecording(store));
  const two = tool("columns", "Two panes", () => {
    const one = document.body.classList.toggle("one-pane");
    two.setAttribute("aria-pressed", String(!one));
  });
  two.classList.add("wide-only");
  two.setAttribute("aria-pressed", "true");
  const drawDock = () => {
    breakIt.setAttribute("aria-expanded", String(dock.shows("break")));
    log.setAttribute("aria-expanded", String(dock.shows("log")));
  };
  const drawRecord = () => {
    record.classList.toggle("on", store.recording);
    record.setAttribute("aria-pressed", String(store.recording));
    const label = store.recording ? "Save the recording" : "Record";
    record.ariaLabel = record.title = label;
    record.lastChild.textContent = store.recording ? "Save" : "Record";
  };
  dock.changed = drawDock;
  store.on("recording", drawRecord);
  drawDock();
  drawRecord();
  return h("div", { class: "tools", role: "toolbar", "aria-label": "Tools" }, breakIt, log, record, two);
}

/** On a phone one pane is shown at a time. */
function phoneSwitch(store, panes) {
  const box = h("div", { class: "phone-switch", role: "group", "aria-label": "Pane" });
  const choose = (index) => {
    document.body.dataset.pane = String(index);
    draw();
  };
  const draw = () => {
    const shown = Number(document.body.dataset.pane ?? 0);
    box.replaceChildren(
      ...panes.map((pane, index) =>
        h("button", { type: "button", "aria-pressed": String(index === shown), onclick: () => choose(index) }, pane.person?.first_name ?? `${index + 1}`),
      ),
    );
  };
  for (const kind of ["people", "became"]) store.on(kind, draw);
  choose(0);
  return box;
}
