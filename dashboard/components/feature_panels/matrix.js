// @ts-check
// A table of numbers, shaded by their share of the largest.

/** @import {MatrixCell, MatrixPanel} from "./messages.js" */

import { element, text } from "../web/dom.js";
import { pageLink } from "./links.js";

const BELOW = "#c2571a";

/** @param {MatrixPanel} panel */
export function drawMatrix(panel) {
  const table = element("table");
  const head = element("tr");
  head.append(element("th"), ...panel.columns.map((name) => text("th", name)));
  const top = element("thead");
  top.append(head);
  const body = element("tbody");
  for (const row of panel.rows) {
    const line = element("tr");
    line.append(text("th", row.label), ...row.cells.map(drawCell));
    body.append(line);
  }
  table.append(top, body);
  const scroll = element("div", "scroll");
  scroll.append(table);
  return [scroll];
}

/** @param {MatrixCell} cell */
function drawCell(cell) {
  const node = text("td", cell.href ? "" : cell.text);
  if (cell.href) node.append(pageLink(cell.href, cell.text));
  if (cell.title) node.title = cell.title;
  const tone = cell.share < 0 ? BELOW : "var(--bar)";
  const depth = Math.round(85 * Math.min(1, Math.abs(cell.share)));
  node.style.background = `color-mix(in srgb, ${tone} ${depth}%, transparent)`;
  return node;
}
