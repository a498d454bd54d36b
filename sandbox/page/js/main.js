/** Begins: learns the secret, asks who there is, opens two panes, follows the feed. */

import { call, useSecret } from "./api.js";
import { run as runClocks } from "./clocks.js";
import { ask } from "./dialog.js";
import { h } from "./dom.js";
import { Dock } from "./dock.js";
import { Pane } from "./pane.js";
import { Store } from "./store.js";
import { follow } from "./stream.js";
import { attempt, toast } from "./toast.js";
import { top } from "./top.js";
import { peopleOf } from "./who.js";

const EXAMPLE = {
  users: [
    { first_name: "Alice", username: "alice", language_code: "en" },
    { first_name: "Борис", username: "boris", language_code: "ru" },
    { first_name: "ليلى", username: "layla", language_code: "ar" },
    { first_name: "Kate", username: "kate", language_code: "en" },
    { first_name: "Max", username: "max", language_code: "en" },
  ],
  group: "Support",
};

async function begin() {
  const store = new Store();
  await load(store);
  const panes = [new Pane(store, "Left pane"), new Pane(store, "Right pane")];
  const dock = new Dock(store);
  document.getElementById("top").replaceChildren(top(store, panes, dock));
  document.getElementById("panes").replaceChildren(...panes.map((pane) => pane.element));
  if (store.people.size) await cast(store, panes);
  else offerExample(store, panes);
  follow(() => store.seq, (change) => store.apply(change), (connected) => onState(store, connected));
}

/** Ask who there is; without the secret, ask for it first. */
async function load(store) {
  for (;;) {
    try {
      return await store.load();
    } catch (error) {
      if (error.status !== 403) toast(error.message, "error");
      const label = "The secret that the sandbox printed when it started";
      const given = await ask("This page needs the sandbox's secret", [{ name: "secret", label }], "Open");
      if (given) useSecret(given.secret.trim());
    }
  }
}

/** Left somebody outside, right a member of a group. */
async function cast(store, [left, right]) {
  const { outside, inside } = peopleOf(store);
  const people = [...outside, ...inside];
  await left.become((outside[0] ?? people[0]).id);
  await right.become((inside[0] ?? people[1] ?? people[0]).id);
}

function offerExample(store, panes) {
  const make = async () => {
    const made = [];
    for (const user of EXAMPLE.users) made.push((await call("user", user)).id);
    await call("group", { title: EXAMPLE.group, members: made.slice(3) });
    await store.load();
    box.remove();
    cast(store, panes);
  };
  const button = h("button", { type: "button", class: "primary", onclick: make }, "Three users and a group of two");
  const box = h("div", { class: "offer" }, h("h2", {}, "Nobody is here yet"), h("p", {}, "Add people with +, or begin with an example."), button);
  document.getElementById("panes").append(box);
}

/** A sandbox that was started again has forgotten everything: so does the page. */
async function onState(store, connected) {
  const again = connected && store.lost;
  store.connected = connected;
  store.lost ||= !connected;
  store.tell("connection");
  if (again && (await attempt(() => call("seq"))) < store.seq) location.reload();
}

runClocks();
begin();
