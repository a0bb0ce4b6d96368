// Small panels about a feature: bars, a histogram, maps of the four grids, links, a matrix.
// Data: see feature_panels.py. All text is set as text.

const SIDE = 10;

export default function (component) {
  const { data, parentElement } = component;
  const root = parentElement.querySelector(".root");
  const signature = JSON.stringify(data);
  if (root.signature === signature) return;
  root.signature = signature;
  const list = element("div", "panels");
  list.style.gridTemplateColumns = `repeat(auto-fit, minmax(min(100%, ${data.width}px), 1fr))`;
  list.append(...data.panels.map((panel) => drawPanel(panel, data.style)));
  root.replaceChildren(list);
}

function drawPanel(panel, style) {
  const section = element("section", "panel", { "aria-label": panel.title });
  section.append(text("h3", panel.title));
  if (panel.help) section.append(text("p", panel.help, "help"));
  section.append(...DRAW[panel.kind](panel, style));
  return section;
}

const DRAW = {
  bars(panel, style) {
    const grid = element("div", panel.wide ? "bars wide" : "bars");
    for (const row of panel.rows) grid.append(...barRow(row, panel.signed, style));
    return [grid];
  },

  histogram(panel) {
    const bars = element("div", "histogram", { role: "img", "aria-label": panel.alt });
    bars.append(...panel.bars.map((bar) => {
      const node = element("i", "", { title: bar.title });
      node.style.height = `${100 * bar.share}%`;
      return node;
    }));
    const ends = element("div", "ends");
    ends.append(text("span", panel.low), text("span", panel.unit), text("span", panel.high));
    return [bars, ends];
  },

  maps(panel) {
    const choice = element("div", "choice");
    const maps = element("div", "maps");
    const ramp = element("div", "ramp");
    const show = (chosen) => {
      [...choice.children].forEach((button, i) => button.setAttribute("aria-pressed", String(panel.modes[i] === chosen)));
      maps.replaceChildren(...chosen.maps.map((map) => drawMap(map)));
      const bar = element("i");
      bar.style.background = "linear-gradient(to right, transparent, var(--bar))";
      ramp.replaceChildren(text("span", "0"), bar, text("span", chosen.highest));
    };
    choice.append(...panel.modes.map((mode) => {
      const button = text("button", mode.name);
      button.type = "button";
      button.addEventListener("click", () => show(mode));
      return button;
    }));
    show(panel.modes[0]);
    return panel.modes.length > 1 ? [choice, maps, ramp] : [maps, ramp];
  },

  links(panel) {
    const list = element("ul", "links");
    list.append(...panel.rows.map((row) => {
      const item = element("li");
      item.append(link(row.href, row.label), ...(row.badges ?? []).map((badge) => {
        const node = text("span", badge.text, `badge ${badge.tone ?? ""}`);
        if (badge.help) node.title = badge.help;
        return node;
      }));
      if (row.detail) item.append(text("span", row.detail, "detail"));
      return item;
    }));
    return [list];
  },

  words(panel) {
    const nodes = [text("p", panel.words, "words")];
    if (panel.command) nodes.push(text("code", panel.command));
    return nodes;
  },

  matrix(panel) {
    const table = element("table");
    const head = element("tr");
    head.append(element("th"), ...panel.columns.map((name) => text("th", name)));
    const top = element("thead");
    top.append(head);
    const body = element("tbody");
    body.append(...panel.rows.map((row) => {
      const line = element("tr");
      line.append(text("th", row.label), ...row.cells.map((cell) => {
        const node = text("td", cell.text);
        if (cell.title) node.title = cell.title;
        const tone = cell.share < 0 ? "#c2571a" : "var(--bar)";
        node.style.background = `color-mix(in srgb, ${tone} ${Math.round(85 * Math.min(1, Math.abs(cell.share)))}%, transparent)`;
        return node;
      }));
      return line;
    }));
    table.append(top, body);
    const scroll = element("div", "scroll");
    scroll.append(table);
    return [scroll];
  },
};

function barRow(row, signed, style) {
  const label = element("span", "label");
  if (row.token !== undefined) label.append(swatch(row.token, style));
  label.append(row.href ? link(row.href, row.label) : text("span", row.label));
  const track = element("div", "track", { title: row.title ?? "" });
  const fill = element("i", row.share < 0 ? "below" : "");
  const share = Math.min(1, Math.abs(row.share));
  fill.style.width = `${(signed ? 50 : 100) * share}%`;
  fill.style.left = signed ? `${row.share < 0 ? 50 - 50 * share : 50}%` : "0";
  track.append(fill);
  if (signed) track.append(element("s"));
  if (row.mark !== undefined) {
    const mark = element("b", "", { title: row.markTitle ?? "" });
    mark.style.left = `${100 * Math.min(1, Math.max(0, row.mark))}%`;
    track.append(mark);
  }
  const nodes = [label, track, text("span", row.text, "value")];
  if (row.detail) nodes.push(text("span", row.detail, "detail"));
  return nodes;
}

function swatch(token, style) {
  const colour = token < style.palette.length;
  const node = text("span", colour ? style.digits[token] : "", "swatch");
  if (!colour) return node;
  node.style.background = style.palette[token];
  node.style.color = style.digitColours[token];
  return node;
}

function drawMap(map) {
  const figure = element("figure");
  const canvas = element("canvas", "", { role: "img", "aria-label": map.alt });
  canvas.width = canvas.height = SIDE * 8;
  const context = canvas.getContext("2d");
  const shares = Uint8Array.from(atob(map.shares), (letter) => letter.charCodeAt(0));
  const colour = getComputedStyle(document.documentElement).getPropertyValue("--st-primary-color") || "#5b4ee5";
  for (let i = 0; i < SIDE * SIDE; i++) {
    context.globalAlpha = shares[i] / 255;
    context.fillStyle = colour;
    context.fillRect((i % SIDE) * 8, Math.floor(i / SIDE) * 8, 8, 8);
  }
  canvas.addEventListener("pointermove", (event) => {
    const box = canvas.getBoundingClientRect();
    const at = (place, size) => Math.min(SIDE - 1, Math.max(0, Math.floor((SIDE * place) / size)));
    const [column, row] = [at(event.clientX - box.left, box.width), at(event.clientY - box.top, box.height)];
    canvas.title = `row ${row}, column ${column}: ${map.texts[row * SIDE + column]}`;
  });
  figure.append(canvas, text("figcaption", map.label));
  return figure;
}

function link(href, label) {
  const node = text("a", label);
  node.href = href;
  node.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    openPage(href);
  });
  return node;
}
