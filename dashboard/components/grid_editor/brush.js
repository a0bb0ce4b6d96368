// @ts-check
// A stroke: from pressing to letting go, inside one grid; it is sent as a whole. With Shift, a rectangle.
// Filling: a click colours the whole area of one colour around it.

/** @import {Editor} from "./editing.js" */

import { paintBlock } from "../grid_board/paint.js";
import { cellAt } from "../grid_board/pointer.js";
import { BLOCK, SIDE } from "../grid_board/view.js";
import { commit } from "./editing.js";

const ERASER = 0;
const NEIGHBOURS = [
  [-1, 0],
  [1, 0],
  [0, -1],
  [0, 1],
];

/**
 * @typedef {object} Stroke
 * @property {[number, number]} start line and column of its first cell
 * @property {number[]} before tokens before it
 * @property {number} token
 */

/**
 * Let a grid be painted on.
 * @param {Editor} editor
 * @param {number} index
 */
export function listenToBrush(editor, index) {
  const { row } = editor;
  const { canvas } = row.blocks[index];
  /** @type {Stroke | null} */
  let stroke = null;
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    const start = cellAt(canvas, row, event);
    if (editor.fills) {
      fillArea(editor, index, start);
      return;
    }
    canvas.setPointerCapture(event.pointerId);
    const there = row.tokens[index * BLOCK + 1 + start[0] * SIDE + start[1]];
    stroke = { start, before: [...row.tokens], token: there === editor.brush ? ERASER : editor.brush };
    dab(editor, index, stroke, event);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (stroke) dab(editor, index, stroke, event);
  });
  const end = () => {
    if (stroke) commit(editor);
    stroke = null;
  };
  canvas.addEventListener("pointerup", end);
  canvas.addEventListener("pointercancel", end);
}

/**
 * @param {Editor} editor
 * @param {number} index
 * @param {Stroke} stroke
 * @param {PointerEvent} event
 */
function dab({ view, row }, index, stroke, event) {
  const [line, column] = cellAt(row.blocks[index].canvas, row, event);
  const [fromLine, fromColumn] = event.shiftKey ? stroke.start : [line, column];
  if (event.shiftKey) row.tokens = [...stroke.before];
  for (let i = Math.min(line, fromLine); i <= Math.max(line, fromLine); i++) {
    const first = index * BLOCK + 1 + i * SIDE;
    row.tokens.fill(
      stroke.token,
      first + Math.min(column, fromColumn),
      first + Math.max(column, fromColumn) + 1,
    );
  }
  paintBlock(view, row, index);
}

/**
 * Paint the cells of one colour that hang together with a cell, side by side.
 * @param {Editor} editor
 * @param {number} index of the grid
 * @param {[number, number]} start line and column
 */
export function fillArea(editor, index, start) {
  const { tokens } = editor.row;
  const place = (/** @type {[number, number]} */ [line, column]) => index * BLOCK + 1 + line * SIDE + column;
  const old = tokens[place(start)];
  if (old === editor.brush) return;
  const open = [start];
  for (let cell = open.pop(); cell; cell = open.pop()) {
    const [line, column] = cell;
    const outside = Math.min(line, column) < 0 || Math.max(line, column) >= SIDE;
    if (outside || tokens[place(cell)] !== old) continue;
    tokens[place(cell)] = editor.brush;
    open.push(
      ...NEIGHBOURS.map(([down, right]) => /** @type {[number, number]} */ ([line + down, column + right])),
    );
  }
  commit(editor);
}
