/** What is not text: pictures, films, sounds, files, places, people. */

import { fileUrl } from "./api.js";
import { avatar } from "./avatar.js";
import { h, icon } from "./dom.js";
import { poll } from "./poll.js";
import { richMessage } from "./richmessage.js";
import { attempt } from "./toast.js";
import { kindOf, size } from "./words.js";

/** @param {any} message @param {import("./message.js").Scene} scene @returns {Element|null} */
export function media(message, scene) {
  const kind = kindOf(message);
  return VIEWS[kind]?.(message[kind], message, scene) ?? null;
}

const VIEWS = {
  rich_message: richMessage,
  live_photo: (live) => h("div", { class: "live" }, picture(live.photo.at(-1).file_id, "Live photo"), h("small", {}, "LIVE")),
  photo: (sizes) => picture(sizes.at(-1).file_id),
  video: (video) => film(video, video.file_name ?? "Video"),
  animation: (video) => (isGif(video) ? picture(video.file_id, "GIF") : film(video, "GIF", "loop")),
  video_note: (video) => film(video, "Video message", "round"),
  audio,
  document: (document) => file("document", document.file_name ?? "Document", document),
  voice,
  sticker: ({ emoji }) => h("div", { class: "sticker", role: "img", "aria-label": `Sticker ${emoji}` }, emoji ?? "🙂"),
  dice: ({ emoji, value }) => h("div", { class: "sticker" }, emoji, h("span", { class: "dice" }, String(value))),
  venue: (venue) => place(venue.location, `${venue.title}, ${venue.address}`),
  location: (location) => place(location, location.live_period ? "Live location" : "Location"),
  contact,
  poll,
};

function picture(fileId, alt = "Photo") {
  const image = h("img", { class: "photo", alt, loading: "lazy", decoding: "async" });
  fileUrl(fileId).then((url) => (image.src = url), () => (image.alt = `The ${alt} is gone`));
  image.addEventListener("load", () => image.classList.toggle("tiny", image.naturalWidth < 32));
  return image;
}

/** A GIF may be sent as it is, or as the film that Telegram makes of it. */
const isGif = (what) => what.mime_type === "image/gif" || /\.gif$/i.test(what.file_name ?? "");

function film(what, label, more = "") {
  return player("video", what, label, tile(label, what, more), { class: more, loop: more === "loop" });
}

/**
 * A film or a sound under the browser's own controls. Until it can be played, something stands
 * instead; for what cannot be played at all, like the samples of a test, for ever.
 */
function player(tag, what, label, instead, more = {}) {
  const element = h(tag, { controls: true, preload: "metadata", "aria-label": label, ...more });
  const box = h("div", { class: `player ${tag}`, "data-file": what.file_id }, instead);
  element.addEventListener("loadedmetadata", () => box.replaceChildren(element));
  fileUrl(what.file_id, "application/octet-stream").then(
    (url) => (element.src = url),
    () => box.append(h("small", {}, "The file is gone.")),
  );
  return box;
}

/** A row that is drawn anew goes on playing what the old one plays. */
export function keepPlayers(old, fresh) {
  const before = old.querySelectorAll(".player");
  fresh.querySelectorAll(".player").forEach((box, index) => {
    if (before[index]?.dataset.file === box.dataset.file) box.replaceWith(before[index]);
  });
}

function tile(label, { duration }, more) {
  return h("div", { class: `tile ${more}` }, icon("play"), h("span", {}, label), h("small", {}, clock(duration)));
}

const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;

function audio(what) {
  const label = what.title ?? what.file_name ?? "Music";
  return h("div", { class: "music" }, file("play", label, what), player("audio", what, label));
}

function file(name, label, what) {
  const save = () => attempt(() => download(what.file_id, label));
  const props = { type: "button", class: "file", onclick: save, title: `Save ${label}` };
  const text = h("span", { class: "file-text" }, h("b", { dir: "auto" }, label), h("small", {}, size(what.file_size ?? 0)));
  return h("button", props, h("span", { class: "file-icon" }, icon(name)), text);
}

/** Save a file as it is; it is never opened here. */
async function download(fileId, name) {
  h("a", { href: await fileUrl(fileId, "application/octet-stream"), download: name }).click();
}

function voice(what) {
  const bars = h("span", { class: "bars", "aria-hidden": "true" });
  for (const letter of what.file_unique_id.slice(-16) + what.file_unique_id.slice(-8)) {
    const bar = h("i");
    bar.style.height = `${4 + (parseInt(letter, 36) % 9) * 2}px`;
    bars.append(bar);
  }
  const sample = h("div", { class: "voice" }, h("span", { class: "file-icon" }, icon("voice")), bars, h("small", {}, clock(what.duration)));
  return player("audio", what, "Voice message", sample);
}

function place({ latitude, longitude }, label) {
  const where = `${latitude.toFixed(4)}, ${longitude.toFixed(4)}`;
  const map = h("div", { class: "map", "aria-hidden": "true" }, icon("location"));
  return h("div", { class: "place" }, map, h("b", { dir: "auto" }, label), h("small", {}, where));
}

function contact(who) {
  const person = { ...who, id: who.user_id ?? who.phone_number.length };
  const text = h("span", { class: "file-text" }, h("b", { dir: "auto" }, [who.first_name, who.last_name].filter(Boolean).join(" ")), h("small", {}, who.phone_number));
  return h("div", { class: "file" }, avatar(person), text);
}
