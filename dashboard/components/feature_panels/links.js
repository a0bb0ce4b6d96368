// @ts-check
// Links to pages of the app, with badges; words with a command to run.

/** @import {Badge, LinkRow, LinksPanel, WordsPanel} from "./messages.js" */

import { element, onPlainClick, openPage, text } from "../web/dom.js";

/** @param {LinksPanel} panel */
export function drawLinks(panel) {
  const list = element("ul", "links");
  list.append(...panel.rows.map(linkRow));
  return [list];
}

/** @param {LinkRow} row */
function linkRow(row) {
  const item = element("li");
  item.append(pageLink(row.href, row.label), ...row.badges.map(badge));
  if (row.compare) item.append(pageLink(row.compare, "Compare"));
  if (row.detail) item.append(text("span", row.detail, "detail"));
  return item;
}

/** @param {Badge} told */
function badge(told) {
  const node = text("span", told.text, `badge ${told.tone ?? ""}`);
  if (told.help) node.title = told.help;
  return node;
}

/**
 * A link to a page of the app.
 * @param {string} href
 * @param {string} label
 */
export function pageLink(href, label) {
  const node = text("a", label);
  node.href = href;
  onPlainClick(node, () => openPage(href));
  return node;
}

/** @param {WordsPanel} panel */
export function drawWords(panel) {
  const said = text("p", panel.words, "words");
  return panel.command ? [said, text("code", panel.command)] : [said];
}
