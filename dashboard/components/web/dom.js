// What the components about features share; put in front of each of them.

// Goes to another page of the app as its own links do: one step of the history, without loading all anew.
function openPage(href) {
  history.pushState({}, "", href);
  window.dispatchEvent(new PopStateEvent("popstate", { state: {} }));
}

function element(tag, kind = "", attributes = {}) {
  const node = document.createElement(tag);
  if (kind) node.className = kind;
  for (const [name, value] of Object.entries(attributes)) if (value !== "") node.setAttribute(name, value);
  return node;
}

function text(tag, content, kind = "") {
  const node = element(tag, kind);
  node.textContent = content;
  return node;
}

