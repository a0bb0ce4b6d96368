// @ts-check
// The quiz's grids behind the marks, pale, once for every column; the answer's grid alone at the end.

/** @import {TraceMessage} from "./messages.js" */
/** @import {Layout} from "./layout.js" */

import { BLOCK, corner, middle, SIDE } from "./layout.js";
import { shape } from "./shapes.js";

/**
 * @param {Layout} layout
 * @param {TraceMessage} data
 */
export function grids(layout, data) {
  const last = data.columns.length;
  const group = shape("g", {});
  data.columns.forEach(({ title }, column) => {
    group.append(heading(layout, data, column, title));
    for (let grid = 0; grid < data.labels.length; grid++)
      group.append(...oneGrid(layout, data, column, grid));
  });
  const answered = data.labels.length - 1;
  group.append(...oneGrid(layout, data, last, answered), heading(layout, data, last, "answer", answered));
  return group;
}

/**
 * @param {Layout} layout
 * @param {TraceMessage} data
 * @param {number} column
 * @param {string} title
 * @param {number} [grid] above which it stands
 */
function heading(layout, data, column, title, grid = 0) {
  const { x, y } = corner(layout, data, column, grid);
  const node = shape("text", { x, y: y - 17, class: "title" });
  node.textContent = title;
  return node;
}

/**
 * @param {Layout} layout
 * @param {TraceMessage} data
 * @param {number} column
 * @param {number} grid
 */
function oneGrid(layout, data, column, grid) {
  const { cell } = layout;
  const { x, y } = corner(layout, data, column, grid);
  const label = shape("text", { x, y: y - 4, class: "label" });
  label.textContent = data.labels[grid];
  const cells = Array.from({ length: SIDE * SIDE }, (_, index) => {
    const token = Number.parseInt(data.cells[grid * BLOCK + 1 + index], 15);
    const place = { x: x + (index % SIDE) * cell, y: y + Math.floor(index / SIDE) * cell };
    const unknown = grid * BLOCK + 1 + index > data.target.position;
    return shape("rect", {
      ...place,
      width: cell,
      height: cell,
      fill: unknown ? data.style.palette[0] : data.style.faded[token],
      class: unknown ? "unread" : "cell",
    });
  });
  const frame = shape("rect", { x, y, width: SIDE * cell, height: SIDE * cell, class: "frame" });
  return [label, ...cells, frame];
}

/**
 * The outlined cell of the answer, in its colour.
 * @param {Layout} layout
 * @param {TraceMessage} data
 */
export function answerCell(layout, data) {
  const { x, y } = middle(layout, data, data.columns.length, data.target.position);
  const side = layout.cell + 4;
  return shape("rect", {
    x: x - side / 2,
    y: y - side / 2,
    width: side,
    height: side,
    fill: data.style.palette[data.target.token],
    class: "answer",
  });
}
