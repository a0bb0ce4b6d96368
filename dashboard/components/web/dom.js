// @ts-check
// Elements made in one line each, and links that stay inside the app. All text is set as text, never as markup.

/** @import {Component} from "./messages.js" */

/** @typedef {string | number | boolean | null | undefined} AttributeValue */

/**
 * The element that a component draws into.
 * @param {Component<unknown>} component
 */
export function rootOf(component) {
  const root = component.parentElement.querySelector(".root");
  if (!(root instanceof HTMLElement)) throw new Error("the component has no root");
  return root;
}

/**
 * An element with a class and attributes; attributes without a value are left out.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {string} [kind]
 * @param {Record<string, AttributeValue>} [attributes]
 */
export function element(tag, kind = "", attributes = {}) {
  const node = document.createElement(tag);
  if (kind) node.className = kind;
  for (const [name, value] of Object.entries(attributes)) {
    if (value === "" || value === false || value === null || value === undefined) continue;
    node.setAttribute(name, value === true ? "" : String(value));
  }
  return node;
}

/**
 * An element with nothing but text.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {string} content
 * @param {string} [kind]
 */
export function text(tag, content, kind = "") {
  const node = element(tag, kind);
  node.textContent = content;
  return node;
}

/**
 * A picture of one path.
 * @param {string} path
 * @param {string} [viewBox]
 * @param {string} [stroke]
 */
export function svg(path, viewBox = "0 0 18 10", stroke = "currentColor") {
  const space = "http://www.w3.org/2000/svg";
  const node = document.createElementNS(space, "svg");
  node.setAttribute("viewBox", viewBox);
  node.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(space, "path");
  const drawn = { d: path, fill: "none", stroke, "stroke-width": "1.6" };
  for (const [name, value] of Object.entries(drawn)) line.setAttribute(name, value);
  node.append(line);
  return node;
}

/**
 * The drawing context of a canvas.
 * @param {HTMLCanvasElement} canvas
 */
export function contextOf(canvas) {
  const context = canvas.getContext("2d");
  if (!context) throw new Error("no canvas to draw on");
  return context;
}

/**
 * Whether a click asks for another tab or window.
 * @param {MouseEvent} click
 */
export function opensElsewhere(click) {
  return click.ctrlKey || click.metaKey || click.shiftKey;
}

/**
 * Let a plain click do something else than follow the link.
 * @param {HTMLElement} node
 * @param {() => void} act
 */
export function onPlainClick(node, act) {
  node.addEventListener("click", (click) => {
    if (opensElsewhere(click)) return;
    click.preventDefault();
    act();
  });
}

/**
 * Go to another page of the app as its own links do: one step of the history, without loading all anew.
 * @param {string} href
 */
export function openPage(href) {
  history.pushState({}, "", href);
  window.dispatchEvent(new PopStateEvent("popstate", { state: {} }));
}

/**
 * The element that has the focus inside the same shadow tree as another one.
 * @param {HTMLElement} node
 */
export function focusedBeside(node) {
  const tree = node.getRootNode();
  const focused = tree instanceof ShadowRoot || tree instanceof Document ? tree.activeElement : null;
  return focused instanceof HTMLElement ? focused : null;
}
