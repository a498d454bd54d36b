/** The lines of a list, drawn anew: touched are only those that changed, and the focus stays. */

/**
 * Whoever presses a line while a message comes has pressed it.
 * @param {HTMLElement} list
 * @param {HTMLElement[]} fresh
 */
export function lines(list, fresh) {
  const focused = list.contains(document.activeElement) ? document.activeElement.dataset.chat : null;
  fresh.forEach((line, index) => {
    const old = list.children[index];
    if (!old) list.append(line);
    else if (!old.isEqualNode(line)) old.replaceWith(line);
  });
  while (list.children.length > fresh.length) list.lastChild.remove();
  if (focused) list.querySelector(`[data-chat="${focused}"]`)?.focus();
}
