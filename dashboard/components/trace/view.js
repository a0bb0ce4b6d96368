// @ts-check
// What is known of a trace on the screen.

/** @import {Edge, Mark} from "./graph.js" */
/** @import {TraceMessage} from "./messages.js" */

/**
 * Groups that are highlighted.
 * @typedef {object} Lit
 * @property {string} title
 * @property {Set<number>} groups
 * @property {boolean} among whether only the edges between them are, not all that lead from them
 */

/**
 * @typedef {object} View
 * @property {TraceMessage} data
 * @property {Mark[]} whole all supernodes, closed
 * @property {Mark[]} marks
 * @property {Edge[]} edges
 * @property {number} shown how many edges are drawn
 * @property {number | null} chosen group
 * @property {Lit | null} lit
 * @property {(group: number | null) => void} choose
 * @property {(lit: Lit | null) => void} highlight
 * @property {(shown: number) => void} showEdges
 * @property {(group: number, factor: number) => void} change ask what happens with a supernode multiplied
 */

export {};
