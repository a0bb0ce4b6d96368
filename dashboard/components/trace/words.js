// @ts-check
// Nodes and edges in words.

/** @import {Edge, Mark} from "./graph.js" */
/** @import {TraceMessage} from "./messages.js" */

import { number } from "../web/numbers.js";

/**
 * What a mark is, in a few words.
 * @param {Mark} mark
 */
export function markName({ nodes }) {
  const [{ kind, name, concept, feature }] = nodes;
  if (kind !== "feature") return name;
  const several = new Set(nodes.map((node) => node.feature)).size;
  const which = several > 1 ? `${several} features` : `feature ${feature}`;
  return concept ? `${concept} (${which})` : which;
}

/**
 * Where a mark stands.
 * @param {Mark} mark
 */
export function markPlace({ nodes }) {
  if (nodes.length === 1) return nodes[0].place;
  const cells = new Set(nodes.map((node) => node.position)).size;
  const grid = nodes[0].place.replace(/^the marker of /, "").split(",")[0];
  return cells === 1 ? nodes[0].place : `${grid}, ${cells} cells`;
}

/**
 * @param {number} share
 */
export function percent(share) {
  return share >= 0.0995 ? `${Math.round(100 * share)}%` : `${number(Math.round(1000 * share) / 10)}%`;
}

/**
 * @param {number} value
 */
export function signed(value) {
  return `${value < 0 ? "−" : "+"}${number(Math.abs(value))}`;
}

/**
 * The path of an edge, as in "head 1.0": the block that it leads through stands before the head.
 * @param {TraceMessage} data
 * @param {Edge} edge
 */
export function pathName(data, { path, source }) {
  const { name } = data.paths[path];
  const next = data.columns[source.column + 1]?.block ?? data.columns[source.column].block + 1;
  return name.replace(/head (\d+)/, `head ${next}.$1`).replace("MLP", `MLP ${next}`);
}

/**
 * An edge as what its reader does with its source: "copies red from A, row 3, column 4: head 1.0, +2.1".
 * @param {TraceMessage} data
 * @param {Edge} edge
 */
export function incoming(data, edge) {
  const { verb } = data.paths[edge.path];
  const from = `${markName(edge.source)} ${verb === "keeps" ? "at" : "from"} ${markPlace(edge.source)}`;
  return `${verb} ${from}: ${pathName(data, edge)}, ${signed(edge.weight)}`;
}

/**
 * An edge as where its source goes.
 * @param {TraceMessage} data
 * @param {Edge} edge
 */
export function outgoing(data, edge) {
  const to = edge.target ? `${markName(edge.target)} at ${markPlace(edge.target)}` : `the answer`;
  return `to ${to}: ${pathName(data, edge)}, ${signed(edge.weight)}`;
}
