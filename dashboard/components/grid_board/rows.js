// @ts-check
// Rows of grids as elements: each a figure of its own, reached with Tab, read cell by cell with the arrow keys.

/** @import {BoardMessage, RowMessage} from "./messages.js" */
/** @import {Block, Row} from "./view.js" */

import { contextOf, element, svg, text } from "../web/dom.js";
import { bytesOf, inked } from "../web/ink.js";
import { LINK_WIDTH } from "./layout.js";
import { BLOCK } from "./view.js";
import { describe } from "./words.js";

const ARROWS = { right: "M1 5H16M12 1L16 5L12 9", left: "M17 5H2M6 1L2 5L6 9" };

/**
 * @param {BoardMessage} data
 * @param {RowMessage} source
 * @param {number} index
 * @returns {Row}
 */
export function buildRow(data, source, index) {
  const values = source.values ? bytesOf(source.values) : null;
  const blocks = source.labels.map((label, block) =>
    buildBlock(data, source, label, block, values?.[block * BLOCK] ?? 0),
  );
  const row = {
    index,
    source,
    tokens: tokensOf(source.cells),
    values,
    probability: source.probability ? bytesOf(source.probability) : null,
    wrong: pairs(source.wrong),
    noise: pairs(source.noise),
    figure: element("figure", data.clickable || data.addresses ? "row clickable" : "row"),
    grids: element("div", "grids"),
    blocks,
    cursor: { block: 0, offset: 1 },
    cell: 0,
  };
  const told = {
    tabindex: 0,
    role: "img",
    "aria-roledescription": "grids",
    "aria-label": describe(row, data),
  };
  for (const [name, value] of Object.entries(told)) row.figure.setAttribute(name, String(value));
  row.grids.append(...units(source.links, blocks));
  row.figure.append(...caption(source), row.grids);
  return row;
}

/**
 * The tokens that letters stand for.
 * @param {string} cells
 */
export function tokensOf(cells) {
  return Array.from(cells, (letter) => Number.parseInt(letter, 15));
}

/**
 * @param {number[][]} [list]
 * @returns {Map<number, number>}
 */
function pairs(list = []) {
  return new Map(list.map(([place, token]) => [place, token]));
}

/** @param {RowMessage} source */
function caption({ caption: name, detail }) {
  if (!name && !detail) return [];
  const line = element("figcaption");
  if (name) line.append(text("b", name));
  if (detail) line.append(text("span", detail));
  return [line];
}

/**
 * @param {BoardMessage} data
 * @param {RowMessage} source
 * @param {string} label
 * @param {number} block
 * @param {number} markerValue
 * @returns {Block}
 */
function buildBlock(data, source, label, block, markerValue) {
  const holder = element("div", source.starts[block] === data.framed ? "block framed" : "block");
  const head = element("div", "label");
  head.append(text("span", label, "name"));
  const ink = data.ink ? markerValue : 0;
  const marker = ink > 0 || data.markers ? inked(data.style, ink / 255, 13, "marker") : null;
  if (marker) head.append(marker);
  const canvas = element("canvas");
  holder.append(head, canvas);
  return { holder, head, marker, canvas, context: contextOf(canvas) };
}

/**
 * Neighbours joined by the rule's arrow stay together when a row wraps.
 * @param {string[]} links
 * @param {Block[]} blocks
 */
function units(links, blocks) {
  /** @type {HTMLElement[]} */
  const list = [];
  blocks.forEach((block, i) => {
    const link = i > 0 ? links[i - 1] : "";
    if (link === "right" || link === "left") {
      list.at(-1)?.append(arrow(link), block.holder);
      return;
    }
    const unit = element("div", link === "bar" ? "unit bar" : "unit");
    unit.append(block.holder);
    list.push(unit);
  });
  return list;
}

/** @param {"right" | "left"} direction */
function arrow(direction) {
  const link = element("div", "link");
  link.style.width = `${LINK_WIDTH}px`;
  link.append(text("span", "f"), svg(ARROWS[direction]));
  return link;
}
