// @ts-check
// Ink on cells: black squares whose area is a value, and the swatches that explain colours and ink.

/** @import {GridStyleMessage} from "./messages.js" */

import { element, text } from "./dom.js";

/**
 * The bytes that Python sent as base64.
 * @param {string} base64
 */
export function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

/**
 * A span with a square of ink in it, as large as a share of the largest value.
 * @param {GridStyleMessage} style
 * @param {number} share
 * @param {number} box its side in pixels
 * @param {string} kind
 */
export function inked(style, share, box, kind) {
  const holder = element("span", kind);
  const ink = element("i");
  const side = share > 0 ? Math.max(1, Math.round((box - 2) * style.inkSide * Math.sqrt(share))) : 0;
  ink.style.width = ink.style.height = `${side}px`;
  ink.style.background = style.ink;
  holder.append(ink);
  return holder;
}

/**
 * A small square in a token's colour with its digit; empty for a marker.
 * @param {number} token
 * @param {GridStyleMessage} style
 */
export function swatch(token, style) {
  const colour = style.palette[token];
  const node = text("span", colour === undefined ? "" : style.digits[token], "swatch");
  if (colour === undefined) return node;
  node.style.background = colour;
  node.style.color = style.digitColours[token];
  return node;
}
