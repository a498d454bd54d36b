/** Times in messages that show how long ago they are (https://core.telegram.org/bots/api#date-time-entity-formatting). */

import { h } from "./dom.js";
import { moment, now } from "./words.js";

const UNITS = [
  ["year", 31536000],
  ["month", 2592000],
  ["day", 86400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
];
const AGO = new Intl.RelativeTimeFormat("en");
const PARTS = {
  w: { weekday: "long" },
  d: { dateStyle: "short" },
  D: { dateStyle: "long" },
  t: { timeStyle: "short" },
  T: { timeStyle: "medium" },
};

/**
 * A time as the reader's own client shows it; without a format it keeps the words of the message.
 * @param {any} entity
 * @param {string} words
 */
export function clock(entity, words) {
  const seconds = entity.unix_time;
  const view = entity.date_time_format ?? "";
  const props = { class: "clock", datetime: new Date(seconds * 1000).toISOString(), title: moment(seconds) };
  if (view === "r") return h("time", { ...props, "data-since": seconds, "aria-live": "off" }, ago(seconds));
  const shown = [...view].map((part) => new Intl.DateTimeFormat("en-GB", PARTS[part]).format(seconds * 1000));
  return h("time", props, shown.join(", ") || words);
}

function ago(seconds) {
  const passed = seconds - Math.floor(now());
  if (passed === 0) return "now";
  const [unit, size] = UNITS.find(([, size]) => Math.abs(passed) >= size) ?? UNITS.at(-1);
  return AGO.format(Math.trunc(passed / size), unit);
}

/** Keep all of them right; no message is edited for it. */
export function run() {
  setInterval(() => {
    for (const one of document.querySelectorAll("time[data-since]")) {
      const words = ago(Number(one.dataset.since));
      if (one.textContent !== words) one.textContent = words;
    }
  }, 1000);
}
