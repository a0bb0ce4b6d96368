// @ts-check
// A table of features: heads that sort, rows that open, stars.

/** @import {Component} from "../web/messages.js" */
/** @import {ColumnMessage, ListAction, ListMessage, ListRow} from "./messages.js" */

import { element, focusedBeside, onPlainClick, openPage, rootOf, text } from "../web/dom.js";
import { drawCell } from "./table_cells.js";

/** @typedef {HTMLElement & {signature?: string, act?: (action: ListAction) => void}} ListRoot */

/** @param {Component<ListMessage>} component */
export default function draw(component) {
  const { data } = component;
  /** @type {ListRoot} */
  const root = rootOf(component);
  root.act = (action) => component.setTriggerValue("acted", action);
  const signature = JSON.stringify(data);
  if (root.signature === signature) return;
  root.signature = signature;
  const focused = focusedBeside(root)?.dataset.focus;
  root.replaceChildren(build(root, data));
  if (focused) refocus(root, focused);
}

/**
 * Give the focus to what had it in the table before.
 * @param {HTMLElement} root
 * @param {string} name
 */
function refocus(root, name) {
  const found = root.querySelector(`[data-focus="${name}"]`);
  if (found instanceof HTMLElement) found.focus({ preventScroll: true });
}

/**
 * @param {ListRoot} root
 * @param {ListMessage} data
 */
function build(root, data) {
  const table = element("table", "", { "aria-label": data.alt });
  const head = element("tr");
  head.append(...data.columns.map((column) => headCell(root, data, column)));
  const body = element("tbody");
  body.append(...data.rows.map((row, index) => buildRow(root, data, row, index)));
  const top = element("thead");
  top.append(head);
  table.append(top, body);
  const holder = element("div", "holder");
  holder.append(table);
  return holder;
}

/**
 * @param {ListRoot} root
 * @param {ListMessage} data
 * @param {ColumnMessage} column
 */
function headCell(root, data, column) {
  const sorted = data.sort === column.name;
  const cell = element("th", kinds(column), { scope: "col", title: column.help });
  if (!column.sortable) {
    cell.append(text("span", column.label));
    return cell;
  }
  if (sorted) cell.setAttribute("aria-sort", data.up ? "ascending" : "descending");
  const button = element("button", "", { type: "button", "data-focus": `head.${column.name}` });
  const way = data.up ? "↑" : "↓";
  button.append(column.label, " ", text("span", sorted ? way : "", "way"));
  button.addEventListener("click", () => root.act?.({ sort: column.name }));
  cell.append(button);
  return cell;
}

/**
 * @param {ListRoot} root
 * @param {ListMessage} data
 * @param {ListRow} row
 * @param {number} index
 */
function buildRow(root, data, row, index) {
  const line = element("tr");
  const star = () => root.act?.({ star: index });
  for (const column of data.columns) {
    const cell = element("td", kinds(column), { "data-label": column.label });
    cell.append(...drawCell(column.kind, row[column.name], { row, index, style: data.style, star }));
    line.append(cell);
  }
  onPlainClick(line, () => openPage(row.href));
  return line;
}

/** @param {ColumnMessage} column */
function kinds(column) {
  return column.narrow ? column.kind : `${column.kind} roomy`;
}
