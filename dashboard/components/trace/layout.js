// @ts-check
// Where grids and cells stand: a column of four small grids for each block, side by side on a wide screen; a
// row of four grids each, below one another, on a narrow one.

/** @import {TraceMessage, TraceNodeMessage} from "./messages.js" */

import { clamp } from "../web/numbers.js";

export const SIDE = 10;
export const BLOCK = 1 + SIDE * SIDE;
const N_GRIDS = 4;
const TITLE = 20;
const LABEL = 15;
const NARROW = 640;
const SMALLEST = 6;
const LARGEST = 11;
const BETWEEN_ROWS = 64;
const LEFT = 14;

/** @typedef {{x: number, y: number}} Point */

/**
 * @typedef {object} Layout
 * @property {boolean} narrow
 * @property {number} cell side of a cell in pixels
 * @property {number} width
 * @property {number} height
 */

/**
 * @param {number} available pixels across
 * @param {number} columns
 * @returns {Layout}
 */
export function layoutFor(available, columns) {
  const narrow = available < NARROW;
  if (narrow) {
    const cell = clamp(Math.floor((available - LEFT - 3 * 8) / (N_GRIDS * SIDE)), SMALLEST, LARGEST);
    const height = (columns + 1) * (TITLE + LABEL + SIDE * cell) + columns * BETWEEN_ROWS;
    return { narrow, cell, width: Math.max(available, LEFT + 4 * SIDE * cell + 24), height: height + 8 };
  }
  const width = Math.max(available, (columns + 1) * (LEFT + SIDE * SMALLEST * 1.8));
  const cell = clamp(Math.floor((width / (columns + 1)) * 0.055), SMALLEST, LARGEST);
  return { narrow, cell, width, height: TITLE + N_GRIDS * (LABEL + SIDE * cell + 6) + 4 };
}

/**
 * The upper left corner of a grid; column: one more than the last stands for the answer.
 * @param {Layout} layout
 * @param {TraceMessage} data
 * @param {number} column
 * @param {number} grid
 * @returns {Point}
 */
export function corner(layout, data, column, grid) {
  const side = SIDE * layout.cell;
  if (layout.narrow) {
    const row = TITLE + LABEL + side + BETWEEN_ROWS;
    return { x: LEFT + grid * (side + 8), y: column * row + TITLE + LABEL };
  }
  const step = (layout.width - LEFT - side - 4) / data.columns.length;
  return { x: LEFT + column * step, y: TITLE + LABEL + grid * (LABEL + side + 6) };
}

/**
 * The middle of the cell of a position in a column; markers and the 0 in front stand beside their grid.
 * @param {Layout} layout
 * @param {TraceMessage} data
 * @param {number} column
 * @param {number} position
 * @returns {Point}
 */
export function middle(layout, data, column, position) {
  const { cell } = layout;
  if (position < 0) {
    const { x, y } = corner(layout, data, column, 0);
    return { x: x - 7, y: y + 7 };
  }
  const grid = Math.floor(position / BLOCK);
  const { x, y } = corner(layout, data, column, grid);
  const offset = (position % BLOCK) - 1;
  if (offset < 0) return { x: x - 4, y: y - 4 };
  return { x: x + ((offset % SIDE) + 0.5) * cell, y: y + (Math.floor(offset / SIDE) + 0.5) * cell };
}

/**
 * Where a node stands.
 * @param {Layout} layout
 * @param {TraceMessage} data
 * @param {TraceNodeMessage} node
 */
export function placeOf(layout, data, node) {
  return middle(layout, data, node.column, node.position);
}
