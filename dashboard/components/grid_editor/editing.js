// @ts-check
// The quiz as it is painted: its past, what was sent, what is drawn.

/** @import {Row, View} from "../grid_board/view.js" */

import { paintBlock } from "../grid_board/paint.js";
import { tokensOf } from "../grid_board/rows.js";
import { BLOCK } from "../grid_board/view.js";

/**
 * @typedef {object} Editor
 * @property {View} view
 * @property {Row} row the only row of its board
 * @property {number} brush the token that is painted with
 * @property {string} cells a letter per token
 * @property {string[]} past cells before each change
 * @property {string[]} undone cells that changes were taken back from, the last one last
 * @property {boolean} fills whether a click fills a whole area of one colour
 * @property {string[]} sent cells the server has not answered to
 * @property {string} frame everything drawn but the cells
 * @property {HTMLElement} bar
 * @property {(cells: string) => void} send
 */

/**
 * Take the last change back.
 * @param {Editor} editor
 */
export function takeBack(editor) {
  const before = editor.past.pop();
  if (before === undefined) return;
  editor.undone.push(editor.cells);
  editor.cells = before;
  show(editor);
}

/**
 * Make the last change again that was taken back.
 * @param {Editor} editor
 */
export function redo(editor) {
  const after = editor.undone.pop();
  if (after === undefined) return;
  editor.past.push(editor.cells);
  editor.cells = after;
  show(editor);
}

/**
 * Copy the cells of one grid to another.
 * @param {Editor} editor
 * @param {string} from label of the grid
 * @param {string} to
 */
export function copyGrid(editor, from, to) {
  const { row } = editor;
  const [source, target] = [from, to].map((label) => row.source.labels.indexOf(label) * BLOCK + 1);
  row.tokens.splice(target, BLOCK - 1, ...row.tokens.slice(source, source + BLOCK - 1));
  commit(editor);
}

/**
 * Keep and send what has been painted.
 * @param {Editor} editor
 */
export function commit(editor) {
  const cells = editor.row.tokens.map((token) => token.toString(15)).join("");
  if (cells === editor.cells) return;
  editor.past.push(editor.cells);
  editor.undone = [];
  editor.cells = cells;
  show(editor);
}

/**
 * Draw the editor's cells and send them; they are remembered until the server has seen them.
 * @param {Editor} editor
 */
function show(editor) {
  const { view, row } = editor;
  row.tokens = tokensOf(editor.cells);
  row.blocks.forEach((_, index) => {
    paintBlock(view, row, index);
  });
  editor.sent.push(editor.cells);
  editor.send(editor.cells);
}
