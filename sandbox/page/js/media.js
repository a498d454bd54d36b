/** What is not text: pictures, files, places, people. */

import { fileUrl } from "./api.js";
import { avatar } from "./avatar.js";
import { h, icon } from "./dom.js";
import { attempt, toast } from "./toast.js";
import { kindOf, size } from "./words.js";

/** @param {any} message @returns {Element|null} */
export function media(message) {
  const kind = kindOf(message);
  return VIEWS[kind]?.(message[kind], message) ?? null;
}

const VIEWS = {
  photo: (sizes) => picture(sizes.at(-1).file_id),
  video: (video) => tile("play", video.file_name ?? "Video", video),
  animation: (video) => tile("play", "GIF", video),
  video_note: (video) => tile("play", "Video message", video, "round"),
  audio: (audio) => file("voice", audio.title ?? audio.file_name ?? "Music", audio),
  document: (document) => file("document", document.file_name ?? "Document", document),
  voice,
  sticker: ({ emoji }) => h("div", { class: "sticker", role: "img", "aria-label": `Sticker ${emoji}` }, emoji ?? "🙂"),
  dice: ({ emoji, value }) => h("div", { class: "sticker" }, emoji, h("span", { class: "dice" }, String(value))),
  venue: (venue) => place(venue.location, `${venue.title}, ${venue.address}`),
  location: (location) => place(location, location.live_period ? "Live location" : "Location"),
  contact,
  poll,
};

function picture(fileId) {
  const image = h("img", { class: "photo", alt: "Photo", loading: "lazy", decoding: "async" });
  fileUrl(fileId).then((url) => (image.src = url), () => (image.alt = "The photo is gone"));
  image.addEventListener("load", () => image.classList.toggle("tiny", image.naturalWidth < 32));
  return image;
}

function tile(name, label, what, more = "") {
  return h("div", { class: `tile ${more}` }, icon(name), h("span", {}, label), h("small", {}, `0:0${what.duration ?? 1}`));
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
  const play = h("button", { type: "button", class: "file-icon", "aria-label": "Play voice message" }, icon("play"));
  play.addEventListener("click", async () => {
    const sound = new Audio(await fileUrl(what.file_id, what.mime_type));
    sound.play().catch(() => toast("This recording has no sound: it is a sample of the sandbox."));
  });
  return h("div", { class: "voice" }, play, bars, h("small", {}, `0:${String(what.duration).padStart(2, "0")}`));
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

function poll({ question, options }) {
  const list = options.map((option) => h("li", { dir: "auto" }, option.text));
  return h("div", { class: "poll" }, h("b", { dir: "auto" }, question), h("ul", {}, ...list));
}
