// @ts-check
// What is known of a trace on the screen.

/** @import {Edge, Mark} from "./graph.js" */
/** @import {TraceMessage} from "./messages.js" */

/**
 * @typedef {object} View
 * @property {TraceMessage} data
 * @property {Mark[]} whole all supernodes, closed
 * @property {Mark[]} marks
 * @property {Edge[]} edges
 * @property {number} shown how many edges are drawn
 * @property {number | null} chosen group
 * @property {Set<number> | null} lit groups that are highlighted
 * @property {(group: number | null) => void} choose
 * @property {(groups: Set<number> | null) => void} highlight
 * @property {(shown: number) => void} showEdges
 */

export {};
