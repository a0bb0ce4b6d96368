// @ts-check
// Beside the graph, in words: the strongest chains, or the node that is chosen and its edges.

/** @import {Edge, Mark} from "./graph.js" */
/** @import {TraceMessage} from "./messages.js" */
/** @import {View} from "./view.js" */

import { element, onPlainClick, openPage, text } from "../web/dom.js";
import { number } from "../web/numbers.js";
import { ANSWER } from "./graph.js";
import { incoming, markName, markPlace, outgoing, pathName, percent, signed } from "./words.js";

const FEATURE_PAGE = "feature";
const MOST = 8;
/** @type {[number, string][]} */
const FACTORS = [
  [0, "Take it away"],
  [2, "Twice as much"],
  [4, "4 times as much"],
];

/**
 * @param {View} view
 */
export function panel(view) {
  const mark = view.marks.find((one) => one.group === view.chosen);
  if (mark) return ofMark(view, mark);
  const lit = view.lit?.title ? ofLit(view, view.lit) : [];
  return [...lit, ...ofChains(view)];
}

/** @param {View} view */
function ofChains(view) {
  const { target, chains } = view.data;
  /** @type {HTMLElement[]} */
  const nodes = [text("h4", "The strongest ways from the cells to the answer")];
  for (const { steps, influence } of chains) {
    const line = element("button", "chain", { title: "Show this way in the graph" });
    line.append(...steps.flatMap((step) => stepWords(view, step)));
    line.append(text("b", target.words), text("span", ` · influence ${percent(influence)}`));
    line.addEventListener("click", () => view.highlight(way(steps)));
    nodes.push(line);
  }
  nodes.push(text("p", "Point at a mark to see what it is. Click it to see its edges in words.", "note"));
  return nodes;
}

/**
 * The supernodes of a way, to be highlighted.
 * @param {number[][]} steps
 */
function way(steps) {
  return { title: "", groups: new Set(steps.map(([source]) => source)), among: true };
}

/**
 * What is highlighted: its supernodes, the strongest first.
 * @param {View} view
 * @param {import("./view.js").Lit} lit
 */
function ofLit(view, { title, groups }) {
  const list = element("ul", "found");
  const found = view.whole.filter((mark) => groups.has(mark.group)).slice(0, MOST);
  for (const mark of found) {
    const item = element("li");
    const button = text("button", markName(mark), "plain");
    button.addEventListener("click", () => view.choose(mark.group));
    const { title: after } = view.data.columns[mark.column];
    item.append(
      button,
      text("span", ` ${after}, ${markPlace(mark)} · influence ${percent(mark.influence)}`, "note"),
    );
    list.append(item);
  }
  return [text("h4", title), list];
}

/**
 * A supernode and the path that leads on from it.
 * @param {View} view
 * @param {number[]} step
 */
function stepWords(view, [source, target, path, weight]) {
  const mark = view.whole.find((one) => one.group === source);
  if (!mark) return [];
  const way = pathName(view.data, { source: mark, target: null, path, weight, strength: 0 });
  const arrow = text("i", ` ${way}${target === ANSWER ? ` ${signed(weight)}` : ""} → `);
  arrow.style.color = view.data.paths[path].colour;
  return [text("span", `${markName(mark)}, ${markPlace(mark)}`), arrow];
}

/**
 * @param {View} view
 * @param {Mark} mark
 */
function ofMark(view, mark) {
  const { data } = view;
  const whole = view.marks.filter((one) => one.group === mark.group);
  const influence = whole.reduce((sum, one) => sum + one.influence, 0);
  const cells = whole.flatMap((one) => one.nodes);
  const facts = [
    data.columns[mark.column].title,
    whole.length > 1 ? `${cells.length} nodes, opened` : markPlace(mark),
    `influence ${percent(influence)}`,
  ];
  if (mark.nodes[0].words) facts.push(mark.nodes[0].words);
  if (mark.nodes[0].kind === "feature") facts.push(`activation up to ${number(largest(cells))}`);
  const back = text("button", "Back to the whole graph", "plain");
  back.addEventListener("click", () => view.choose(null));
  return [
    text("h4", markName(mark)),
    text("p", facts.join(" · "), "note"),
    ...links(data, cells),
    changes(view, mark.group),
    ...edgeList(
      "Reads",
      view.edges.filter((edge) => edge.target?.group === mark.group),
      data,
      incoming,
    ),
    ...edgeList(
      "Goes",
      view.edges.filter((edge) => edge.source.group === mark.group),
      data,
      outgoing,
    ),
    back,
  ];
}

/**
 * Buttons that ask what the GPT answers without a supernode, or with more of it.
 * @param {View} view
 * @param {number} group
 */
function changes(view, group) {
  const line = element("div", "changes");
  for (const [factor, words] of FACTORS) {
    const button = text("button", words, "aspect");
    button.addEventListener("click", () => view.change(group, factor));
    line.append(button);
  }
  return line;
}

/** @param {{activation: number}[]} nodes */
function largest(nodes) {
  return Math.max(...nodes.map((node) => node.activation));
}

/**
 * Links to the pages of the features.
 * @param {TraceMessage} data
 * @param {Mark["nodes"]} nodes
 */
function links(data, nodes) {
  const features = new Map(
    nodes.filter((node) => node.kind === "feature").map((node) => [node.feature, node]),
  );
  return [...features.values()].slice(0, MOST).map((node) => {
    const link = text("a", `Open feature ${node.feature} →`);
    const hook = data.hooks[String(data.columns[node.column].block)];
    link.href = `${FEATURE_PAGE}?${new URLSearchParams({ ...data.address, hook, feature: String(node.feature) })}`;
    onPlainClick(link, () => openPage(link.href));
    return link;
  });
}

/**
 * @param {string} title
 * @param {Edge[]} edges
 * @param {TraceMessage} data
 * @param {(data: TraceMessage, edge: Edge) => string} say
 */
function edgeList(title, edges, data, say) {
  if (edges.length === 0) return [];
  const list = element("ul");
  for (const edge of edges.slice(0, MOST)) {
    const item = text("li", say(data, edge));
    item.style.borderColor = data.paths[edge.path].colour;
    list.append(item);
  }
  const more = edges.length > MOST ? `, ${edges.length - MOST} more` : "";
  return [text("h5", `${title}${more}`), list];
}
