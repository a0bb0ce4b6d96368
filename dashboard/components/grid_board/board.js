// @ts-check
// Draws a board anew where its data changed, and keeps what is known of it on the component's root.

/** @import {BoardMessage} from "./messages.js" */
/** @import {Senders, View} from "./view.js" */

import { element, focusedBeside } from "../web/dom.js";
import { layOut } from "./layout.js";
import { legend } from "./legend.js";
import { listen, select } from "./pointer.js";
import { buildRow } from "./rows.js";
import { unpin } from "./tooltip.js";

/**
 * @typedef {object} Board
 * @property {View} view
 * @property {string} signature of the data that is drawn
 */

/** @typedef {HTMLElement & {board?: Board}} BoardRoot */

/**
 * Draw the data; what needs no new drawing is only taken over. Returns the view and whether it is a new one.
 * @param {BoardRoot} root
 * @param {BoardMessage} data
 * @param {Senders} send
 * @param {boolean} [shown] whether the screen shows the data already
 */
export function refresh(root, data, send, shown = false) {
  const { selected, addresses, ...drawn } = data;
  const signature = JSON.stringify(drawn);
  const old = root.board;
  const same = old && (shown || old.signature === signature);
  if (!same) old?.view.ignore.abort();
  const view = same ? old.view : build(root, data, send);
  root.board = { view, signature };
  view.send = send;
  view.addresses = addresses;
  select(view, selected);
  return { view, anew: !same };
}

/**
 * @param {HTMLElement} root
 * @param {BoardMessage} data
 * @param {Senders} send
 * @returns {View}
 */
function build(root, data, send) {
  const focused = focusedRow(root);
  const tooltip = element("div", "tooltip", { role: "tooltip", hidden: true });
  const spoken = element("div", "spoken", { "aria-live": "polite" });
  const list = element("div", "rows");
  list.style.gridTemplateColumns = `repeat(auto-fit, minmax(min(100%, ${data.rowWidth}px), 1fr))`;
  const rows = data.rows.map((row, index) => buildRow(data, row, index));
  const view = {
    ...{ data, send, rows, tooltip, spoken, addresses: data.addresses, ignore: new AbortController() },
    ...{ pointed: { clientX: 0, clientY: 0 }, width: 0, ratio: 1 },
    ...{ selected: null, chosen: null, ring: null, pinned: null },
  };
  for (const row of rows) listen(view, row);
  list.append(...rows.map((row) => row.figure));
  root.replaceChildren(...legend(data), list, tooltip, spoken);
  if (focused >= 0) rows[Math.min(focused, rows.length - 1)]?.figure.focus({ preventScroll: true });
  new ResizeObserver(() => resize(view)).observe(list);
  resize(view);
  letGoElsewhere(view, root);
  return view;
}

/**
 * Which row has the focus, -1 for none.
 * @param {HTMLElement} root
 */
function focusedRow(root) {
  const focused = focusedBeside(root);
  return focused ? [...root.querySelectorAll(".row")].indexOf(focused) : -1;
}

/** @param {View} view */
function resize(view) {
  if (layOut(view)) select(view, view.selected);
}

/**
 * A kept cell is let go by a press outside the board, or by scrolling.
 * @param {View} view
 * @param {HTMLElement} root
 */
function letGoElsewhere(view, root) {
  const { signal } = view.ignore;
  const away = (/** @type {Event} */ event) => {
    if (!event.composedPath().includes(root)) unpin(view);
  };
  document.addEventListener("pointerdown", away, { signal });
  window.addEventListener("scroll", () => unpin(view), { signal, capture: true, passive: true });
}
