// @ts-check
// A grid board whose cells the reader paints: a palette, painting by click and drag, keys.
// What is drawn here is always ahead of the server: an answer to an older drawing never undoes a newer one.

/** @import {BoardMessage} from "../grid_board/messages.js" */
/** @import {BoardRoot} from "../grid_board/board.js" */
/** @import {Component} from "../web/messages.js" */
/** @import {Editor} from "./editing.js" */

import { refresh } from "../grid_board/board.js";
import { rootOf } from "../web/dom.js";
import { listenToBrush } from "./brush.js";
import { paletteBar, typeCell } from "./palette.js";

/** @typedef {BoardRoot & {editor?: Editor}} EditorRoot */

/** @param {Component<BoardMessage>} component */
export default function draw(component) {
  /** @type {EditorRoot} */
  const root = rootOf(component);
  const { data } = component;
  const nothing = () => undefined;
  const shown = root.editor ? catchUp(root.editor, data) : false;
  const { view, anew } = refresh(root, data, { clicked: nothing, opened: nothing }, shown);
  if (anew) makeEditable(root, view, data);
  if (root.editor) root.editor.send = (cells) => component.setTriggerValue("edited", cells);
}

/**
 * Whether the screen already shows what the server sends; cells that the server has not caught up with yet are
 * kept in the data.
 * @param {Editor} editor
 * @param {BoardMessage} data
 */
function catchUp(editor, data) {
  const [row] = data.rows;
  if (row.cells === editor.cells) editor.sent = [];
  else if (editor.sent.includes(row.cells)) row.cells = editor.cells;
  else return startAnew(editor, row.cells);
  return frame(data) === editor.frame;
}

/**
 * @param {Editor} editor
 * @param {string} cells
 */
function startAnew(editor, cells) {
  editor.sent = [];
  editor.past = [];
  editor.undone = [];
  editor.cells = cells;
  return false;
}

/**
 * Everything but the cells themselves.
 * @param {BoardMessage} data
 */
function frame(data) {
  const rows = data.rows.map(({ cells, ...row }) => row);
  return JSON.stringify({ ...data, rows });
}

/**
 * @param {EditorRoot} root
 * @param {import("../grid_board/view.js").View} view
 * @param {BoardMessage} data
 */
function makeEditable(root, view, data) {
  const [row] = view.rows;
  const kept = root.editor ?? {
    brush: 1,
    sent: [],
    past: [],
    undone: [],
    fills: false,
    cells: data.rows[0].cells,
    send: () => undefined,
  };
  /** @type {Editor} */
  const editor = Object.assign(kept, { view, row, frame: frame(data), bar: document.createElement("div") });
  root.editor = editor;
  editor.bar = paletteBar(editor);
  root.prepend(editor.bar);
  row.figure.classList.add("editable");
  row.figure.setAttribute("aria-roledescription", "editable grids");
  row.blocks.forEach((_, index) => {
    listenToBrush(editor, index);
  });
  row.figure.addEventListener("keydown", (event) => typeCell(editor, event));
}
