// @ts-check
// The graph as it is drawn: supernodes, closed or opened, and the edges between them.

/** @import {TraceMessage, TraceNodeMessage} from "./messages.js" */

export const ANSWER = -1;

/**
 * Nodes that are drawn as one: a supernode, or a node of an opened one.
 * @typedef {object} Mark
 * @property {string} id
 * @property {number} column
 * @property {number} group
 * @property {TraceNodeMessage[]} nodes the strongest first
 * @property {number} influence
 */

/**
 * @typedef {object} Edge
 * @property {Mark} source
 * @property {Mark | null} target null for the answer
 * @property {number} path
 * @property {number} weight
 * @property {number} strength
 */

/**
 * The marks, strongest first, and the edges between them, strongest first.
 * @param {TraceMessage} data
 * @param {Set<number>} opened groups whose nodes are told apart
 */
export function drawnGraph(data, opened) {
  /** @type {Map<string, Mark>} */
  const marks = new Map();
  const idOf = (/** @type {number} */ node) => {
    const { group } = data.nodes[node];
    return opened.has(group) ? `n${node}` : `g${group}`;
  };
  const order = data.nodes.map((_, index) => index);
  order.sort((a, b) => data.nodes[b].influence - data.nodes[a].influence);
  for (const index of order) {
    const node = data.nodes[index];
    const id = idOf(index);
    const mark = marks.get(id) ?? { id, column: node.column, group: node.group, nodes: [], influence: 0 };
    mark.nodes.push(node);
    mark.influence += node.influence;
    marks.set(id, mark);
  }
  const all = [...marks.values()].sort((a, b) => b.influence - a.influence);
  return { marks: all, edges: joined(data, marks, idOf) };
}

/**
 * Edges between marks, those of one path taken together.
 * @param {TraceMessage} data
 * @param {Map<string, Mark>} marks
 * @param {(node: number) => string} idOf
 * @returns {Edge[]}
 */
function joined(data, marks, idOf) {
  /** @type {Map<string, Edge>} */
  const edges = new Map();
  for (const [source, target, path, weight, strength] of data.edges) {
    const from = marks.get(idOf(source));
    if (!from) continue;
    const to = target === ANSWER ? null : (marks.get(idOf(target)) ?? null);
    const key = `${from.id} ${to?.id ?? ""} ${path}`;
    const edge = edges.get(key) ?? { source: from, target: to, path, weight: 0, strength: 0 };
    edge.weight += weight;
    edge.strength += strength;
    edges.set(key, edge);
  }
  return [...edges.values()].sort((a, b) => b.strength - a.strength);
}
