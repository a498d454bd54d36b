/** What can be sent besides text. A file waits in the composer until Send; the rest goes at once. */

import { ask } from "./dialog.js";
import { h, icon } from "./dom.js";
import { closeMenu, openMenu } from "./menu.js";
import { hasMicrophone, record } from "./recorder.js";
import { samplePhoto, sampleVoice } from "./samples.js";

const STICKERS = ["🙂", "😂", "😍", "🤝", "🎉", "👋", "🚀", "🐱", "🦊", "🍀", "☕", "🌈"];
const MOST_IN_ALBUM = 10;
const RICH = [
  { type: "heading", text: "My order", size: 2 },
  { type: "paragraph", text: ["It came, but ", { type: "bold", text: "two things" }, " are missing:"] },
  { type: "paragraph", text: "the charger and the bag." },
];

/** @param {import("./composer.js").Composer} composer @param {Element} anchor */
export async function attachMenu(composer, anchor) {
  const samples = async (...numbers) => composer.attach(await Promise.all(numbers.map(async (number) => fromFile("photo", await samplePhoto(number)))));
  const microphone = await hasMicrophone();
  openMenu(anchor, [
    { label: "Photo, video or GIF…", icon: "photo", act: () => pick(composer, "image/*,video/*", seen) },
    { label: "Sample photo", icon: "photo", act: () => samples(0) },
    { label: "Sample album of three", icon: "photo", act: () => samples(1, 2, 3) },
    { label: "Sample live photo", icon: "photo", act: () => livePhoto(composer) },
    { label: "Sample rich message", icon: "document", act: () => composer.send({ kind: "rich_message", blocks: RICH }) },
    { label: "Music…", icon: "play", act: () => pick(composer, "audio/*", () => "audio") },
    { label: "Document…", icon: "document", act: () => pick(composer, null, () => "document") },
    microphone && { label: "Record a voice message…", icon: "voice", act: () => speak(composer) },
    { label: "Sample voice message", icon: "voice", act: () => sendVoice(composer, sampleVoice(), 3) },
    { label: "Location…", icon: "location", act: () => location(composer) },
    { label: "Contact…", icon: "contact", act: () => contact(composer) },
    { label: "Poll…", icon: "poll", act: () => poll(composer) },
    { label: "Sticker…", icon: "sticker", act: () => stickers(composer, anchor) },
  ]);
}

/** A still picture with a film behind it, which only Telegram's own applications make. */
async function livePhoto(composer) {
  composer.send({ kind: "live_photo", still: await base64(await samplePhoto(2)), duration: 3 });
}

/** Let the browser choose files; several become an album. */
function pick(composer, accept, kindOf) {
  const input = h("input", { type: "file", multiple: true, accept, class: "unseen", "aria-label": "Choose files" });
  input.addEventListener("change", async () => {
    const files = [...input.files].slice(0, MOST_IN_ALBUM);
    composer.attach(await Promise.all(files.map((file) => fromFile(kindOf(file), file))));
    input.remove();
  });
  document.body.append(input);
  input.click();
}

/** What Telegram's applications make of something that one looks at. */
function seen({ type }) {
  if (type === "image/gif") return "animation";
  return type.startsWith("video/") ? "video" : "photo";
}

async function speak(composer) {
  const spoken = await record();
  if (spoken) await sendVoice(composer, spoken.file, spoken.duration);
}

async function sendVoice(composer, file, duration) {
  composer.send({ kind: "voice", name: file.name, mime_type: typeOf(file), data: await base64(file), duration });
}

/**
 * @typedef {object} Attachment
 * @property {string} kind
 * @property {string} name
 * @property {string|null} mime_type
 * @property {string} data in base64
 * @property {string|null} preview the address of a picture
 * @property {{duration?: number, width?: number, height?: number}} about
 *
 * @param {string} kind @param {File} file @returns {Promise<Attachment>}
 */
export async function fromFile(kind, file) {
  const looks = kind === "photo" || kind === "animation";
  const preview = looks ? URL.createObjectURL(file) : null;
  const about = kind === "video" || kind === "audio" ? await measured(kind, file) : {};
  return { kind, name: file.name, mime_type: typeOf(file), data: await base64(file), preview, about };
}

/** What the browser says a file is, without its codecs. */
const typeOf = ({ type }) => type.split(";")[0] || null;

/** How long and how large something is; nothing if the browser cannot play it. */
async function measured(tag, file) {
  const player = h(tag, { preload: "metadata", src: URL.createObjectURL(file) });
  const known = await new Promise((resolve) => {
    player.addEventListener("loadedmetadata", () => resolve(true));
    player.addEventListener("error", () => resolve(false));
  });
  URL.revokeObjectURL(player.src);
  if (!known) return {};
  const size = tag === "video" ? { width: player.videoWidth, height: player.videoHeight } : {};
  return Number.isFinite(player.duration) ? { ...size, duration: Math.max(1, Math.round(player.duration)) } : size;
}

function base64(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}

async function location(composer) {
  const number = { type: "number" };
  const given = await ask("Send a location", [
    { name: "latitude", label: "Latitude", value: "52.5200", ...number },
    { name: "longitude", label: "Longitude", value: "13.4050", ...number },
  ], "Send");
  if (given) composer.send({ kind: "location", ...given });
}

async function contact(composer) {
  const given = await ask("Send a contact", [
    { name: "first_name", label: "Name", value: "Sam Example" },
    { name: "phone_number", label: "Phone", value: "+1 555 0100" },
  ], "Send");
  if (given) composer.send({ kind: "contact", ...given });
}

async function poll(composer) {
  const given = await ask("Send a poll", [
    { name: "question", label: "Question" },
    { name: "first", label: "First answer" },
    { name: "second", label: "Second answer" },
    { name: "third", label: "Third answer", required: false },
    { name: "several", label: "One may choose", choices: { "": "one answer", yes: "several answers" } },
  ], "Send");
  if (!given) return;
  const options = [given.first, given.second, given.third].filter(Boolean);
  composer.send({ kind: "poll", question: given.question, options, allows_multiple_answers: Boolean(given.several) });
}

function stickers(composer, anchor) {
  const choose = (emoji) => {
    closeMenu();
    composer.send({ kind: "sticker", emoji });
  };
  const all = STICKERS.map((one) => h("button", { type: "button", role: "menuitem", "aria-label": `Sticker ${one}`, onclick: () => choose(one) }, one));
  openMenu(anchor, [], h("div", { class: "emoji-row stickers", role: "group", "aria-label": "Stickers" }, ...all));
  all[0].focus();
}

/** An attachment that waits, as the composer shows it. */
export function thumbnail(attachment) {
  const look = attachment.preview ? h("img", { src: attachment.preview, alt: "" }) : icon(attachment.kind === "document" ? "document" : "play");
  return h("span", { class: "thumb", title: attachment.name }, look, attachment.preview ? null : h("span", {}, attachment.name));
}
