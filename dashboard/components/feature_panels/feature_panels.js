// @ts-check
// Small panels about a feature: bars, a histogram, maps of the four grids, links, a matrix.

/** @import {Component, GridStyleMessage} from "../web/messages.js" */
/** @import {Panel, PanelsMessage} from "./messages.js" */

import { element, rootOf, text } from "../web/dom.js";
import { drawBars } from "./bars.js";
import { drawHistogram } from "./histogram.js";
import { drawLinks, drawWords } from "./links.js";
import { drawMaps } from "./maps.js";
import { drawMatrix } from "./matrix.js";

/** @param {Component<PanelsMessage>} component */
export default function draw(component) {
  const { data } = component;
  /** @type {HTMLElement & {signature?: string, ignore?: AbortController}} */
  const root = rootOf(component);
  const signature = JSON.stringify(data);
  if (root.signature === signature) return;
  root.signature = signature;
  root.ignore?.abort();
  root.ignore = new AbortController();
  const { signal } = root.ignore;
  const list = element("div", "panels");
  list.style.gridTemplateColumns = `repeat(auto-fit, minmax(min(100%, ${data.width}px), 1fr))`;
  list.append(...data.panels.map((panel) => drawPanel(panel, data.style, signal)));
  root.replaceChildren(list);
}

/**
 * @param {Panel} panel
 * @param {GridStyleMessage} style
 * @param {AbortSignal} signal ends what listens outside the panels
 */
function drawPanel(panel, style, signal) {
  const section = element("section", "panel", { "aria-label": panel.title });
  section.append(text("h3", panel.title));
  if (panel.kind !== "words" && panel.help) section.append(text("p", panel.help, "help"));
  section.append(...drawContent(panel, style, signal));
  return section;
}

/**
 * @param {Panel} panel
 * @param {GridStyleMessage} style
 * @param {AbortSignal} signal
 * @returns {HTMLElement[]}
 */
function drawContent(panel, style, signal) {
  switch (panel.kind) {
    case "bars":
      return drawBars(panel, style);
    case "histogram":
      return drawHistogram(panel, signal);
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
