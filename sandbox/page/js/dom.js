/** Building elements. Nothing here, or anywhere, makes HTML out of text. */

/**
 * An element with attributes, listeners (`onclick: …`) and children; null and false are left out.
 * @param {string} tag
 * @param {Record<string, any>} [props]
 * @param {...(Node|string|null|false|undefined)} children
 * @returns {any}
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value") element.value = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat().filter((child) => child || child === 0 || child === ""));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/** Line icons on a grid of 24, drawn for this page. */
const PATHS = {
  attach: "M8 12.500l5.500-5.500a3 3 0 0 1 4.200 4.200l-7.400 7.400a5 5 0 0 1-7-7L11 4",
  back: "M15 5l-7 7 7 7",
  bolt: "M13 3L5 14h6l-1 7 8-11h-6z",
  close: "M6 6l12 12M18 6L6 18",
  columns: "M4 5h16v14H4zM12 5v14",
  command: "M15 4L9 20",
  contact: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 20c1-4 4-6 8-6s7 2 8 6",
  copy: "M8 8h11v12H8zM5 16V4h11",
  document: "M6 3h8l4 4v14H6zM14 3v4h4",
  down: "M6 9l6 6 6-6",
  edit: "M4 20l1-5L16 4l4 4L9 19z",
  location: "M12 21c-5-6-7-9-7-12a7 7 0 0 1 14 0c0 3-2 6-7 12zM12 11a2 2 0 1 0 0-4 2 2 0 0 0 0 4z",
  lock: "M6 11h12v9H6zM9 11V8a3 3 0 0 1 6 0v3",
  log: "M4 6h16M4 12h16M4 18h10",
  more: "M12 6v.01M12 12v.01M12 18v.01",
  photo: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15 9v.01",
  pin: "M9 4h6l-1 6 4 4H6l4-4zM12 14v6",
  play: "M8 5l11 7-11 7z",
  plus: "M12 5v14M5 12h14",
  poll: "M6 20v-8M12 20V4M18 20v-5",
  record: "M12 18a6 6 0 1 0 0-12 6 6 0 0 0 0 12z",
  reply: "M10 6l-6 6 6 6M4 12h9c4 0 6 2 7 6",
  send: "M4 12l16-8-5 16-4-6zM11 14l9-10",
  sticker: "M12 21a9 9 0 1 1 9-9c-5 0-9 4-9 9zM9 10v.01M15 10v.01",
  voice: "M12 15a3 3 0 0 0 3-3V6a3 3 0 0 0-6 0v6a3 3 0 0 0 3 3zM6 12a6 6 0 0 0 12 0M12 18v3",
};

/**
 * @param {keyof typeof PATHS} name
 * @returns {SVGElement}
 */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("data-name", name);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

/** A button that shows an icon and is called by its label. */
export function iconButton(name, label, onclick, more = {}) {
  const props = { type: "button", class: "icon-button", "aria-label": label, title: label };
  return h("button", { ...props, onclick, ...more }, icon(name));
}

/**
 * Arrow keys, Home and End move among the elements that `items` finds; Tab enters and leaves.
 * @param {HTMLElement} box
 * @param {string} items a selector
 * @param {{previous?: string, next?: string}} [keys]
 */
export function arrowKeys(box, items, { previous = "ArrowUp", next = "ArrowDown" } = {}) {
  box.addEventListener("keydown", (event) => {
    const all = [...box.querySelectorAll(items)].filter((item) => !item.closest("[hidden]"));
    const at = all.indexOf(document.activeElement);
    const to = { [previous]: at - 1, [next]: at + 1, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined || at < 0) return;
    event.preventDefault();
    focusOn(all, all[Math.max(0, Math.min(to, all.length - 1))]);
  });
}

/** Give one of several the focus, and make it the one that Tab finds. */
export function focusOn(all, chosen) {
  for (const item of all) item.tabIndex = item === chosen ? 0 : -1;
  chosen?.focus();
}
