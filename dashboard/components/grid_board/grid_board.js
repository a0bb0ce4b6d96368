// @ts-check
// Rows of 10 x 10 grids on canvases: cells, ink for values, crosses for wrong cells; hover, keys, clicks.

/** @import {Component} from "../web/messages.js" */
/** @import {BoardMessage} from "./messages.js" */

import { rootOf } from "../web/dom.js";
import { refresh } from "./board.js";

/** @param {Component<BoardMessage>} component */
export default function draw(component) {
  refresh(rootOf(component), component.data, {
    clicked: (cell) => component.setTriggerValue("clicked", cell),
    opened: (cell) => component.setTriggerValue("opened", cell),
  });
}
