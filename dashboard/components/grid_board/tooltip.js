// @ts-check
// What is known of the cell that is pointed at; a chosen cell's facts stay, with the way to its Cell view.

/** @import {Point, Row, View} from "./view.js" */

import { element, onPlainClick, text } from "../web/dom.js";
import { tellValue } from "../web/pointed.js";
import { BLOCK, SIDE } from "./view.js";
import { facts, valueAt } from "./words.js";

const CELL_PAGE = "cell";

/**
 * Show the facts of a cell beside a point.
 * @param {View} view
 * @param {Row} row
 * @param {number} block
 * @param {number} offset
 * @param {Point} at
 */
export function point(view, row, block, offset, at) {
  if (view.pinned) return;
  row.cursor = { block, offset: row.blocks[block].marker ? offset : Math.max(1, offset) };
  pointRing(view, row);
  const [colour, place, ...rest] = facts(view.data, row, block, offset);
  const first = element("div", "colour");
  if (offset > 0) {
    const swatch = element("i");
    swatch.style.background = view.data.style.palette[row.tokens[block * BLOCK + offset]];
    first.append(swatch);
  }
  first.append(colour);
  view.tooltip.replaceChildren(first, text("div", place, "place"), ...rest.map((line) => text("div", line)));
  tellValue(valueAt(view.data, row, block * BLOCK + offset));
  view.tooltip.hidden = false;
  view.tooltip.classList.remove("pinned");
  view.pointed = { clientX: at.clientX, clientY: at.clientY };
  placeTooltip(view);
}

/** @param {View} view */
export function unpoint(view) {
  if (view.pinned) return;
  view.ring?.remove();
  view.tooltip.hidden = true;
  tellValue(null);
}

/**
 * Keep the facts of a cell on the screen.
 * @param {View} view
 * @param {Row} row
 * @param {number} block
 * @param {number} offset
 * @param {Point} [at]
 */
export function pin(view, row, block, offset, at) {
  if (at || view.tooltip.hidden) point(view, row, block, offset, at ?? middleOf(row, block));
  const link = text("a", "Open in Cell view", "open");
  const address = view.addresses?.[row.index] ?? {};
  const position = String(row.source.starts[block] + offset);
  link.href = `${CELL_PAGE}?${new URLSearchParams({ ...address, position })}`;
  onPlainClick(link, () => openCell(view, row, block, offset));
  view.tooltip.append(link);
  view.tooltip.classList.add("pinned");
  view.pinned = { row, block, offset };
  placeTooltip(view);
}

/** @param {View} view */
export function unpin(view) {
  view.pinned = null;
  unpoint(view);
}

/**
 * Go to the Cell view of a cell.
 * @param {View} view
 * @param {Row} row
 * @param {number} block
 * @param {number} offset
 */
export function openCell(view, row, block, offset) {
  if (!view.addresses) return;
  unpin(view);
  view.send.opened({ row: row.index, block, offset });
}

/**
 * Outline the cell under a row's cursor.
 * @param {View} view
 * @param {Row} row
 */
export function pointRing(view, row) {
  view.ring?.remove();
  view.ring = ring(row, row.cursor.block, row.cursor.offset, "ring hover");
}

/**
 * A ring around a cell.
 * @param {Row} row
 * @param {number} block
 * @param {number} offset
 * @param {string} kind
 */
export function ring(row, block, offset, kind) {
  const mark = element("div", kind);
  const { canvas, head, marker, holder } = row.blocks[block];
  const grow = 2;
  const target = offset === 0 ? (marker ?? head) : null;
  const left = target ? target.offsetLeft : ((offset - 1) % SIDE) * row.cell;
  const top = target ? target.offsetTop : canvas.offsetTop + Math.floor((offset - 1) / SIDE) * row.cell;
  const size = target ? 13 : row.cell;
  mark.style.left = `${left - grow}px`;
  mark.style.top = `${top - grow}px`;
  mark.style.width = mark.style.height = `${size + 2 * grow + 1}px`;
  holder.append(mark);
  return mark;
}

/**
 * @param {Row} row
 * @param {number} block
 */
function middleOf(row, block) {
  const box = row.blocks[block].canvas.getBoundingClientRect();
  return { clientX: box.left + box.width / 2, clientY: box.top + box.height / 2 };
}

/** @param {View} view */
function placeTooltip({ tooltip, pointed }) {
  const { offsetWidth: width, offsetHeight: height } = tooltip;
  const right = pointed.clientX + 16 + width < window.innerWidth;
  const below = pointed.clientY + 18 + height < window.innerHeight;
  tooltip.style.left = `${right ? pointed.clientX + 14 : pointed.clientX - width - 10}px`;
  tooltip.style.top = `${below ? pointed.clientY + 16 : pointed.clientY - height - 10}px`;
}
