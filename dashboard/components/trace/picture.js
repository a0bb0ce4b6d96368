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
  const { edges, behind } = shownEdges(view);
  const most = Math.max(...[...edges, ...behind].map((edge) => edge.strength), 1e-9);
  const points = pointsOf(view, layout);
  drawing.append(grids(layout, view.data), answerCell(layout, view.data));
  drawing.append(...behind.map((edge) => edgePath(view, layout, points, edge, most, "edge behind")));
  drawing.append(...edges.map((edge) => edgePath(view, layout, points, edge, most, "edge")));
  const front = joined(edges);
  for (const mark of view.marks) {
    if (front.has(mark) || mark.group === view.chosen)
      drawing.append(markShape(view, layout, points, mark, ""));
  }
  for (const mark of joined(behind))
    if (!front.has(mark) && mark.group !== view.chosen)
      drawing.prepend(markShape(view, layout, points, mark, " behind"));
  const grid = drawing.querySelector("g");
  if (grid) drawing.prepend(grid);
  return drawing;
}

/**
 * The strongest edges; with something chosen or highlighted its own, and the strongest of all behind them.
 * @param {View} view
 */
function shownEdges(view) {
  const all = view.edges.slice(0, view.shown);
  if (view.lit === null && view.chosen === null) return { edges: all, behind: [] };
  const edges = view.edges.filter((edge) => isLit(view, edge)).slice(0, view.shown);
  const own = new Set(edges);
  return { edges, behind: all.filter((edge) => !own.has(edge)) };
}

/**
 * @param {View} view
 * @param {Edge} edge
 */
function isLit(view, { source, target }) {
  if (view.lit) {
    const { groups, among } = view.lit;
    return groups.has(source.group) && (!among || target === null || groups.has(target.group));
  }
  return source.group === view.chosen || target?.group === view.chosen;
}

/**
 * The marks that edges join.
 * @param {Edge[]} edges
 * @returns {Set<Mark>}
 */
function joined(edges) {
  const found = new Set(edges.map((edge) => edge.source));
  for (const { target } of edges) if (target) found.add(target);
  return found;
}

/**
 * Where every mark stands: those of one cell side by side, the strongest on the cell.
 * @param {View} view
 * @param {Layout} layout
 */
function pointsOf(view, layout) {
  /** @type {Map<string, Point>} */
  const points = new Map();
  /** @type {Map<string, number>} */
  const taken = new Map();
  for (const mark of view.marks) {
    const [first] = mark.nodes;
    const cell = `${mark.column} ${first.position}`;
    const before = taken.get(cell) ?? 0;
    taken.set(cell, before + 1);
    const { x, y } = placeOf(layout, view.data, first);
    const turn = Math.PI * (0.25 + 0.5 * before);
    const away = before === 0 ? 0 : 5 + 2.5 * Math.floor((before - 1) / 4) + 4;
    points.set(mark.id, { x: x + away * Math.cos(turn), y: y + away * Math.sin(turn) });
  }
  return points;
}

/**
 * @param {View} view
 * @param {Layout} layout
 * @param {Map<string, Point>} points
 * @param {Edge} edge
 * @param {number} most
 * @param {string} kind
 */
function edgePath(view, layout, points, edge, most, kind) {
  const { data } = view;
  const answer = middle(layout, data, data.columns.length, data.target.position);
  const from = points.get(edge.source.id) ?? answer;
  const to = (edge.target && points.get(edge.target.id)) ?? answer;
  return shape("path", {
    d: curve(from, to, layout.narrow),
    stroke: data.paths[edge.path].colour,
    "stroke-width": THINNEST + (THICKEST - THINNEST) * Math.sqrt(edge.strength / most),
    "stroke-dasharray": edge.weight < 0 ? "5 3" : "none",
    class: kind,
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
 * @param {Map<string, Point>} points
 * @param {Mark} mark
 * @param {string} more
 */
function markShape(view, layout, points, mark, more) {
  const most = view.marks[0]?.influence ?? 1;
  const radius = SMALLEST + (LARGEST - SMALLEST) * Math.sqrt(mark.influence / most);
  const [{ kind, position }] = mark.nodes;
  const chosen = mark.group === view.chosen ? " chosen" : "";
  const group = shape("g", { class: `mark ${kind}${chosen}${more}`, tabindex: 0, role: "button" });
  group.setAttribute(
    "aria-label",
    `${markName(mark)}, ${markPlace(mark)}, influence ${percent(mark.influence)}`,
  );
  const others = new Map(mark.nodes.map((node) => [node.position, placeOf(layout, view.data, node)]));
  others.delete(position);
  for (const { x, y } of others.values())
    group.append(shape("circle", { cx: x, cy: y, r: 1.8, class: "member" }));
  const point = points.get(mark.id) ?? placeOf(layout, view.data, mark.nodes[0]);
  group.append(body(kind, point, radius));
  group.dataset.id = mark.id;
  group.dataset.group = String(mark.group);
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
