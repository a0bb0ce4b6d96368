// @ts-check
// The cells of a table of features, by the kind of their column.

/** @import {GridStyleMessage} from "../web/messages.js" */
/** @import {BarCell, GridCell, ListCell, ListRow, PairCell, TokenCell} from "./messages.js" */

import { contextOf, element, text } from "../web/dom.js";
import { bytesOf, swatch } from "../web/ink.js";
import { clamp } from "../web/numbers.js";

const SIDE = 10;
const CELL = 9;

/**
 * @typedef {object} Surroundings what a cell is drawn in
 * @property {ListRow} row
 * @property {number} index
 * @property {GridStyleMessage} style
 * @property {() => void} star
 */

/**
 * What a cell holds, as elements or text.
 * @param {string} kind
 * @param {ListCell} value
 * @param {Surroundings} around
 * @returns {(Node | string)[]}
 */
export function drawCell(kind, value, around) {
  if (kind === "star") return [starButton(value === true, around)];
  if (!value) return [];
  switch (kind) {
    case "feature":
      return [featureLink(around)];
    case "grid":
      return [drawGrid(/** @type {GridCell} */ (value), around.style)];
    case "bar":
      return [meter(/** @type {BarCell} */ (value))];
    case "token":
      return [tokenName(/** @type {TokenCell} */ (value), around.style)];
    case "pairs":
      return [pairs(/** @type {PairCell[]} */ (value))];
    default:
      return kind === "words" ? lines(/** @type {string | string[]} */ (value)) : [String(value)];
  }
}

/**
 * @param {boolean} starred
 * @param {Surroundings} around
 */
function starButton(starred, { row, index, star }) {
  const name = `${starred ? "Take the star from" : "Star"} ${row.feature}`;
  const told = { type: "button", "aria-pressed": String(starred), "aria-label": name, title: name };
  const button = element("button", "", { ...told, "data-focus": `star.${index}` });
  button.append(starred ? "★" : "☆");
  button.addEventListener("click", (event) => {
    event.stopPropagation();
    star();
  });
  return button;
}

/** @param {Surroundings} around */
function featureLink({ row, index }) {
  const link = element("a", "", { href: row.href, "data-focus": `open.${index}` });
  link.append(row.feature);
  return link;
}

/** @param {BarCell} value */
function meter(value) {
  const holder = element("div", "meter");
  const track = element("div", "track", { title: value.help });
  const fill = element("i");
  fill.style.width = `${100 * clamp(value.share, 0, 1)}%`;
  track.append(fill);
  if (value.mark !== undefined) {
    const mark = element("b");
    mark.style.left = `${100 * clamp(value.mark, 0, 1)}%`;
    track.append(mark);
  }
  holder.append(text("span", value.text), track);
  return holder;
}

/**
 * @param {TokenCell} token
 * @param {GridStyleMessage} style
 */
function tokenName(token, style) {
  const holder = element("span", "named");
  holder.append(swatch(token.index, style), token.name, text("span", token.text, "quiet"));
  return holder;
}

/**
 * The r in each GPT, side by side, darker where it is higher.
 * @param {PairCell[]} found
 */
function pairs(found) {
  const holder = element("div");
  for (const { gpt, r } of found) {
    const words = r === null ? `its own GPT, ${gpt}` : `best r in GPT ${gpt}: ${r.toFixed(2)}`;
    const node = element("span", "", { title: words });
    if (r === null) node.append("·");
    else {
      const depth = Math.round(70 * clamp(r, 0, 1));
      node.style.background = `color-mix(in srgb, var(--primary) ${depth}%, transparent)`;
      node.append(r.toFixed(2).replace("0.", "."));
    }
    holder.append(node);
  }
  return holder;
}

/** @param {string | string[]} value */
function lines(value) {
  const [first, ...more] = Array.isArray(value) ? value : [String(value)];
  const below = more.filter(Boolean).map((line) => text("div", line, "more"));
  return first ? [text("div", first), ...below] : below;
}

/**
 * @param {GridCell} grid
 * @param {GridStyleMessage} style
 */
function drawGrid(grid, style) {
  const canvas = element("canvas", "", { "aria-hidden": "true" });
  const ratio = window.devicePixelRatio > 1 ? 2 : 1;
  const cell = (CELL * ratio) / 2;
  canvas.width = canvas.height = SIDE * cell;
  const context = contextOf(canvas);
  const ink = bytesOf(grid.ink);
  for (let i = 0; i < SIDE * SIDE; i++) {
    const token = Number.parseInt(grid.cells[i], 11);
    const [x, y] = [Math.floor((i % SIDE) * cell), Math.floor(Math.floor(i / SIDE) * cell)];
    context.fillStyle = ink[i] > 0 ? style.palette[token] : style.faded[token];
    context.fillRect(x, y, Math.ceil(cell), Math.ceil(cell));
    if (ink[i] === 0) continue;
    const side = Math.max(2, Math.round(0.8 * cell * Math.sqrt(ink[i] / 255)));
    const inset = (cell - side) / 2;
    context.fillStyle = style.halo;
    context.fillRect(x + inset - 0.5, y + inset - 0.5, side + 1, side + 1);
    context.fillStyle = style.ink;
    context.fillRect(x + inset, y + inset, side, side);
  }
  return canvas;
}
