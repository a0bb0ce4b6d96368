// @ts-check
// What Python and a table of features tell each other. The same in messages.py.

/** @import {GridStyleMessage} from "../web/messages.js" */

/**
 * @typedef {object} ColumnMessage
 * @property {string} name
 * @property {string} label
 * @property {string} kind "star", "feature", "grid", "number", "bar", "token", "pairs" or "words"
 * @property {string} help
 * @property {boolean} sortable
 * @property {boolean} narrow whether it stays where there is little room
 */

/**
 * A 10 x 10 grid, small.
 * @typedef {object} GridCell
 * @property {string} cells a letter per token
 * @property {string} ink shares of the largest value, base64 of uint8
 */

/**
 * @typedef {object} BarCell
 * @property {number} share
 * @property {string} text
 * @property {string} help
 * @property {number} [mark]
 */

/**
 * @typedef {object} TokenCell
 * @property {number} index
 * @property {string} name
 * @property {string} text
 */

/**
 * How well the best match in one GPT fits.
 * @typedef {object} PairCell
 * @property {number} gpt
 * @property {number | null} r null in the feature's own GPT
 */

/** @typedef {string | boolean | string[] | PairCell[] | GridCell | BarCell | TokenCell | null | undefined} ListCell */

/** @typedef {Record<string, ListCell> & {href: string, feature: string}} ListRow */

/**
 * @typedef {object} ListMessage
 * @property {ColumnMessage[]} columns
 * @property {ListRow[]} rows
 * @property {string} sort
 * @property {boolean} up
 * @property {string} alt
 * @property {GridStyleMessage} style
 */

/**
 * What the reader did: a column to sort by, or a row to star.
 * @typedef {object} ListAction
 * @property {string} [sort]
 * @property {number} [star]
 */

export {};
