// @ts-check
// What a GPT expects at a cell, and how probable each token is.

/** @import {ColumnMessage, TokenMessage} from "./messages.js" */

import { element, text } from "../web/dom.js";

/** @param {ColumnMessage} data */
export function expectation({ expected, truth, tokens }) {
  const line = element("p", "expects");
  const right = expected === truth;
  const { name, probability } = tokens[expected];
  line.append(swatch(tokens[expected]), text("b", name), text("span", percentage(probability)));
  line.append(text("span", right ? "✓ right" : `✗ is ${tokens[truth].name}`, right ? "right" : "wrong"));
  return line;
}

/** @param {ColumnMessage} data */
export function tokenChart({ truth, tokens }) {
  const words = tokens
    .filter((token) => token.probability >= 0.01)
    .map((token) => `${token.name} ${percentage(token.probability)}`)
    .join(", ");
  const chart = element("div", "tokens", {
    role: "img",
    "aria-label": `Probability of each token: ${words}`,
  });
  chart.append(...tokens.map((token, i) => tokenColumn(token, i === truth)));
  return chart;
}

/**
 * @param {TokenMessage} token
 * @param {boolean} isTruth
 */
function tokenColumn(token, isTruth) {
  const logit = `logit ${token.logit.toFixed(2)}`;
  const title = `${token.name}: probability ${percentage(token.probability)}, ${logit}${isTruth ? " (the true one)" : ""}`;
  const column = element("div", isTruth ? "token truth" : "token", { title });
  const rail = element("div", "rail");
  const bar = element("i");
  bar.style.height = `${Math.max(token.probability >= 0.005 ? 2 : 0, token.probability * 100)}%`;
  rail.append(bar);
  column.append(rail, swatch(token));
  return column;
}

/** @param {TokenMessage} token */
function swatch(token) {
  const mark = text("span", token.digit, "swatch");
  mark.style.background = token.colour;
  mark.style.color = token.ink;
  return mark;
}

/** @param {number} share */
function percentage(share) {
  if (share >= 0.995 && share < 1) return `${(Math.min(share, 0.9999) * 100).toFixed(2)}%`;
  if (share >= 0.005) return `${Math.round(share * 100)}%`;
  return share < 0.0001 ? "0%" : `${(share * 100).toFixed(2)}%`;
}
