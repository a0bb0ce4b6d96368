// @ts-check
// Keeps notes in the browser's storage, one entry each, and tells the page what lies there.

/** @import {Component} from "../web/messages.js" */
/** @import {StorageMessage} from "./messages.js" */

const PREFIX = "culture.note.";

/** @type {WeakMap<object, string>} what each page was told last */
const told = new WeakMap();

/** @param {Component<StorageMessage>} component */
export default function draw(component) {
  const { data, parentElement } = component;
  store(component, data.changes);
  tell(component);
  /** @param {StorageEvent} event */
  const elsewhere = (event) => {
    if (event.key === null || event.key.startsWith(PREFIX)) tell(component);
  };
  window.addEventListener("storage", elsewhere);
  return () => {
    window.removeEventListener("storage", elsewhere);
    if (!parentElement.isConnected) told.delete(parentElement);
  };
}

/**
 * @param {Component<StorageMessage>} component
 * @param {Record<string, string>} changes
 */
function store(component, changes) {
  try {
    for (const [name, text] of Object.entries(changes)) window.localStorage.setItem(PREFIX + name, text);
  } catch {
    component.setTriggerValue("refused", true);
  }
}

/** @param {Component<StorageMessage>} component */
function tell(component) {
  const lying = stored();
  const summary = JSON.stringify(lying);
  if (told.get(component.parentElement) === summary) return;
  told.set(component.parentElement, summary);
  component.setStateValue("stored", lying);
}

/** All notes that lie in the storage; none where the browser forbids to look. */
function stored() {
  try {
    const names = Object.keys(window.localStorage).filter((name) => name.startsWith(PREFIX));
    return names.sort().map((name) => window.localStorage.getItem(name) ?? "");
  } catch {
    return [];
  }
}
