// @ts-check
// Keeps the scale at which the page as it is on the screen fits the paper, for print.css: boards and charts are drawn
// for the screen's width, and nothing can draw them again while the browser prints.

/** @import {Component} from "../web/messages.js" */
/** @import {PaperMessage} from "./messages.js" */

const SCALE = "--print-scale";

/** @param {Component<PaperMessage>} component */
export default function draw(component) {
  const fit = () => {
    if (window.matchMedia("print").matches) return;
    const scale = Math.min(1, component.data.width / window.innerWidth);
    document.documentElement.style.setProperty(SCALE, scale.toFixed(3));
  };
  fit();
  window.addEventListener("resize", fit);
  return () => window.removeEventListener("resize", fit);
}
