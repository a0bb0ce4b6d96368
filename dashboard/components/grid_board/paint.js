// @ts-check
// Paints one grid on its canvas: colours, digits, ink for values, crosses on wrong cells.

/** @import {GridStyleMessage} from "../web/messages.js" */
/** @import {Row, View} from "./view.js" */

import { BLOCK, SIDE } from "./view.js";

const GRID_LINE = "rgba(0, 0, 0, 0.16)";

/**
 * A cell on the canvas, in device pixels.
 * @typedef {object} Spot
 * @property {CanvasRenderingContext2D} context
 * @property {GridStyleMessage} style
 * @property {number} x
 * @property {number} y
 * @property {number} cell its side
 */

/**
 * @param {View} view
 * @param {Row} row
 * @param {number} index
 */
export function paintBlock(view, row, index) {
  const { style, ink, digits } = view.data;
  const { canvas, context, head } = row.blocks[index];
  const cell = Math.round(row.cell * view.ratio);
  const size = cell * SIDE + 1;
  canvas.width = canvas.height = size;
  canvas.style.width = canvas.style.height = head.style.width = `${size / view.ratio}px`;
  const values = ink && row.source.valued?.[index] ? row.values : null;
  for (let i = 0; i < SIDE * SIDE; i++) {
    const place = index * BLOCK + 1 + i;
    const spot = { context, style, x: (i % SIDE) * cell, y: Math.floor(i / SIDE) * cell, cell };
    const value = values ? values[place] : 0;
    paintColour(
      spot,
      values && value === 0 ? style.faded[row.tokens[place]] : style.palette[row.tokens[place]],
    );
    if (digits && value === 0) paintDigit(spot, row.tokens[place], !values);
    if (value > 0) paintInk(spot, value / 255);
    if (row.wrong.has(place)) paintCross(spot, view.ratio);
  }
}

/**
 * @param {Spot} spot
 * @param {string} colour
 */
function paintColour({ context, x, y, cell }, colour) {
  context.fillStyle = colour;
  context.fillRect(x, y, cell + 1, cell + 1);
  context.strokeStyle = GRID_LINE;
  context.lineWidth = 1;
  context.strokeRect(x + 0.5, y + 0.5, cell, cell);
}

/**
 * @param {Spot} spot
 * @param {number} token
 * @param {boolean} full whether its colour is not faded
 */
function paintDigit({ context, style, x, y, cell }, token, full) {
  context.fillStyle = full ? style.digitColours[token] : style.fadedDigitColours[token];
  context.font = `${Math.round(cell * 0.72)}px sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.globalAlpha = token === 0 ? 0.45 : 1;
  context.fillText(style.digits[token], x + cell / 2 + 0.5, y + cell / 2 + 1);
  context.globalAlpha = 1;
}

/**
 * @param {Spot} spot
 * @param {number} share
 */
function paintInk({ context, style, x, y, cell }, share) {
  const side = Math.max(1, Math.round(cell * style.inkSide * Math.sqrt(share)));
  const halo = side + Math.max(2, 2 * Math.round(cell * 0.05));
  const paint = (/** @type {number} */ length, /** @type {string} */ colour) => {
    const inset = Math.round((cell + 1 - length) / 2);
    context.fillStyle = colour;
    context.fillRect(x + inset, y + inset, length, length);
  };
  paint(halo, style.halo);
  paint(side, style.ink);
}

/**
 * @param {Spot} spot
 * @param {number} ratio
 */
function paintCross({ context, style, x, y, cell }, ratio) {
  const inset = cell * 0.24;
  const stroke = (/** @type {string} */ colour, /** @type {number} */ width) => {
    context.strokeStyle = colour;
    context.lineWidth = Math.max(ratio, width);
    context.beginPath();
    context.moveTo(x + inset, y + inset);
    context.lineTo(x + cell - inset, y + cell - inset);
    context.moveTo(x + cell - inset, y + inset);
    context.lineTo(x + inset, y + cell - inset);
    context.stroke();
  };
  stroke(style.halo, cell * 0.28);
  stroke(style.ink, cell * 0.13);
  const width = Math.max(ratio, cell * 0.11);
  context.lineWidth = width;
  context.strokeRect(x + width / 2, y + width / 2, cell + 1 - width, cell + 1 - width);
}
