// @ts-check
// What Python tells the printing of pages. The same in messages.py.

/**
 * @typedef {object} PaperMessage
 * @property {number} width of the paper, in pixels of CSS
 */

export {};
