/** What can be sent besides text. A file waits in the composer until Send; the rest goes at once. */

import { ask } from "./dialog.js";
import { h, icon } from "./dom.js";
import { closeMenu, openMenu } from "./menu.js";

const STICKERS = ["🙂", "😂", "😍", "🤝", "🎉", "👋", "🚀", "🐱", "🦊", "🍀", "☕", "🌈"];
const MOST_IN_ALBUM = 10;

/** @param {import("./composer.js").Composer} composer @param {Element} anchor */
export function attachMenu(composer, anchor) {
  openMenu(anchor, [
    { label: "Photo…", icon: "photo", act: () => pick(composer, "photo") },
    { label: "Sample photo", icon: "photo", act: async () => composer.attach([await samplePhoto(0)]) },
    { label: "Sample album of three", icon: "photo", act: async () => composer.attach(await Promise.all([1, 2, 3].map(samplePhoto))) },
    { label: "Document…", icon: "document", act: () => pick(composer, "document") },
    { label: "Voice message", icon: "voice", act: () => composer.send({ kind: "voice", duration: 3 }) },
    { label: "Location…", icon: "location", act: () => location(composer) },
    { label: "Contact…", icon: "contact", act: () => contact(composer) },
    { label: "Sticker…", icon: "sticker", act: () => stickers(composer, anchor) },
  ]);
}

/** Let the browser choose files; several become an album. */
function pick(composer, kind) {
  const accept = kind === "photo" ? "image/*" : null;
  const input = h("input", { type: "file", multiple: true, accept, class: "unseen", "aria-label": `Choose a ${kind}` });
  input.addEventListener("change", async () => {
    const files = [...input.files].slice(0, MOST_IN_ALBUM);
    composer.attach(await Promise.all(files.map((file) => fromFile(kind, file))));
    input.remove();
  });
  document.body.append(input);
  input.click();
}

/** @typedef {{kind: string, name: string, data: string, preview: string|null}} Attachment */

/** @param {string} kind @param {File} file @returns {Promise<Attachment>} */
export async function fromFile(kind, file) {
  const preview = kind === "photo" ? URL.createObjectURL(file) : null;
  return { kind, name: file.name, data: await base64(file), preview };
}

function base64(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}

/** A picture that is painted here: hills under a sky. */
async function samplePhoto(number) {
  const canvas = h("canvas", { width: 640, height: 440 });
  const paint = canvas.getContext("2d");
  const hue = [205, 28, 265, 150][number];
  const sky = paint.createLinearGradient(0, 0, 0, 440);
  sky.addColorStop(0, `hsl(${hue} 70% 62%)`);
  sky.addColorStop(1, `hsl(${hue + 30} 80% 88%)`);
  paint.fillStyle = sky;
  paint.fillRect(0, 0, 640, 440);
  paint.fillStyle = "#fffbe8";
  paint.beginPath();
  paint.arc(470 - number * 90, 120, 46, 0, 7);
  paint.fill();
  for (let layer = 0; layer < 3; layer++) {
    paint.fillStyle = `hsl(${hue + 120} ${26 + layer * 8}% ${52 - layer * 13}%)`;
    paint.beginPath();
    paint.moveTo(0, 440);
    for (let x = 0; x <= 640; x += 8) {
      paint.lineTo(x, 250 + layer * 60 + Math.sin(x / (90 - layer * 18) + layer * 2 + number) * 34);
    }
    paint.lineTo(640, 440);
    paint.fill();
  }
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  return fromFile("photo", new File([blob], `hills-${number + 1}.png`, { type: "image/png" }));
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
  const look = attachment.preview ? h("img", { src: attachment.preview, alt: "" }) : icon("document");
  return h("span", { class: "thumb", title: attachment.name }, look, attachment.preview ? null : h("span", {}, attachment.name));
}
