// @ts-check
// The keyboard's place, found again after what had the focus was drawn anew.

const TAKES_FOCUS = ".mark, button, a[href]";

/**
 * @typedef {object} Place
 * @property {number} area of the root's children
 * @property {number} index among all that take the focus there
 * @property {string} [id] of a mark
 * @property {string} [group] of a mark
 */

/**
 * The place of what has the focus inside a root; null when it is elsewhere.
 * @param {HTMLElement} root
 * @returns {Place | null}
 */
export function focusedPlace(root) {
  const tree = root.getRootNode();
  const focused = tree instanceof ShadowRoot || tree instanceof Document ? tree.activeElement : null;
  if (!(focused instanceof HTMLElement || focused instanceof SVGElement)) return null;
  const area = [...root.children].findIndex((child) => child.contains(focused));
  if (area < 0) return null;
  const index = takers(root, area).indexOf(focused);
  return { area, index, id: focused.dataset.id, group: focused.dataset.group };
}

/**
 * Focus what stands at a place now: a mark or, opened or closed, one of its group; else what is as far down.
 * @param {HTMLElement} root
 * @param {Place | null} place
 */
export function focusPlace(root, place) {
  if (!place) return;
  const all = takers(root, place.area);
  const marked = (/** @type {"id" | "group"} */ name) =>
    place[name] === undefined ? undefined : all.find((one) => one.dataset[name] === place[name]);
  const there = marked("id") ?? marked("group") ?? all[Math.min(place.index, all.length - 1)];
  const next = there?.matches(":disabled") ? all.find((one) => !one.matches(":disabled")) : there;
  next?.focus({ preventScroll: true });
}

/**
 * @param {HTMLElement} root
 * @param {number} area
 * @returns {(HTMLElement | SVGElement)[]}
 */
function takers(root, area) {
  return [...(root.children[area]?.querySelectorAll(TAKES_FOCUS) ?? [])].filter(
    (one) => one instanceof HTMLElement || one instanceof SVGElement,
  );
}
