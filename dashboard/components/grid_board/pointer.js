// @ts-check
// Pointer and keys: pointing at cells, walking over them, choosing one.

/** @import {PlaceMessage} from "./messages.js" */
/** @import {Cursor, Point, Row, View} from "./view.js" */

import { clamp } from "../web/numbers.js";
import { openCell, pin, point, ring, unpin, unpoint } from "./tooltip.js";
import { SIDE } from "./view.js";
import { facts } from "./words.js";

/** @type {Record<string, [number, number]>} */
const MOVES = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

/**
 * Let a row answer to pointer and keys.
 * @param {View} view
 * @param {Row} row
 */
export function listen(view, row) {
  row.blocks.forEach((block, index) => {
    listenTo(block.canvas, view, row, index, (event) => {
      const [line, column] = cellAt(block.canvas, row, event);
      return 1 + line * SIDE + column;
    });
    if (block.marker) listenTo(block.marker, view, row, index, () => 0);
  });
  row.figure.addEventListener("dblclick", () => openCell(view, row, row.cursor.block, row.cursor.offset));
  row.figure.addEventListener("keydown", (event) => onKey(view, row, event));
  row.figure.addEventListener("blur", () => unpoint(view));
}

/**
 * @param {HTMLElement} target
 * @param {View} view
 * @param {Row} row
 * @param {number} index
 * @param {(event: Point) => number} offsetAt
 */
function listenTo(target, view, row, index, offsetAt) {
  target.addEventListener("pointermove", (event) => point(view, row, index, offsetAt(event), event));
  target.addEventListener("pointerleave", () => unpoint(view));
  target.addEventListener("click", (event) => {
    unpin(view);
    press(view, row, index, offsetAt(event), event);
  });
}

/**
 * Line and column of the cell under a point.
 * @param {HTMLCanvasElement} canvas
 * @param {Row} row
 * @param {Point} at
 * @returns {[number, number]}
 */
export function cellAt(canvas, row, at) {
  const box = canvas.getBoundingClientRect();
  const place = (/** @type {number} */ distance) => clamp(Math.floor(distance / row.cell), 0, SIDE - 1);
  return [place(at.clientY - box.top), place(at.clientX - box.left)];
}

/**
 * @param {View} view
 * @param {Row} row
 * @param {KeyboardEvent} event
 */
function onKey(view, row, event) {
  if (event.composedPath()[0] !== row.figure) return;
  if (event.key === "Escape") unpin(view);
  if (event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    choose(view, row);
  }
  const move = MOVES[event.key];
  if (!move) return;
  event.preventDefault();
  unpin(view);
  step(row, row.cursor, move);
  const { block, offset } = row.cursor;
  point(view, row, block, offset, placeOf(row, row.cursor));
  view.spoken.textContent = facts(view.data, row, block, offset).join(", ");
}

/**
 * Choose the cell under the cursor; open it when it has been chosen already.
 * @param {View} view
 * @param {Row} row
 */
function choose(view, row) {
  const { block, offset } = row.cursor;
  const { pinned } = view;
  const again = pinned?.row === row && pinned.block === block && pinned.offset === offset;
  if (again) openCell(view, row, block, offset);
  else press(view, row, block, offset);
}

/**
 * The middle of a cell on the screen.
 * @param {Row} row
 * @param {Cursor} cursor
 */
function placeOf(row, { block, offset }) {
  const { canvas, marker } = row.blocks[block];
  const box = (offset === 0 && marker ? marker : canvas).getBoundingClientRect();
  const [line, column] = offset === 0 ? [0, 0] : [Math.floor((offset - 1) / SIDE), (offset - 1) % SIDE];
  return { clientX: box.left + (column + 0.5) * row.cell, clientY: box.top + (line + 0.5) * row.cell };
}

/**
 * Sideways from grid to grid; up from the first line to the marker, and down from it.
 * @param {Row} row
 * @param {Cursor} cursor
 * @param {[number, number]} move
 */
function step(row, cursor, [down, right]) {
  if (cursor.offset === 0) {
    if (down > 0) cursor.offset = 1;
    if (right && row.blocks[cursor.block + right]?.marker) cursor.block += right;
    return;
  }
  const line = Math.floor((cursor.offset - 1) / SIDE) + down;
  if (line < 0 && row.blocks[cursor.block].marker) {
    cursor.offset = 0;
    return;
  }
  let column = ((cursor.offset - 1) % SIDE) + right;
  if (column < 0 || column >= SIDE) {
    if (!row.blocks[cursor.block + right]) return;
    cursor.block += right;
    column = column < 0 ? SIDE - 1 : 0;
  }
  cursor.offset = 1 + clamp(line, 0, SIDE - 1) * SIDE + column;
}

/**
 * @param {View} view
 * @param {Row} row
 * @param {number} block
 * @param {number} offset
 * @param {Point} [at]
 */
function press(view, row, block, offset, at) {
  const { clickable } = view.data;
  if (!clickable && !view.addresses) return;
  const cell = { row: row.index, block, offset };
  select(view, cell);
  if (view.addresses) pin(view, row, block, offset, at);
  if (clickable) view.send.clicked(cell);
}

/**
 * Outline a cell as the chosen one.
 * @param {View} view
 * @param {PlaceMessage | null} cell
 */
export function select(view, cell) {
  view.chosen?.remove();
  view.selected = cell;
  if (cell && view.width) view.chosen = ring(view.rows[cell.row], cell.block, cell.offset, "ring");
}
