// @ts-check
// Small panels about a feature: bars, a histogram, maps of the four grids, links, a matrix.

/** @import {Component, GridStyleMessage} from "../web/messages.js" */
/** @import {Panel, PanelsMessage} from "./messages.js" */

import { element, rootOf, text } from "../web/dom.js";
import { drawBars } from "./bars.js";
import { drawLinks, drawWords } from "./links.js";
import { drawMaps } from "./maps.js";
import { drawMatrix } from "./matrix.js";

/** @param {Component<PanelsMessage>} component */
export default function draw(component) {
  const { data } = component;
  /** @type {HTMLElement & {signature?: string}} */
  const root = rootOf(component);
  const signature = JSON.stringify(data);
  if (root.signature === signature) return;
  root.signature = signature;
  const list = element("div", "panels");
  list.style.gridTemplateColumns = `repeat(auto-fit, minmax(min(100%, ${data.width}px), 1fr))`;
  list.append(...data.panels.map((panel) => drawPanel(panel, data.style)));
  root.replaceChildren(list);
}

/**
 * @param {Panel} panel
 * @param {GridStyleMessage} style
 */
function drawPanel(panel, style) {
  const section = element("section", "panel", { "aria-label": panel.title });
  section.append(text("h3", panel.title));
  if (panel.kind !== "words" && panel.help) section.append(text("p", panel.help, "help"));
  section.append(...drawContent(panel, style));
  return section;
}

/**
 * @param {Panel} panel
 * @param {GridStyleMessage} style
 * @returns {HTMLElement[]}
 */
function drawContent(panel, style) {
  switch (panel.kind) {
    case "bars":
      return drawBars(panel, style);
    case "histogram":
      return drawHistogram(panel);
    case "maps":
      return drawMaps(panel);
    case "links":
      return drawLinks(panel);
    case "matrix":
      return drawMatrix(panel);
    case "words":
      return drawWords(panel);
  }
}

/** @param {import("./messages.js").HistogramPanel} panel */
function drawHistogram(panel) {
  const bars = element("div", "histogram", { role: "img", "aria-label": panel.alt });
  bars.append(
    ...panel.bars.map((bar) => {
      const node = element("i", "", { title: bar.title });
      node.style.height = `${100 * bar.share}%`;
      return node;
    }),
  );
  const ends = element("div", "ends");
  ends.append(text("span", panel.low), text("span", panel.unit), text("span", panel.high));
  return [bars, ends];
}
