// @ts-check
// Sizes: the largest cell with which a row fits into one line, else into two, and so on.

/** @import {BoardMessage} from "./messages.js" */
/** @import {Row, View} from "./view.js" */

import { paintBlock } from "./paint.js";
import { SIDE } from "./view.js";

export const LINK_WIDTH = 26;
const GAP_WIDTH = 14;
const BAR_WIDTH = 15;
const SPACES = new Map([
  ["right", LINK_WIDTH],
  ["left", LINK_WIDTH],
  ["bar", GAP_WIDTH + BAR_WIDTH],
]);

/**
 * Size and paint all rows, where their width has changed; returns whether it had.
 * @param {View} view
 */
export function layOut(view) {
  const width = view.rows[0]?.figure.clientWidth;
  const ratio = window.devicePixelRatio || 1;
  if (!width || (view.width === width && view.ratio === ratio)) return false;
  view.width = width;
  view.ratio = ratio;
  for (const row of view.rows) {
    row.cell = cellSize(row, width, view.data, ratio);
    row.figure.style.setProperty("--cell", `${row.cell}px`);
    row.grids.style.columnGap = `${GAP_WIDTH}px`;
    if (view.data.perLine) row.grids.style.maxWidth = `${lineWidth(row, view.data.perLine)}px`;
    row.blocks.forEach((_, index) => {
      paintBlock(view, row, index);
    });
    placeLinks(row);
  }
  return true;
}

/**
 * @param {Row} row
 * @param {number} width
 * @param {BoardMessage} data
 * @param {number} ratio
 */
function cellSize(row, width, { minCell, maxCell, perLine: fixed }, ratio) {
  const step = 1 / ratio;
  let cell = 0;
  for (const perLine of fixed ? [fixed] : linesToTry(row)) {
    cell = Math.floor((width - spaceBetween(row, perLine) - perLine * step) / (SIDE * perLine) / step) * step;
    if (cell >= minCell) break;
  }
  return Math.max(3, Math.min(cell, maxCell));
}

/** @param {Row} row */
function linesToTry(row) {
  const n = row.blocks.length;
  const least = row.source.links.some(Boolean) ? 2 : 1;
  const tried = [n, Math.ceil(n / 2), Math.ceil(n / 3), least];
  return [...new Set(tried)].filter((perLine) => perLine >= Math.min(least, n));
}

/**
 * @param {Row} row
 * @param {number} perLine
 */
function spaceBetween(row, perLine) {
  if (perLine < row.blocks.length) return (perLine - 1) * LINK_WIDTH;
  return row.source.links.reduce((total, link) => total + (SPACES.get(link) ?? GAP_WIDTH), 0);
}

/**
 * The width of a line of grids, and no more, so that the next one wraps.
 * @param {Row} row
 * @param {number} perLine
 */
function lineWidth(row, perLine) {
  return Math.ceil(perLine * (SIDE * row.cell + 1) + spaceBetween(row, perLine));
}

/** @param {Row} row */
function placeLinks(row) {
  for (const link of row.grids.querySelectorAll(".link")) {
    if (!(link instanceof HTMLElement)) continue;
    link.style.height = `${SIDE * row.cell}px`;
    link.style.marginTop = "18px";
  }
}
