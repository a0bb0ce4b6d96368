// @ts-check
// A histogram from 0 to a feature's maximum, its heights linear or logarithmic; it marks the bin of the cell that is
// pointed at on a board of the same feature.

/** @import {HistogramBar, HistogramPanel} from "./messages.js" */

import { element, text } from "../web/dom.js";
import { CELL_VALUE } from "../web/pointed.js";
import { choiceButton } from "./maps.js";

/** @type {Record<"linear" | "logarithmic", string>} */
const HEIGHTS = { linear: "linear heights", logarithmic: "logarithmic" };

/**
 * @param {HistogramPanel} panel
 * @param {AbortSignal} signal ends the marking
 */
export function drawHistogram(panel, signal) {
  const bars = element("div", "histogram", { role: "img", "aria-label": panel.alt });
  const nodes = panel.bars.map(drawBar);
  bars.append(...nodes);
  const choice = element("div", "choice");
  const show = (/** @type {"linear" | "logarithmic"} */ chosen) => {
    nodes.forEach((node, i) => {
      node.style.height = `${100 * panel.bars[i][chosen]}%`;
    });
    [...choice.children].forEach((button) => {
      button.setAttribute("aria-pressed", String(button.textContent === HEIGHTS[chosen]));
    });
  };
  choice.append(
    choiceButton(HEIGHTS.linear, () => show("linear")),
    choiceButton(HEIGHTS.logarithmic, () => show("logarithmic")),
  );
  show("linear");
  window.addEventListener(CELL_VALUE, (event) => mark(panel, nodes, event), { signal });
  const ends = element("div", "ends");
  ends.append(text("span", "0"), text("span", panel.unit), text("span", panel.high));
  return [choice, bars, ends];
}

/** @param {HistogramBar} bar */
function drawBar(bar) {
  const node = element("i", "", { title: bar.title });
  node.style.left = `${100 * bar.start}%`;
  node.style.width = `${100 * (bar.end - bar.start)}%`;
  return node;
}

/**
 * Mark the bin of a cell's value; a board of another feature has another maximum.
 * @param {HistogramPanel} panel
 * @param {HTMLElement[]} nodes
 * @param {Event} event
 */
function mark(panel, nodes, event) {
  if (!(event instanceof CustomEvent)) return;
  /** @type {import("../web/pointed.js").CellValue | null} */
  const cell = event.detail;
  const share = cell && cell.maximum === panel.maximum ? cell.value / cell.maximum : 0;
  nodes.forEach((node, i) => {
    const { start, end } = panel.bars[i];
    node.classList.toggle("marked", share > start && share <= end);
  });
}
