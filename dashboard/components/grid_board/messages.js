// @ts-check
// What Python and a grid board tell each other. The same in messages.py.

/** @import {GridStyleMessage} from "../web/messages.js" */

/**
 * One row of grids. A cell is addressed by block and offset; offset 0 is the block's marker.
 * @typedef {object} RowMessage
 * @property {string} cells a letter per token, in base 15
 * @property {string[]} labels of the blocks
 * @property {string[]} links between neighbours: "right", "left", "bar" or ""
 * @property {number[]} starts the position in the quiz at which each block begins
 * @property {string} caption
 * @property {string} detail
 * @property {string} [values] shares of the largest value, base64 of uint8
 * @property {boolean[]} [valued] which blocks have values
 * @property {string} [probability] whole percentages, base64 of uint8; 255 for none
 * @property {number[][]} [wrong] place and right token of each wrong cell
 * @property {number[][]} [noise] place and token before noise of each noisy cell
 */

/**
 * @typedef {object} ScaleMessage
 * @property {string} name
 * @property {number} maximum
 */

/**
 * @typedef {object} PlaceMessage
 * @property {number} row
 * @property {number} block
 * @property {number} offset
 */

/**
 * @typedef {object} BoardMessage
 * @property {RowMessage[]} rows
 * @property {ScaleMessage | null} scale
 * @property {boolean} ink whether values are drawn
 * @property {boolean} digits
 * @property {boolean} colourKey
 * @property {boolean} legend
 * @property {number} rowWidth
 * @property {number | null} [perLine] grids per line, instead of as many as fit
 * @property {number | null} [framed] position in the quiz at which the grid with a frame begins
 * @property {number} minCell
 * @property {number} maxCell
 * @property {boolean} clickable
 * @property {Record<string, string>[] | null} addresses of each row's quiz in the Cell view
 * @property {boolean} markers whether marker tokens can be chosen
 * @property {PlaceMessage | null} selected
 * @property {GridStyleMessage} style
 */

export {};
