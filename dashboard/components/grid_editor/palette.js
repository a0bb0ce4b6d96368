// @ts-check
// The colours to paint with, and painting by keys.

/** @import {Editor} from "./editing.js" */

import { paintBlock } from "../grid_board/paint.js";
import { pointRing } from "../grid_board/tooltip.js";
import { BLOCK } from "../grid_board/view.js";
import { facts } from "../grid_board/words.js";
import { element, text } from "../web/dom.js";
import { commit, copyGrid, redo, takeBack } from "./editing.js";

const HINT =
  "Click or drag to paint; hold Shift for a rectangle. Or move with the arrow keys and type 0 to 9 or a.";
const COPIES = [
  ["A", "f(A)"],
  ["B", "f(B)"],
];

/** @param {Editor} editor */
export function paletteBar(editor) {
  const bar = element("div", "palette", { role: "toolbar", "aria-label": "Colour to paint with" });
  const { style } = editor.view.data;
  bar.append(...style.palette.map((_, token) => paintButton(editor, token)));
  bar.append(
    fillButton(editor),
    tool("Undo", "Take the last change back", () => takeBack(editor)),
    tool("Redo", "Make the change again", () => redo(editor)),
    ...COPIES.map(([from, to]) =>
      tool(`${from} → ${to}`, `Copy ${from} to ${to}`, () => copyGrid(editor, from, to)),
    ),
    text("span", HINT, "hint"),
  );
  return bar;
}

/**
 * @param {string} label
 * @param {string} title
 * @param {() => void} act
 */
function tool(label, title, act) {
  const button = element("button", "tool", { type: "button", title });
  button.textContent = label;
  button.addEventListener("click", act);
  return button;
}

/** @param {Editor} editor */
function fillButton(editor) {
  const title = "A click fills the whole area of one colour";
  const button = tool("Fill", title, () => {
    editor.fills = !editor.fills;
    button.setAttribute("aria-pressed", String(editor.fills));
  });
  button.setAttribute("aria-pressed", String(editor.fills));
  return button;
}

/**
 * @param {Editor} editor
 * @param {number} token
 */
function paintButton(editor, token) {
  const { style } = editor.view.data;
  const title = `${style.names[token]}: key ${style.digits[token]}`;
  const button = element("button", "paint", { type: "button", title });
  button.setAttribute("aria-pressed", String(token === editor.brush));
  button.style.background = style.palette[token];
  button.style.color = style.digitColours[token];
  button.textContent = style.digits[token];
  button.addEventListener("click", () => choose(editor, token));
  return button;
}

/**
 * @param {Editor} editor
 * @param {number} token
 */
function choose(editor, token) {
  editor.brush = token;
  editor.bar.querySelectorAll(".paint").forEach((button, i) => {
    button.setAttribute("aria-pressed", String(i === token));
  });
}

/**
 * @param {Editor} editor
 * @param {KeyboardEvent} event
 */
export function typeCell(editor, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) {
    const key = event.key.toLowerCase();
    if (event.altKey || !["y", "z"].includes(key)) return;
    event.preventDefault();
    if (key === "y" || event.shiftKey) redo(editor);
    else takeBack(editor);
    return;
  }
  const paints = event.key === "Enter" || event.key === " ";
  const digit = event.key.length === 1 ? editor.view.data.style.digits.indexOf(event.key.toLowerCase()) : -1;
  const token = paints ? editor.brush : digit;
  if (token < 0) return;
  event.preventDefault();
  if (!paints) choose(editor, token);
  paintCursor(editor, token);
  moveOn(editor, paints ? 0 : 1);
}

/**
 * @param {Editor} editor
 * @param {number} token
 */
function paintCursor(editor, token) {
  const { view, row } = editor;
  row.tokens[row.cursor.block * BLOCK + row.cursor.offset] = token;
  paintBlock(view, row, row.cursor.block);
  commit(editor);
}

/**
 * @param {Editor} editor
 * @param {number} cells
 */
function moveOn({ view, row }, cells) {
  row.cursor.offset = Math.min(BLOCK - 1, row.cursor.offset + cells);
  pointRing(view, row);
  view.spoken.textContent = facts(view.data, row, row.cursor.block, row.cursor.offset).join(", ");
}
