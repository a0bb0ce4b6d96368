// @ts-check
// What Python tells the panels about a feature. The same in messages.py.

/** @import {GridStyleMessage} from "../web/messages.js" */

/**
 * @typedef {object} WordsPanel
 * @property {"words"} kind
 * @property {string} title
 * @property {string} words
 * @property {string} command that fills the panel, or ""
 */

/**
 * @typedef {object} BarRow
 * @property {string} label
 * @property {number} share of the longest bar, -1 to 1
 * @property {string} text
 * @property {number} [token] a swatch of its colour
 * @property {string} [href]
 * @property {string} [title]
 * @property {string} [detail]
 * @property {number} [mark] where a line stands on the bar
 * @property {string} [markTitle]
 */

/**
 * @typedef {object} BarsPanel
 * @property {"bars"} kind
 * @property {string} title
 * @property {string} help
 * @property {BarRow[]} rows
 * @property {boolean} [signed] bars to both sides
 * @property {boolean} [wide] long labels
 */

/**
 * @typedef {object} HistogramBar
 * @property {number} start share of the axis
 * @property {number} end
 * @property {number} linear its height as a share of the highest bar
 * @property {number} logarithmic the same of logarithmic heights
 * @property {string} title
 */

/**
 * @typedef {object} HistogramPanel
 * @property {"histogram"} kind
 * @property {string} title
 * @property {string} help
 * @property {HistogramBar[]} bars
 * @property {number} maximum of the axis
 * @property {string} high
 * @property {string} unit
 * @property {string} alt
 */

/**
 * @typedef {object} GridMap
 * @property {string} label
 * @property {string} alt
 * @property {string} shares of the highest cell, base64 of uint8
 * @property {string[]} texts of each cell
 */

/**
 * @typedef {object} MapsMode
 * @property {string} name
 * @property {string} highest
 * @property {GridMap[]} maps
 */

/**
 * @typedef {object} MapsPanel
 * @property {"maps"} kind
 * @property {string} title
 * @property {string} help
 * @property {MapsMode[]} modes
 */

/**
 * @typedef {object} Badge
 * @property {string} text
 * @property {string} help
 * @property {string} [tone] "good", "kind", "poor" or ""
 */

/**
 * @typedef {object} LinkRow
 * @property {string} label
 * @property {string} href
 * @property {Badge[]} badges
 * @property {string} detail
 * @property {string} [compare] the address of both features side by side
 */

/**
 * @typedef {object} LinksPanel
 * @property {"links"} kind
 * @property {string} title
 * @property {string} help
 * @property {LinkRow[]} rows
 */

/**
 * @typedef {object} MatrixCell
 * @property {string} text
 * @property {number} share -1 to 1
 * @property {string} title
 * @property {string} [href]
 */

/**
 * @typedef {object} MatrixRow
 * @property {string} label
 * @property {MatrixCell[]} cells
 */

/**
 * @typedef {object} MatrixPanel
 * @property {"matrix"} kind
 * @property {string} title
 * @property {string} help
 * @property {string[]} columns
 * @property {MatrixRow[]} rows
 */

/** @typedef {WordsPanel | BarsPanel | HistogramPanel | MapsPanel | LinksPanel | MatrixPanel} Panel */

/**
 * @typedef {object} PanelsMessage
 * @property {Panel[]} panels
 * @property {number} width least width of one in pixels
 * @property {GridStyleMessage} style
 */

export {};
