// @ts-check
// What Streamlit gives every component, and the style that all drawings share. The same in messages.py.

/**
 * What Streamlit calls a component with, whenever the script has run.
 * @template Data
 * @typedef {object} Component
 * @property {Data} data
 * @property {HTMLElement | ShadowRoot} parentElement
 * @property {(name: string, value: unknown) => void} setTriggerValue what happened, for one run
 * @property {(name: string, value: unknown) => void} setStateValue what holds until it is set again
 */

/**
 * @typedef {object} GridStyleMessage
 * @property {string[]} palette of the eleven colours
 * @property {string[]} faded the same where a feature is silent
 * @property {string[]} names
 * @property {string} digits
 * @property {string[]} digitColours ink that can be read on each colour
 * @property {string[]} fadedDigitColours
 * @property {number} inkSide side of a full square as a share of the cell's
 * @property {string} ink
 * @property {string} halo
 */

export {};
