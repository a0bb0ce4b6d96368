// A table of features: heads that sort, rows that open, stars. Data: see feature_list.py; all text is set as text.

const SIDE = 10;
const CELL = 9;

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const root = parentElement.querySelector(".root");
  root.act = (what, which) => setTriggerValue("acted", { [what]: which });
  const signature = JSON.stringify(data);
  if (root.signature === signature) return;
  root.signature = signature;
  const focused = focusPath(root);
  root.replaceChildren(build(root, data));
  if (focused) root.querySelector(focused)?.focus({ preventScroll: true });
}

// What had the focus, as a selector that finds it again in the new table.
function focusPath(root) {
  const active = root.getRootNode().activeElement;
  return active?.dataset?.focus ? `[data-focus="${active.dataset.focus}"]` : null;
}

function build(root, data) {
  const table = element("table", "", { "aria-label": data.alt });
  const head = element("tr");
  head.append(...data.columns.map((column) => headCell(root, data, column)));
  const body = element("tbody");
  body.append(...data.rows.map((row, index) => buildRow(root, data, row, index)));
  const top = element("thead");
  top.append(head);
  table.append(top, body);
  return table;
}

function headCell(root, data, column) {
  const sorted = data.sort === column.name;
  const cell = element("th", kinds(column), { scope: "col", title: column.help });
  if (!column.sortable) {
    cell.append(text("span", column.label));
    return cell;
  }
  if (sorted) cell.setAttribute("aria-sort", data.up ? "ascending" : "descending");
  const button = element("button", "", { type: "button", "data-focus": `head.${column.name}` });
  button.append(column.label, " ", text("span", sorted ? (data.up ? "↑" : "↓") : "", "way"));
  button.addEventListener("click", () => root.act("sort", column.name));
  cell.append(button);
  return cell;
}

function buildRow(root, data, row, index) {
  const line = element("tr");
  line.append(...data.columns.map((column) => {
    const cell = element("td", kinds(column));
    DRAW[column.kind](cell, row[column.name], { root, data, row, index });
    return cell;
  }));
  line.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    openPage(row.href);
  });
  return line;
}

function kinds(column) {
  return column.narrow ? column.kind : `${column.kind} roomy`;
}

const DRAW = {
  star(cell, starred, { root, row, index }) {
    const name = `${starred ? "Take the star from" : "Star"} ${row.feature}`;
    const button = element("button", "", {
      type: "button", "aria-pressed": String(starred), "aria-label": name, title: name, "data-focus": `star.${index}`,
    });
    button.append(starred ? "★" : "☆");
    button.addEventListener("click", (event) => {
      event.stopPropagation();
      root.act("star", index);
    });
    cell.append(button);
  },
  feature(cell, label, { row, index }) {
    const link = element("a", "", { href: row.href, "data-focus": `open.${index}` });
    link.append(label);
    cell.append(link);
  },
  grid(cell, grid, { data }) {
    if (grid) cell.append(drawGrid(grid, data.style));
  },
  number(cell, value) {
    cell.append(value ?? "");
  },
  bar(cell, value) {
    if (!value) return;
    const meter = element("div", "meter");
    const track = element("div", "track", { title: value.help ?? "" });
    const fill = element("i");
    fill.style.width = `${100 * clamp(value.share)}%`;
    track.append(fill);
    if (value.mark !== undefined) {
      const mark = element("b");
      mark.style.left = `${100 * clamp(value.mark)}%`;
      track.append(mark);
    }
    meter.append(text("span", value.text), track);
    cell.append(meter);
  },
  token(cell, token, { data }) {
    if (!token) return;
    const holder = element("span", "named");
    const swatch = text("span", token.index < data.style.palette.length ? data.style.digits[token.index] : "", "swatch");
    if (token.index < data.style.palette.length) {
      swatch.style.background = data.style.palette[token.index];
      swatch.style.color = data.style.digitColours[token.index];
    }
    holder.append(swatch, token.name, text("span", token.text ?? "", "quiet"));
    cell.append(holder);
  },
  words(cell, words) {
    const [first, ...more] = Array.isArray(words) ? words : [words];
    if (first) cell.append(text("div", first));
    more.filter(Boolean).forEach((line) => cell.append(text("div", line, "more")));
  },
};

function drawGrid(grid, style) {
  const canvas = element("canvas", "", { "aria-hidden": "true" });
  const ratio = window.devicePixelRatio > 1 ? 2 : 1;
  const cell = (CELL * ratio) / 2;
  canvas.width = canvas.height = SIDE * cell;
  const context = canvas.getContext("2d");
  const ink = Uint8Array.from(atob(grid.ink), (letter) => letter.charCodeAt(0));
  for (let i = 0; i < SIDE * SIDE; i++) {
    const token = parseInt(grid.cells[i], 11);
    const [x, y] = [Math.floor((i % SIDE) * cell), Math.floor(Math.floor(i / SIDE) * cell)];
    context.fillStyle = ink[i] > 0 ? style.palette[token] : style.faded[token];
    context.fillRect(x, y, Math.ceil(cell), Math.ceil(cell));
    if (ink[i] === 0) continue;
    const side = Math.max(2, Math.round(0.8 * cell * Math.sqrt(ink[i] / 255)));
    context.fillStyle = style.halo;
    context.fillRect(x + (cell - side) / 2 - 0.5, y + (cell - side) / 2 - 0.5, side + 1, side + 1);
    context.fillStyle = style.ink;
    context.fillRect(x + (cell - side) / 2, y + (cell - side) / 2, side, side);
  }
  return canvas;
}

function clamp(share) {
  return Math.min(1, Math.max(0, share));
}
