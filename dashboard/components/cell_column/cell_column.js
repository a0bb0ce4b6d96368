// @ts-check
// What one GPT makes of a cell: the token it expects, how probable each token is, the features that fire.

/** @import {Component} from "../web/messages.js" */
/** @import {ColumnMessage} from "./messages.js" */

import { focusedBeside, rootOf, text } from "../web/dom.js";
import { featureList } from "./features.js";
import { expectation, tokenChart } from "./tokens.js";

/** @typedef {HTMLElement & {showAll?: boolean}} ColumnRoot */
/** @typedef {Component<ColumnMessage>["setTriggerValue"]} Send */

/** @param {Component<ColumnMessage>} component */
export default function draw(component) {
  const { data, setTriggerValue } = component;
  /** @type {ColumnRoot} */
  const root = rootOf(component);
  const focused = focusedBeside(root)?.dataset.feature;
  redraw(root, data, setTriggerValue);
  const found = focused === undefined ? null : root.querySelector(`button[data-feature="${focused}"]`);
  if (found instanceof HTMLElement) found.focus({ preventScroll: true });
}

/**
 * @param {ColumnRoot} root
 * @param {ColumnMessage} data
 * @param {Send} send
 */
function redraw(root, data, send) {
  root.replaceChildren(expectation(data), tokenChart(data), ...features(root, data, send));
}

/**
 * @param {ColumnRoot} root
 * @param {ColumnMessage} data
 * @param {Send} send
 */
function features(root, data, send) {
  if (data.note) return [text("p", data.note, "note")];
  const shown = root.showAll ? data.features : data.features.slice(0, data.first);
  const hidden = data.features.length - shown.length;
  const nodes = [text("p", data.heading, "heading"), featureList(data, shown, send)];
  if (hidden === 0) return nodes;
  const more = text("button", `Show ${hidden} more`, "more");
  more.addEventListener("click", () => {
    root.showAll = true;
    redraw(root, data, send);
  });
  return [...nodes, more];
}
