// @ts-check
// What Python and a column of the Cell view tell each other. The same in messages.py.

/**
 * @typedef {object} TokenMessage
 * @property {string} name
 * @property {string} digit
 * @property {string} colour
 * @property {string} ink that can be read on it
 * @property {number} logit
 * @property {number} probability
 */

/**
 * @typedef {object} ActionMessage
 * @property {string} label
 * @property {string} title
 * @property {Record<string, string>} query added to the parameters of the quiz
 */

/**
 * @typedef {object} FeatureMessage
 * @property {number} id
 * @property {number} activation
 * @property {number | null} share of its maximum over the index
 * @property {string} words
 * @property {string} title
 * @property {ActionMessage[]} actions what can be done with it in the Lab
 */

/**
 * @typedef {object} ColumnMessage
 * @property {TokenMessage[]} tokens
 * @property {number} expected the most probable token
 * @property {number} truth the token that stands there
 * @property {FeatureMessage[]} features strongest first
 * @property {number} first how many are shown at first
 * @property {string} heading
 * @property {string} note shown in place of features
 * @property {number | null} chosen the feature drawn on the grids
 * @property {number | null} matched the best match of one chosen in another GPT
 * @property {Record<string, string>} address of the GPT's Feature page
 * @property {Record<string, string>} lab parameters of the quiz and the cell in the Lab
 */

export {};
