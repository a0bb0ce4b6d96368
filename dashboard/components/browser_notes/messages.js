// @ts-check
// What Python tells the browser's storage. The same in messages.py.

/**
 * @typedef {object} StorageMessage
 * @property {Record<string, string>} changes notes to be stored: texts by name
 */

export {};
