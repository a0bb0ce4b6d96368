// @ts-check
// Maps of the four grids, one quantity at a time.

/** @import {GridMap, MapsMode, MapsPanel} from "./messages.js" */

import { contextOf, element, text } from "../web/dom.js";
import { bytesOf } from "../web/ink.js";
import { clamp } from "../web/numbers.js";

const SIDE = 10;
const CELL = 8;

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

/** @param {GridMap} map */
function drawMap(map) {
  const figure = element("figure");
  const canvas = element("canvas", "", { role: "img", "aria-label": map.alt });
  canvas.width = canvas.height = SIDE * CELL;
  const context = contextOf(canvas);
  const shares = bytesOf(map.shares);
  const theme = getComputedStyle(document.documentElement);
  context.fillStyle = theme.getPropertyValue("--st-primary-color") || "#5b4ee5";
  for (let i = 0; i < SIDE * SIDE; i++) {
    context.globalAlpha = shares[i] / 255;
    context.fillRect((i % SIDE) * CELL, Math.floor(i / SIDE) * CELL, CELL, CELL);
  }
  canvas.addEventListener("pointermove", (event) => {
    canvas.title = cellTitle(map, canvas.getBoundingClientRect(), event);
  });
  figure.append(canvas, text("figcaption", map.label));
  return figure;
}

/**
 * @param {GridMap} map
 * @param {DOMRect} box
 * @param {PointerEvent} event
 */
function cellTitle(map, box, event) {
  const at = (/** @type {number} */ place, /** @type {number} */ size) =>
    clamp(Math.floor((SIDE * place) / size), 0, SIDE - 1);
  const [column, row] = [at(event.clientX - box.left, box.width), at(event.clientY - box.top, box.height)];
  return `row ${row}, column ${column}: ${map.texts[row * SIDE + column]}`;
}
