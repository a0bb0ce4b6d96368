// @ts-check
// What Python tells the memory of scroll positions. The same in messages.py.

/**
 * @typedef {object} ScrollMessage
 * @property {number} patience how long to wait for a page to be drawn, in milliseconds
 */

export {};
