// @ts-check
// What colours and shapes mean, and what the graph is about.

/** @import {View} from "./view.js" */

import { element, text } from "../web/dom.js";
import { percent } from "./words.js";

const SHAPES = [
  ["token", "token"],
  ["position", "position"],
  ["feature", "feature"],
  ["error", "what the SAE misses"],
];
const NOTHING_KNOWN = "unnamed";
const FEWEST = 20;
const MOST = 320;

/** @param {View} view */
export function legend(view) {
  const line = element("div", "legend");
  for (const { name, colour } of view.data.paths) {
    const item = text("span", name, "path");
    item.style.setProperty("--path", colour);
    line.append(item);
  }
  line.append(text("span", "dashed: against", "note"));
  for (const [kind, words] of SHAPES) line.append(text("span", words, `shape ${kind}`));
  line.append(...edgeButtons(view));
  return line;
}

/** @param {View} view */
function edgeButtons(view) {
  const fewer = text("button", "Fewer edges", "plain");
  const more = text("button", "More edges", "plain");
  fewer.disabled = view.shown <= FEWEST;
  more.disabled = view.shown >= Math.min(MOST, view.edges.length);
  fewer.addEventListener("click", () => view.showEdges(view.shown / 2));
  more.addEventListener("click", () => view.showEdges(view.shown * 2));
  return [fewer, more];
}

/**
 * What the features are about, by their share of all features' influence: buttons that show only those.
 * @param {View} view
 */
export function aspects(view) {
  /** @type {Map<string, {influence: number, groups: Set<number>}>} */
  const found = new Map();
  let total = 0;
  for (const node of view.data.nodes) {
    if (node.kind !== "feature") continue;
    const one = found.get(node.aspect) ?? { influence: 0, groups: new Set() };
    one.influence += node.influence;
    one.groups.add(node.group);
    total += node.influence;
    found.set(node.aspect, one);
  }
  if (found.size <= 1 && found.has(NOTHING_KNOWN)) return [];
  const line = element("div", "aspects");
  line.append(text("span", "Features about"));
  const last = (/** @type {string} */ aspect) => Number(aspect === NOTHING_KNOWN);
  const order = [...found].sort(
    ([one, a], [other, b]) => last(one) - last(other) || b.influence - a.influence,
  );
  for (const [aspect, { influence, groups }] of order) {
    const title = aspect === NOTHING_KNOWN ? "Features without a concept" : `Features about ${aspect}`;
    const pressed = view.lit?.title === title;
    const button = element("button", "aspect", { "aria-pressed": String(pressed) });
    button.append(text("b", aspect), text("span", ` ${percent(influence / total)}`));
    button.addEventListener("click", () => view.highlight(pressed ? null : { title, groups, among: false }));
    line.append(button);
  }
  return [line];
}
