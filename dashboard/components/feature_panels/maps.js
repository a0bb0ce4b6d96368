// @ts-check
// Maps of the four grids, one quantity at a time.

/** @import {GridMap, MapsMode, MapsPanel} from "./messages.js" */

import { element, text } from "../web/dom.js";
import { bytesOf } from "../web/ink.js";

const SIDE = 10;

/** @param {MapsPanel} panel */
export function drawMaps(panel) {
  const choice = element("div", "choice");
  const maps = element("div", "maps");
  const ramp = element("div", "ramp");
  const show = (/** @type {MapsMode} */ chosen) => {
    [...choice.children].forEach((button, i) => {
      button.setAttribute("aria-pressed", String(panel.modes[i] === chosen));
    });
    maps.replaceChildren(...chosen.maps.map(drawMap));
    const bar = element("i");
    bar.style.background = "linear-gradient(to right, transparent, var(--bar))";
    ramp.replaceChildren(text("span", "0"), bar, text("span", chosen.highest));
  };
  choice.append(...panel.modes.map((mode) => choiceButton(mode.name, () => show(mode))));
  show(panel.modes[0]);
  return panel.modes.length > 1 ? [choice, maps, ramp] : [maps, ramp];
}

/**
 * A button of a choice.
 * @param {string} name
 * @param {() => void} choose
 */
export function choiceButton(name, choose) {
  const button = text("button", name);
  button.type = "button";
  button.addEventListener("click", choose);
  return button;
}

/**
 * The style sheet inks the cells, so they follow the theme.
 * @param {GridMap} map
 */
function drawMap(map) {
  const figure = element("figure");
  const grid = element("div", "map", { role: "img", "aria-label": map.alt });
  const shares = bytesOf(map.shares);
  for (let i = 0; i < SIDE * SIDE; i++) {
    const title = `row ${Math.floor(i / SIDE)}, column ${i % SIDE}: ${map.texts[i]}`;
    const cell = element("i", "", { title });
    cell.style.setProperty("--share", `${(100 * shares[i]) / 255}%`);
    grid.append(cell);
  }
  figure.append(grid, text("figcaption", map.label));
  return figure;
}
