// What one GPT makes of a cell: the token it expects, how probable each token is, the features that fire.
// Data: see cell_column in cell_column.py.

const FEATURE_PAGE = "feature";

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const root = parentElement.querySelector(".root");
  const focused = root.getRootNode().activeElement?.dataset.feature;
  root.replaceChildren(expectation(data), tokens(data), ...features(data, root, setTriggerValue));
  if (focused !== undefined) root.querySelector(`button[data-feature="${focused}"]`)?.focus({ preventScroll: true });
}

function expectation({ expected, truth, tokens: all }) {
  const line = element("p", "expects");
  const right = expected === truth;
  line.append(swatch(all[expected]), text("b", all[expected].name), text("span", percentage(all[expected].probability)));
  line.append(text("span", right ? "✓ right" : `✗ is ${all[truth].name}`, right ? "right" : "wrong"));
  return line;
}

function tokens({ truth, tokens: all }) {
  const words = all
    .filter((token) => token.probability >= 0.01)
    .map((token) => `${token.name} ${percentage(token.probability)}`)
    .join(", ");
  const chart = element("div", "tokens", { role: "img", "aria-label": `Probability of each token: ${words}` });
  all.forEach((token, i) => {
    const column = element("div", i === truth ? "token truth" : "token", {
      title: `${token.name}: probability ${percentage(token.probability)}, logit ${token.logit.toFixed(2)}${i === truth ? " (the true one)" : ""}`,
    });
    const rail = element("div", "rail");
    const bar = element("i");
    bar.style.height = `${Math.max(token.probability >= 0.005 ? 2 : 0, token.probability * 100)}%`;
    rail.append(bar);
    column.append(rail, swatch(token));
    chart.append(column);
  });
  return chart;
}

function features(data, root, send) {
  if (data.note) return [text("p", data.note, "note")];
  const shown = root.showAll ? data.features : data.features.slice(0, data.first);
  const list = element("ol");
  list.append(...shown.map((feature) => entry(data, feature, send)));
  const hidden = data.features.length - shown.length;
  const more = hidden > 0 ? [text("button", `Show ${hidden} more`, "more")] : [];
  more[0]?.addEventListener("click", () => {
    root.showAll = true;
    root.replaceChildren(...[...root.children].slice(0, 2), ...features(data, root, send));
  });
  return [text("p", data.heading, "heading"), list, ...more];
}

function entry(data, feature, send) {
  const chosen = feature.id === data.chosen;
  const item = element("li", chosen ? "chosen" : data.matched === feature.id ? "matched" : "");
  const strength = element("div", "strength");
  strength.style.width = `${Math.max(1, 100 * (feature.share ?? 0))}%`;
  const button = element("button", "", { "data-feature": feature.id, "aria-pressed": chosen, title: feature.title });
  const line = element("span", "line");
  line.append(text("b", `feature ${feature.id}`), text("span", number(feature.activation)));
  button.append(line, text("span", feature.words, "words"));
  button.addEventListener("click", () => send("chosen", chosen ? -1 : feature.id));
  const link = text("a", "→");
  link.href = `${FEATURE_PAGE}?${new URLSearchParams({ ...data.address, feature: feature.id })}`;
  link.setAttribute("aria-label", `Open feature ${feature.id}`);
  link.title = "Open this feature";
  link.addEventListener("click", (click) => {
    if (click.ctrlKey || click.metaKey || click.shiftKey) return;
    click.preventDefault();
    send("opened", feature.id);
  });
  item.append(strength, button, link);
  return item;
}

function swatch(token) {
  const mark = text("span", token.digit, "swatch");
  mark.style.background = token.colour;
  mark.style.color = token.ink;
  return mark;
}

function percentage(share) {
  if (share >= 0.995 && share < 1) return `${(Math.min(share, 0.9999) * 100).toFixed(2)}%`;
  return share < 0.005 ? (share < 0.0001 ? "0%" : `${(share * 100).toFixed(2)}%`) : `${Math.round(share * 100)}%`;
}

function number(value) {
  return Math.abs(value) >= 0.01 && Math.abs(value) < 10000 ? String(Number(value.toPrecision(3))) : value.toExponential(1);
}

function element(tag, kind = "", attributes = {}) {
  const node = document.createElement(tag);
  if (kind) node.className = kind;
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

function text(tag, content, kind = "") {
  const node = element(tag, kind);
  node.textContent = content;
  return node;
}
