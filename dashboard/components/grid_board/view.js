// @ts-check
// What a board on the screen consists of. A cell is addressed by row, block and offset; offset 0 is a marker.

/** @import {BoardMessage, PlaceMessage, RowMessage} from "./messages.js" */

export const SIDE = 10;
export const BLOCK = 101;

/**
 * @typedef {object} Block one grid of a row
 * @property {HTMLElement} holder
 * @property {HTMLElement} head its label and marker
 * @property {HTMLElement | null} marker
 * @property {HTMLCanvasElement} canvas
 * @property {CanvasRenderingContext2D} context
 */

/**
 * @typedef {object} Cursor
 * @property {number} block
 * @property {number} offset
 */

/**
 * @typedef {object} Row one row, with what Python told of it made ready to use
 * @property {number} index
 * @property {RowMessage} source
 * @property {number[]} tokens
 * @property {Uint8Array | null} values
 * @property {Uint8Array | null} probability
 * @property {Map<number, number>} wrong
 * @property {Map<number, number>} noise
 * @property {HTMLElement} figure
 * @property {HTMLElement} grids
 * @property {Block[]} blocks
 * @property {Cursor} cursor
 * @property {number} cell side of a cell in pixels
 */

/**
 * @typedef {object} View what is drawn
 * @property {BoardMessage} data
 * @property {Senders} send
 * @property {Row[]} rows
 * @property {HTMLElement} tooltip
 * @property {{clientX: number, clientY: number}} pointed where the tooltip was last put
 * @property {HTMLElement} spoken
 * @property {BoardMessage["addresses"]} addresses
 * @property {AbortController} ignore ends what listens outside the board
 * @property {number} width of a row when it was last laid out
 * @property {number} ratio device pixels per pixel then
 * @property {PlaceMessage | null} selected
 * @property {HTMLElement | null} chosen the ring around the selected cell
 * @property {HTMLElement | null} ring the ring around the cell that is pointed at
 * @property {{row: Row, block: number, offset: number} | null} pinned the cell whose facts are kept
 */

/**
 * @typedef {object} Senders how the board reports to Python
 * @property {(cell: PlaceMessage) => void} clicked
 * @property {(cell: PlaceMessage) => void} opened
 */

/** @typedef {Pick<MouseEvent, "clientX" | "clientY">} Point */
