// @ts-check
// Bars with labels: to one side or to both, with a line that marks a baseline.

/** @import {GridStyleMessage} from "../web/messages.js" */
/** @import {BarRow, BarsPanel} from "./messages.js" */

import { element, text } from "../web/dom.js";
import { swatch } from "../web/ink.js";
import { clamp } from "../web/numbers.js";
import { pageLink } from "./links.js";

/**
 * @param {BarsPanel} panel
 * @param {GridStyleMessage} style
 */
export function drawBars(panel, style) {
  const grid = element("div", panel.wide ? "bars wide" : "bars");
  for (const row of panel.rows) grid.append(...barRow(row, panel.signed ?? false, style));
  return [grid];
}

/**
 * @param {BarRow} row
 * @param {boolean} signed
 * @param {GridStyleMessage} style
 */
function barRow(row, signed, style) {
  const label = element("span", "label");
  if (row.token !== undefined) label.append(swatch(row.token, style));
  label.append(row.href ? pageLink(row.href, row.label) : text("span", row.label));
  const nodes = [label, track(row, signed), text("span", row.text, "value")];
  if (row.detail) nodes.push(text("span", row.detail, "detail"));
  return nodes;
}

/**
 * @param {BarRow} row
 * @param {boolean} signed
 */
function track({ share, title, mark, markTitle }, signed) {
  const rail = element("div", "track", { title });
  const fill = element("i", share < 0 ? "below" : "");
  const length = Math.min(1, Math.abs(share));
  fill.style.width = `${(signed ? 50 : 100) * length}%`;
  fill.style.left = signed ? `${share < 0 ? 50 - 50 * length : 50}%` : "0";
  rail.append(fill);
  if (signed) rail.append(element("s"));
  if (mark === undefined) return rail;
  const line = element("b", "", { title: markTitle });
  line.style.left = `${100 * clamp(mark, 0, 1)}%`;
  rail.append(line);
  return rail;
}
