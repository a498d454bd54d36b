/** A menu that opens at a button: arrow keys move, Enter chooses, Escape closes. */

import { arrowKeys, focusOn, h, icon } from "./dom.js";

const EDGE = 8;

/**
 * @typedef {{label: string, icon?: string, danger?: boolean, act: () => void}} Item
 * @param {Element} anchor
 * @param {(Item|null|false)[]} items
 * @param {Element} [first] something above the items, like a row of emoji
 */
export function openMenu(anchor, items, first) {
  closeMenu();
  const before = document.activeElement;
  const entries = items.filter(Boolean).map((item) =>
    h(
      "button",
      { type: "button", role: "menuitem", tabindex: -1, class: item.danger ? "danger" : "", onclick: () => { close(); item.act(); } },
      item.icon ? icon(item.icon) : null,
      h("span", {}, item.label),
    ),
  );
  const menu = h("div", { class: "menu", role: "menu", popover: "manual" }, first ?? null, ...entries);
  const end = new AbortController();
  function close() {
    end.abort();
    menu.remove();
    current = null;
    if (before?.isConnected) before.focus();
  }
  current = close;
  document.body.append(menu);
  menu.showPopover?.();
  place(menu, anchor.getBoundingClientRect());
  arrowKeys(menu, "[role=menuitem]");
  focusOn(entries, entries[0]);
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" && event.key !== "Tab") return;
    event.preventDefault();
    event.stopPropagation();
    close();
  });
  const outside = (event) => {
    if (!menu.contains(event.target)) close();
  };
  setTimeout(() => document.addEventListener("pointerdown", outside, { signal: end.signal }));
  return close;
}

/** @type {(() => void)|null} */
let current = null;

export function closeMenu() {
  current?.();
}

/** Below the anchor, or above it where there is no room. */
function place(menu, at) {
  const { width, height } = menu.getBoundingClientRect();
  const below = at.bottom + height + EDGE < innerHeight;
  const top = below ? at.bottom + 4 : Math.max(EDGE, at.top - height - 4);
  const left = Math.min(Math.max(EDGE, at.left), innerWidth - width - EDGE);
  menu.style.top = `${top}px`;
  menu.style.left = `${left}px`;
}
