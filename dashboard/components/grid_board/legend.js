// @ts-check
// What the marks on the cells mean, and the names of the colours.

/** @import {GridStyleMessage} from "../web/messages.js" */
/** @import {BoardMessage, ScaleMessage} from "./messages.js" */

import { element, svg, text } from "../web/dom.js";
import { inked, swatch } from "../web/ink.js";
import { number } from "../web/numbers.js";

/**
 * The legend of a board, or nothing.
 * @param {BoardMessage} data
 */
export function legend(data) {
  if (!data.legend) return [];
  const groups = [];
  if (data.ink && data.scale) groups.push(inkLegend(data.style, data.scale));
  if (data.rows.some((row) => (row.wrong ?? []).length > 0)) groups.push(crossLegend());
  if (data.colourKey) groups.push(...colourLegend(data.style));
  if (groups.length === 0) return [];
  const bar = element("div", "legend");
  bar.append(...groups);
  return [bar];
}

/**
 * @param {GridStyleMessage} style
 * @param {ScaleMessage} scale
 */
function inkLegend(style, scale) {
  const group = element("span", "group scale");
  group.append(text("span", scale.name));
  for (const share of [0.1, 0.25, 0.5, 1]) {
    group.append(inked(style, share, 15, "swatch inked"), text("span", number(share * scale.maximum)));
  }
  return group;
}

function crossLegend() {
  const group = element("span", "group");
  const mark = element("span", "crossed");
  mark.append(svg("M1 1H17V17H1ZM5 5L13 13M13 5L5 13", "0 0 18 18", "#14121f"));
  group.append(mark, text("span", "wrong cell"));
  return group;
}

/** @param {GridStyleMessage} style */
function colourLegend(style) {
  return style.palette.map((_, token) => {
    const group = element("span", "group");
    group.append(swatch(token, style), text("span", style.names[token]));
    return group;
  });
}
