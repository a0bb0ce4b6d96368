// @ts-check
// The features that fire, strongest first: a click draws one on the grids, an arrow opens its page, and links
// below lead to the Lab.

/** @import {ColumnMessage, FeatureMessage} from "./messages.js" */
/** @import {Send} from "./cell_column.js" */

import { element, onPlainClick, openPage, text } from "../web/dom.js";
import { number } from "../web/numbers.js";

const FEATURE_PAGE = "feature";
const LAB_PAGE = "lab";
const NONE = -1;

/**
 * @param {ColumnMessage} data
 * @param {FeatureMessage[]} shown
 * @param {Send} send
 */
export function featureList(data, shown, send) {
  const list = element("ol");
  list.append(...shown.map((feature) => entry(data, feature, send)));
  return list;
}

/**
 * @param {ColumnMessage} data
 * @param {FeatureMessage} feature
 * @param {Send} send
 */
function entry(data, feature, send) {
  const chosen = feature.id === data.chosen;
  const matched = data.matched === feature.id ? "matched" : "";
  const item = element("li", chosen ? "chosen" : matched);
  const strength = element("div", "strength");
  strength.style.width = `${Math.max(1, 100 * (feature.share ?? 0))}%`;
  item.append(strength, chooser(feature, chosen, send), opener(data, feature, send), actions(data, feature));
  return item;
}

/**
 * @param {FeatureMessage} feature
 * @param {boolean} chosen
 * @param {Send} send
 */
function chooser(feature, chosen, send) {
  const told = { "data-feature": feature.id, "aria-pressed": String(chosen), title: feature.title };
  const button = element("button", "", told);
  const line = element("span", "line");
  line.append(text("b", `feature ${feature.id}`), text("span", number(feature.activation)));
  button.append(line, text("span", feature.words, "words"));
  button.addEventListener("click", () => send("chosen", chosen ? NONE : feature.id));
  return button;
}

/**
 * @param {ColumnMessage} data
 * @param {FeatureMessage} feature
 * @param {Send} send
 */
function opener(data, feature, send) {
  const told = { "aria-label": `Open feature ${feature.id}`, title: "Open this feature" };
  const link = element("a", "", told);
  link.textContent = "→";
  link.href = `${FEATURE_PAGE}?${new URLSearchParams({ ...data.address, feature: String(feature.id) })}`;
  onPlainClick(link, () => send("opened", feature.id));
  return link;
}

/**
 * @param {ColumnMessage} data
 * @param {FeatureMessage} feature
 */
function actions(data, feature) {
  const line = element("div", "actions");
  line.append(
    ...feature.actions.map(({ label, title, query }) => {
      const link = element("a", "", { title });
      link.textContent = label;
      link.href = `${LAB_PAGE}?${new URLSearchParams({ ...data.lab, ...query })}`;
      onPlainClick(link, () => openPage(link.href));
      return link;
    }),
  );
  return line;
}
