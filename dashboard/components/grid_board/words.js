// @ts-check
// Words: what a cell is, and what a row shows.

/** @import {BoardMessage} from "./messages.js" */
/** @import {Row} from "./view.js" */

import { number } from "../web/numbers.js";
import { BLOCK, SIDE } from "./view.js";

const NO_PROBABILITY = 255;

/**
 * What is known of a cell, in lines: its colour, its place, then the rest.
 * @param {BoardMessage} data
 * @param {Row} row
 * @param {number} block
 * @param {number} offset
 * @returns {[string, string, ...string[]]}
 */
export function facts(data, row, block, offset) {
  const place = block * BLOCK + offset;
  /** @type {[string, string, ...string[]]} */
  const lines = [
    offset === 0 ? "marker" : tokenName(data, row.tokens[place]),
    `${where(row, block, offset)} · token ${row.source.starts[block] + offset}`,
  ];
  const found = row.source.valued?.[block] ? valueAt(data, row, place) : null;
  if (found && data.scale) lines.push(`${data.scale.name} ${number(found.value)}`);
  const probability = row.probability?.[place] ?? NO_PROBABILITY;
  if (probability !== NO_PROBABILITY)
    lines.push(`probability of the right colour ${percentage(probability)}`);
  const [right, clean] = [row.wrong.get(place), row.noise.get(place)];
  if (right !== undefined) lines.push(`wrong: should be ${tokenName(data, right)}`);
  if (clean !== undefined) lines.push(`noise: was ${tokenName(data, clean)}`);
  return lines;
}

/**
 * The value at a place of a row and the largest of its scale, if it has any.
 * @param {BoardMessage} data
 * @param {Row} row
 * @param {number} place
 */
export function valueAt({ scale }, { values }, place) {
  if (!values || !scale) return null;
  return { value: (values[place] / 255) * scale.maximum, maximum: scale.maximum };
}

/**
 * What a row shows and how to read it, for those who do not see it.
 * @param {Row} row
 * @param {BoardMessage} data
 */
export function describe(row, data) {
  const { caption, detail, labels } = row.source;
  const parts = [[caption, detail].filter(Boolean).join(", ") || "Grids", `grids ${labels.join(", ")}`];
  if (row.values && data.ink && data.scale) parts.push(peak(row, row.values, data, data.scale.name));
  if (row.wrong.size > 0) parts.push(`${row.wrong.size} wrong cells`);
  parts.push(`Use the arrow keys to read the cells.${whatEnterDoes(data)}`);
  return parts.join(". ");
}

/** @param {BoardMessage} data */
function whatEnterDoes(data) {
  if (data.addresses) return " Press Enter to pin a cell and again to open it in the Cell view.";
  return data.clickable ? " Press Enter to choose a cell." : "";
}

/**
 * @param {Row} row
 * @param {Uint8Array} values
 * @param {BoardMessage} data
 * @param {string} name
 */
function peak(row, values, data, name) {
  const place = values.indexOf(Math.max(...values));
  const firing = values.filter((value) => value > 0).length;
  if (firing === 0) return `${name} is 0 everywhere`;
  const [, at, value] = facts(data, row, Math.floor(place / BLOCK), place % BLOCK);
  return `${name} above 0 on ${firing} tokens, highest at ${at}: ${value}`;
}

/**
 * @param {BoardMessage} data
 * @param {number} token
 */
function tokenName({ style }, token) {
  return token < style.names.length ? `${style.names[token]} (${style.digits[token]})` : `token ${token}`;
}

/**
 * @param {Row} row
 * @param {number} block
 * @param {number} offset
 */
function where(row, block, offset) {
  const label = row.source.labels[block];
  if (offset === 0) return label;
  return `${label}, row ${Math.floor((offset - 1) / SIDE)}, column ${(offset - 1) % SIDE}`;
}

/** @param {number} whole */
function percentage(whole) {
  if (whole === 0) return "under 1%";
  return whole === 100 ? "over 99%" : `${whole}%`;
}
