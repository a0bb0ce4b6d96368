// @ts-check
// The graph as a picture: grids, edges between marks, marks on cells.

/** @import {Edge, Mark} from "./graph.js" */
/** @import {Layout, Point} from "./layout.js" */
/** @import {View} from "./view.js" */

import { answerCell, grids } from "./grids.js";
import { middle, placeOf } from "./layout.js";
import { shape } from "./shapes.js";
import { markName, markPlace, percent } from "./words.js";

const THINNEST = 0.8;
const THICKEST = 7;
const SMALLEST = 2.2;
const LARGEST = 8;

/**
 * @param {View} view
 * @param {Layout} layout
 */
export function picture(view, layout) {
  const { width, height } = layout;
  const drawing = shape("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "group" });
  drawing.setAttribute("aria-label", "From tokens through features to the answer");
  const edges = shownEdges(view);
  const most = Math.max(...edges.map((edge) => edge.strength), 1e-9);
  drawing.append(grids(layout, view.data), answerCell(layout, view.data));
  drawing.append(...edges.map((edge) => edgePath(view, layout, edge, most)));
  drawing.append(...marksOf(view, edges).map((mark) => markShape(view, layout, mark)));
  return drawing;
}

/**
 * The strongest edges, and all the stronger ones of what is chosen or highlighted.
 * @param {View} view
 */
export function shownEdges(view) {
  const lit = view.edges.filter((edge) => isLit(view, edge)).slice(0, view.shown);
  return view.lit || view.chosen !== null ? lit : view.edges.slice(0, view.shown);
}

/**
 * @param {View} view
 * @param {Edge} edge
 */
function isLit(view, { source, target }) {
  if (view.lit) return view.lit.has(source.group) && (target === null || view.lit.has(target.group));
  return source.group === view.chosen || target?.group === view.chosen;
}

/**
 * The marks that edges join, the strongest below, so that small ones can be pointed at.
 * @param {View} view
 * @param {Edge[]} edges
 */
function marksOf(view, edges) {
  const joined = new Set(edges.flatMap((edge) => [edge.source, edge.target]));
  return view.marks.filter((mark) => joined.has(mark) || mark.group === view.chosen);
}

/**
 * @param {View} view
 * @param {Layout} layout
 * @param {Edge} edge
 * @param {number} most
 */
function edgePath(view, layout, edge, most) {
  const { data } = view;
  const from = placeOf(layout, data, edge.source.nodes[0]);
  const to = edge.target
    ? placeOf(layout, data, edge.target.nodes[0])
    : middle(layout, data, data.columns.length, data.target.position);
  const share = edge.strength / most;
  return shape("path", {
    d: curve(from, to, layout.narrow),
    stroke: data.paths[edge.path].colour,
    "stroke-width": THINNEST + (THICKEST - THINNEST) * Math.sqrt(share),
    "stroke-dasharray": edge.weight < 0 ? "5 3" : "none",
    class: "edge",
  });
}

/**
 * @param {Point} from
 * @param {Point} to
 * @param {boolean} down
 */
function curve(from, to, down) {
  const [x, y] = [(from.x + to.x) / 2, (from.y + to.y) / 2];
  const bend = down ? `${from.x} ${y} ${to.x} ${y}` : `${x} ${from.y} ${x} ${to.y}`;
  return `M ${from.x} ${from.y} C ${bend} ${to.x} ${to.y}`;
}

/**
 * @param {View} view
 * @param {Layout} layout
 * @param {Mark} mark
 */
function markShape(view, layout, mark) {
  const most = view.marks[0]?.influence ?? 1;
  const radius = SMALLEST + (LARGEST - SMALLEST) * Math.sqrt(mark.influence / most);
  const [{ kind }] = mark.nodes;
  const chosen = mark.group === view.chosen;
  const group = shape("g", { class: `mark ${kind}${chosen ? " chosen" : ""}`, tabindex: 0, role: "button" });
  group.setAttribute(
    "aria-label",
    `${markName(mark)}, ${markPlace(mark)}, influence ${percent(mark.influence)}`,
  );
  const [first, ...others] = new Map(
    mark.nodes.map((node) => [node.position, placeOf(layout, view.data, node)]),
  ).values();
  group.append(...others.map(({ x, y }) => shape("circle", { cx: x, cy: y, r: 1.8, class: "member" })));
  group.append(body(kind, first, radius));
  group.dataset.id = mark.id;
  return group;
}

/**
 * A round mark for features, a square for tokens, a diamond for positions, a ring for errors.
 * @param {string} kind
 * @param {Point} point
 * @param {number} radius
 */
function body(kind, { x, y }, radius) {
  if (kind !== "token" && kind !== "position")
    return shape("circle", { cx: x, cy: y, r: radius, class: "body" });
  const turned = kind === "position" ? `rotate(45 ${x} ${y})` : "";
  const side = 1.8 * radius;
  return shape("rect", {
    ...{ x: x - side / 2, y: y - side / 2, width: side, height: side },
    ...{ transform: turned, class: "body" },
  });
}
