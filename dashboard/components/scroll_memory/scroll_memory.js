// @ts-check
// Remembers how far each address was scrolled, and goes there again on Back and Forward.

/** @import {Component} from "../web/messages.js" */
/** @import {ScrollMessage} from "./messages.js" */

const PREFIX = "culture.scroll.";
const SCROLLED = ".stMain";
const OWN_WILL = ["wheel", "touchmove", "pointerdown", "keydown"];

/** @type {{target: number, until: number} | null} where to go once the page is long enough */
let pending = null;
let patience = 0;

/** @param {Component<ScrollMessage>} component */
export default function draw(component) {
  patience = component.data.patience;
  document.addEventListener("scroll", remember, true);
  window.addEventListener("popstate", comeBack);
  for (const kind of OWN_WILL) window.addEventListener(kind, giveUp, { capture: true, passive: true });
  return () => {
    document.removeEventListener("scroll", remember, true);
    window.removeEventListener("popstate", comeBack);
    for (const kind of OWN_WILL) window.removeEventListener(kind, giveUp, { capture: true });
  };
}

/** @param {Event} event */
function remember(event) {
  if (pending !== null || !(event.target instanceof HTMLElement) || !event.target.matches(SCROLLED)) return;
  try {
    window.sessionStorage.setItem(PREFIX + window.location.href, String(event.target.scrollTop));
  } catch {
    // a browser that stores nothing starts at the top
  }
}

function comeBack() {
  const target = Number(window.sessionStorage.getItem(PREFIX + window.location.href));
  pending = { target, until: performance.now() + patience };
  requestAnimationFrame(follow);
}

function follow() {
  const main = document.querySelector(SCROLLED);
  if (pending === null || main === null) return;
  if (main.scrollHeight - main.clientHeight >= pending.target) main.scrollTop = pending.target;
  if (performance.now() < pending.until) requestAnimationFrame(follow);
  else pending = null;
}

function giveUp() {
  pending = null;
}
