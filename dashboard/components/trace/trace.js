// @ts-check
// An answer traced back: grids for tokens and every block, marks for nodes, curves for edges, words beside.

/** @import {Component} from "../web/messages.js" */
/** @import {TraceMessage} from "./messages.js" */
/** @import {View} from "./view.js" */

import { element, rootOf, text } from "../web/dom.js";
import { focusedPlace, focusPlace } from "./focus.js";
import { drawnGraph } from "./graph.js";
import { corner, layoutFor, SIDE } from "./layout.js";
import { aspects, legend } from "./legend.js";
import { panel } from "./panel.js";
import { picture } from "./picture.js";
import { markName, markPlace, percent } from "./words.js";

const FIRST_SHOWN = 60;
const LAST_GRID = 304;

/** @typedef {HTMLElement & {trace?: {signature: string, stop: AbortController}}} TraceRoot */

/** @param {Component<TraceMessage>} component */
export default function draw(component) {
  /** @type {TraceRoot} */
  const root = rootOf(component);
  const signature = JSON.stringify(component.data);
  if (root.trace?.signature === signature) return;
  root.trace?.stop.abort();
  root.trace = { signature, stop: new AbortController() };
  start(root, component.data, root.trace.stop.signal, component.setTriggerValue);
}

/**
 * @param {HTMLElement} root
 * @param {TraceMessage} data
 * @param {AbortSignal} signal
 * @param {Component<TraceMessage>["setTriggerValue"]} send
 */
function start(root, data, signal, send) {
  const place = element("div", "picture");
  const tooltip = element("div", "tooltip", { role: "tooltip", hidden: true });
  const beside = element("div", "panel", { "aria-live": "polite" });
  const [above, about] = [element("div"), element("div")];
  const closed = drawnGraph(data, new Set());
  /** @type {View} */
  const view = {
    ...{ data, ...closed, whole: closed.marks, shown: FIRST_SHOWN, chosen: null, lit: null },
    choose: (group) => {
      view.chosen = group;
      view.lit = null;
      Object.assign(view, drawnGraph(data, new Set(group === null ? [] : [group])));
      redraw();
    },
    highlight: (lit) => {
      view.lit = lit;
      view.chosen = null;
      Object.assign(view, closed);
      redraw();
    },
    change: (group, factor) => send("change", { group, factor }),
    showEdges: (shown) => {
      view.shown = shown;
      redraw();
    },
  };
  const redraw = () => {
    const focused = focusedPlace(root);
    tooltip.hidden = true;
    const layout = layoutFor(place.clientWidth || 800, data.columns.length);
    const drawing = picture(view, layout);
    point(drawing, view, tooltip, place);
    drawing.addEventListener("click", (click) => {
      if (click.target instanceof SVGElement && click.target.closest(".mark")) return;
      const { left, top } = drawing.getBoundingClientRect();
      const asked = cellAt(layout, data, click.clientX - left, click.clientY - top);
      if (asked !== null && asked !== data.target.position) send("cell", asked);
      else if (view.chosen !== null || view.lit) view.choose(null);
    });
    place.replaceChildren(drawing, tooltip);
    beside.replaceChildren(...panel(view));
    above.replaceChildren(legend(view));
    about.replaceChildren(...aspects(view));
    focusPlace(root, focused);
  };
  root.replaceChildren(about, above, place, beside);
  const observer = new ResizeObserver(() => redraw());
  observer.observe(root);
  signal.addEventListener("abort", () => observer.disconnect());
}

/**
 * The position of the cell of the answer's grid at a point of the picture.
 * @param {import("./layout.js").Layout} layout
 * @param {TraceMessage} data
 * @param {number} x
 * @param {number} y
 */
function cellAt(layout, data, x, y) {
  const from = corner(layout, data, data.columns.length, data.labels.length - 1);
  const [column, row] = [Math.floor((x - from.x) / layout.cell), Math.floor((y - from.y) / layout.cell)];
  const inside = column >= 0 && column < SIDE && row >= 0 && row < SIDE;
  return inside ? LAST_GRID + row * SIDE + column : null;
}

/**
 * Marks tell what they are when pointed at, and are chosen by a click, Enter or Space.
 * @param {SVGSVGElement} drawing
 * @param {View} view
 * @param {HTMLElement} tooltip
 * @param {HTMLElement} place
 */
function point(drawing, view, tooltip, place) {
  const byId = new Map(view.marks.map((mark) => [mark.id, mark]));
  for (const node of drawing.querySelectorAll(".mark")) {
    const mark = node instanceof SVGElement ? byId.get(node.dataset.id ?? "") : undefined;
    if (!mark) continue;
    const choose = () => view.choose(mark.group === view.chosen ? null : mark.group);
    const show = () => {
      const lines = [markPlace(mark), `influence ${percent(mark.influence)}`];
      if (mark.nodes[0].words) lines.push(mark.nodes[0].words);
      if (mark.nodes.length > 1) lines.push(`${mark.nodes.length} nodes: click to open`);
      tooltip.replaceChildren(text("b", markName(mark)), ...lines.map((line) => text("div", line)));
      tooltip.hidden = false;
      const [box, outer] = [node.getBoundingClientRect(), place.getBoundingClientRect()];
      const left = box.left - outer.left + place.scrollLeft + box.width + 6;
      const most = place.scrollLeft + place.clientWidth - tooltip.offsetWidth - 4;
      tooltip.style.left = `${Math.max(0, Math.min(left, most))}px`;
      const below = box.bottom - outer.top + 4;
      const above = box.top - outer.top - tooltip.offsetHeight - 4;
      tooltip.style.top = `${below + tooltip.offsetHeight < place.clientHeight ? below : Math.max(0, above)}px`;
    };
    const hide = () => {
      tooltip.hidden = true;
    };
    node.addEventListener("click", choose);
    node.addEventListener("pointerenter", show);
    node.addEventListener("focus", show);
    node.addEventListener("pointerleave", hide);
    node.addEventListener("blur", hide);
    node.addEventListener("keydown", (event) => {
      if (!(event instanceof KeyboardEvent) || ![" ", "Enter"].includes(event.key)) return;
      event.preventDefault();
      choose();
    });
  }
}
