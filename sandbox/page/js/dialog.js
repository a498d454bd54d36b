/** Questions in a modal dialog; Escape closes them, and the focus goes back to where it was. */

import { h } from "./dom.js";

/**
 * @typedef {{name: string, label: string, value?: string, type?: string, required?: boolean,
 *            placeholder?: string, choices?: Record<string, string>}} Field
 * @param {string} title
 * @param {Field[]} fields
 * @param {string} submit what stands on the button
 * @returns {Promise<Record<string, string>|null>} the answers; null when it was closed
 */
export function ask(title, fields, submit) {
  const form = h("form", { class: "form" }, h("h2", {}, title), ...fields.map(line));
  const cancel = h("button", { type: "button", class: "plain" }, "Cancel");
  form.append(h("div", { class: "form-end" }, cancel, h("button", { class: "primary", autofocus: !fields.length }, submit)));
  const dialog = h("dialog", { class: "dialog", "aria-label": title }, form);
  return new Promise((resolve) => {
    let answers = null;
    cancel.addEventListener("click", () => dialog.close());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      answers = Object.fromEntries(new FormData(form));
      dialog.close();
    });
    open(dialog, () => resolve(answers));
  });
}

function line({ name, label, value = "", type = "text", required = true, placeholder, choices }) {
  const props = { name, required, placeholder, value };
  const field = choices
    ? h("select", { name }, ...Object.entries(choices).map(([key, text]) => h("option", { value: key }, text)))
    : h("input", { ...props, type, step: type === "number" ? "any" : null, autocomplete: "off" });
  return h("label", { class: "field" }, h("span", {}, label), field);
}

/** A message that one has to close: a callback answer with `show_alert`. */
export function alertBox(title, text) {
  const close = h("button", { type: "button", class: "primary" }, "OK");
  const body = h("div", { class: "form" }, h("h2", {}, title), h("p", { dir: "auto" }, text));
  body.append(h("div", { class: "form-end" }, close));
  const dialog = h("dialog", { class: "dialog", "aria-label": title }, body);
  close.addEventListener("click", () => dialog.close());
  open(dialog, () => {});
}

/** Show anything in a dialog with a button that closes it. */
export function show(title, ...content) {
  const close = h("button", { type: "button", class: "plain" }, "Close");
  const body = h("div", { class: "form" }, h("h2", {}, title), ...content);
  body.append(h("div", { class: "form-end" }, close));
  const dialog = h("dialog", { class: "dialog wide", "aria-label": title }, body);
  close.addEventListener("click", () => dialog.close());
  open(dialog, () => {});
  return dialog;
}

function open(dialog, closed) {
  const before = document.activeElement;
  dialog.addEventListener("close", () => {
    dialog.remove();
    before?.focus?.();
    closed();
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  document.body.append(dialog);
  dialog.showModal();
}
