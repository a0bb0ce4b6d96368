// @ts-check
// What Python and a trace tell each other. The same in messages.py.

/** @import {GridStyleMessage} from "../web/messages.js" */

/**
 * @typedef {object} TraceColumnMessage
 * @property {string} title
 * @property {number} block -1 for the tokens
 */

/**
 * @typedef {object} TraceNodeMessage
 * @property {number} column
 * @property {number} position in the quiz, -1 for the 0 in front
 * @property {string} place
 * @property {number} group
 * @property {string} kind "feature", "error", "token" or "position"
 * @property {number} feature
 * @property {string} name
 * @property {string} concept that it detects, "" for none
 * @property {string} words the same as it is told elsewhere, or the task in which it fires most
 * @property {string} aspect what that is about
 * @property {number} influence
 * @property {number} activation
 */

/**
 * @typedef {object} PathMessage
 * @property {string} name
 * @property {string} verb
 * @property {string} colour
 */

/**
 * @typedef {object} TargetMessage
 * @property {number} position
 * @property {number} token
 * @property {string} words
 * @property {number} value
 */

/**
 * @typedef {object} ChainMessage
 * @property {number[][]} steps source, target (-1: the answer), both supernodes, path, weight
 * @property {number} influence of the tokens it begins with
 */

/**
 * @typedef {object} TraceMessage
 * @property {string} cells a letter per token, in base 15
 * @property {string[]} labels of the grids
 * @property {TraceColumnMessage[]} columns
 * @property {TraceNodeMessage[]} nodes
 * @property {number[][]} edges source, target (-1: the answer), path, weight, influence that passes along
 * @property {PathMessage[]} paths
 * @property {ChainMessage[]} chains
 * @property {TargetMessage} target
 * @property {Record<string, string>} address of the GPT's Feature page
 * @property {Record<string, string>} hooks by block
 * @property {GridStyleMessage} style
 */

export {};
