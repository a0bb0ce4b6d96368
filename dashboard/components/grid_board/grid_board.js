// Draws rows of 10 x 10 grids on canvases: cells, ink for values, crosses for wrong cells; hover, keys, clicks.
// Data: see grid_board in grid_board.py. A cell is addressed by (row, block, offset); offset 0 is the block's marker.

const SIDE = 10;
const BLOCK = 101;
const LINK_WIDTH = 26;
const GAP_WIDTH = 14;
const BAR_WIDTH = 15;
const GRID_LINE = "rgba(0, 0, 0, 0.16)";
const NO_PROBABILITY = 255;
const CELL_PAGE = "cell";

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const root = parentElement.querySelector(".root");
  const board = root.board ?? (root.board = {});
  board.send = (cell) => setTriggerValue("clicked", cell);
  board.open = (cell) => setTriggerValue("opened", cell);
  const shown = data.editing && catchUp(board, data);
  const { selected, addresses, ...drawn } = data;
  const signature = JSON.stringify(drawn);
  if (!shown && board.signature !== signature) {
    board.view?.ignore.abort();
    board.view = build(root, board, data);
    if (data.editing) makeEditable(board, root, (cells) => setTriggerValue("edited", cells));
  }
  board.signature = signature;
  board.view.addresses = addresses;
  select(board.view, selected);
}

function build(root, board, data) {
  const focused = [...root.querySelectorAll(".row")].indexOf(root.getRootNode().activeElement);
  const tooltip = element("div", "tooltip", { role: "tooltip", hidden: "" });
  const spoken = element("div", "spoken", { "aria-live": "polite" });
  const list = element("div", "rows");
  list.style.gridTemplateColumns = `repeat(auto-fit, minmax(min(100%, ${data.rowWidth}px), 1fr))`;
  const view = { data, board, tooltip, spoken, addresses: data.addresses, ignore: new AbortController() };
  view.rows = data.rows.map((row, index) => buildRow(view, row, index));
  list.append(...view.rows.map((row) => row.figure));
  root.replaceChildren(...legend(data), list, tooltip, spoken);
  if (focused >= 0) view.rows[Math.min(focused, view.rows.length - 1)]?.figure.focus({ preventScroll: true });
  new ResizeObserver(() => layout(view)).observe(list);
  layout(view);
  const away = (event) => event.composedPath().includes(root) || unpin(view);
  document.addEventListener("pointerdown", away, { signal: view.ignore.signal });
  window.addEventListener("scroll", () => unpin(view), { signal: view.ignore.signal, capture: true, passive: true });
  return view;
}

// One row: a figure of its own, reached with Tab, read cell by cell with the arrow keys.

function buildRow(view, source, index) {
  const row = decode(source);
  row.index = index;
  row.figure = element("figure", view.data.clickable || view.addresses ? "row clickable" : "row", {
    tabindex: "0",
    role: "img",
    "aria-roledescription": "grids",
    "aria-label": describe(row, view.data),
  });
  if (row.caption || row.detail) {
    const caption = element("figcaption");
    if (row.caption) caption.append(text("b", row.caption));
    if (row.detail) caption.append(text("span", row.detail));
    row.figure.append(caption);
  }
  row.grids = element("div", "grids");
  row.blocks = row.labels.map((label, block) => buildBlock(view, row, block, label));
  row.grids.append(...units(row));
  row.figure.append(row.grids);
  row.cursor = { block: 0, offset: 1 };
  listen(view, row);
  return row;
}

function decode(source) {
  const tokens = Array.from(source.cells, (letter) => parseInt(letter, 15));
  const [values, probability] = [bytes(source.values), bytes(source.probability)];
  return { ...source, tokens, values, probability, wrong: new Map(source.wrong ?? []), noise: new Map(source.noise ?? []) };
}

function bytes(base64) {
  return base64 ? Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)) : null;
}

function buildBlock(view, row, block, label) {
  const holder = element("div", "block");
  const head = element("div", "label");
  head.append(text("span", label, "name"));
  const markerValue = row.values && view.data.ink ? row.values[block * BLOCK] : 0;
  const marker = markerValue > 0 || view.data.markers ? inked(view.data.style, markerValue / 255, 13, "marker") : null;
  if (marker) head.append(marker);
  const canvas = element("canvas");
  holder.append(head, canvas);
  return { holder, head, marker, canvas, context: canvas.getContext("2d") };
}

// Neighbours joined by the rule's arrow stay together when a row wraps.
function units(row) {
  const list = [];
  row.blocks.forEach((block, i) => {
    const link = i > 0 ? row.links[i - 1] : "";
    if (link === "right" || link === "left") {
      list.at(-1).append(arrow(link), block.holder);
      return;
    }
    const unit = element("div", link === "bar" ? "unit bar" : "unit");
    unit.append(block.holder);
    list.push(unit);
  });
  return list;
}

function arrow(direction) {
  const link = element("div", "link");
  link.style.width = `${LINK_WIDTH}px`;
  link.append(text("span", "f"), svg(direction === "right" ? "M1 5H16M12 1L16 5L12 9" : "M17 5H2M6 1L2 5L6 9"));
  return link;
}

// Sizes: the largest cell with which a row fits into one line, else into two, and so on.

function layout(view) {
  const width = view.rows[0]?.figure.clientWidth;
  const ratio = window.devicePixelRatio || 1;
  if (!width || (view.width === width && view.ratio === ratio)) return;
  view.width = width;
  view.ratio = ratio;
  for (const row of view.rows) {
    row.cell = cellSize(row, width, view.data, ratio);
    row.figure.style.setProperty("--cell", `${row.cell}px`);
    row.grids.style.columnGap = `${GAP_WIDTH}px`;
    row.blocks.forEach((block, i) => drawBlock(view, row, i, block, ratio));
    placeLinks(row);
  }
  select(view, view.selected);
}

function cellSize(row, width, { minCell, maxCell }, ratio) {
  const step = 1 / ratio;
  let cell = 0;
  for (const perLine of linesToTry(row)) {
    cell = Math.floor((width - spaceBetween(row, perLine) - perLine * step) / (SIDE * perLine) / step) * step;
    if (cell >= minCell) break;
  }
  return Math.max(3, Math.min(cell, maxCell));
}

function linesToTry(row) {
  const n = row.blocks.length;
  const least = row.links.some(Boolean) ? 2 : 1;
  return [...new Set([n, Math.ceil(n / 2), Math.ceil(n / 3), least])].filter((perLine) => perLine >= Math.min(least, n));
}

function spaceBetween(row, perLine) {
  if (perLine < row.blocks.length) return (perLine - 1) * LINK_WIDTH;
  const widths = { right: LINK_WIDTH, left: LINK_WIDTH, bar: GAP_WIDTH + BAR_WIDTH, "": GAP_WIDTH };
  return row.links.reduce((total, link) => total + widths[link], 0);
}

function placeLinks(row) {
  for (const link of row.grids.querySelectorAll(".link")) {
    link.style.height = `${SIDE * row.cell}px`;
    link.style.marginTop = "18px";
  }
}

function drawBlock(view, row, index, block, ratio) {
  const { style, ink, digits } = view.data;
  const cell = Math.round(row.cell * ratio);
  const size = cell * SIDE + 1;
  const context = block.context;
  block.canvas.width = block.canvas.height = size;
  block.canvas.style.width = block.canvas.style.height = `${size / ratio}px`;
  block.head.style.width = `${size / ratio}px`;
  const inking = ink && row.values && row.valued[index];
  for (let i = 0; i < SIDE * SIDE; i++) {
    const place = index * BLOCK + 1 + i;
    const token = row.tokens[place];
    const value = inking ? row.values[place] : 255;
    const x = (i % SIDE) * cell;
    const y = Math.floor(i / SIDE) * cell;
    context.fillStyle = value > 0 ? style.palette[token] : style.faded[token];
    context.fillRect(x, y, cell + 1, cell + 1);
    context.strokeStyle = GRID_LINE;
    context.lineWidth = 1;
    context.strokeRect(x + 0.5, y + 0.5, cell, cell);
    if (digits && !(inking && value > 0)) drawDigit(context, style, token, !inking, x, y, cell);
    if (inking && value > 0) drawInk(context, style, value / 255, x, y, cell);
    if (row.wrong.has(place)) drawCross(context, style, x, y, cell, ratio);
  }
}

function drawDigit(context, style, token, full, x, y, cell) {
  context.fillStyle = full ? style.digitColours[token] : style.fadedDigitColours[token];
  context.font = `${Math.round(cell * 0.72)}px sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.globalAlpha = token === 0 ? 0.45 : 1;
  context.fillText(style.digits[token], x + cell / 2 + 0.5, y + cell / 2 + 1);
  context.globalAlpha = 1;
}

function drawInk(context, style, share, x, y, cell) {
  const side = Math.max(1, Math.round(cell * style.inkSide * Math.sqrt(share)));
  const halo = side + Math.max(2, 2 * Math.round(cell * 0.05));
  for (const [length, colour] of [[halo, style.halo], [side, style.ink]]) {
    context.fillStyle = colour;
    context.fillRect(x + Math.round((cell + 1 - length) / 2), y + Math.round((cell + 1 - length) / 2), length, length);
  }
}

function drawCross(context, style, x, y, cell, ratio) {
  const inset = cell * 0.24;
  for (const [colour, width] of [[style.halo, cell * 0.28], [style.ink, cell * 0.13]]) {
    context.strokeStyle = colour;
    context.lineWidth = Math.max(ratio, width);
    context.beginPath();
    context.moveTo(x + inset, y + inset);
    context.lineTo(x + cell - inset, y + cell - inset);
    context.moveTo(x + cell - inset, y + inset);
    context.lineTo(x + inset, y + cell - inset);
    context.stroke();
  }
  context.lineWidth = Math.max(ratio, cell * 0.11);
  context.strokeRect(x + context.lineWidth / 2, y + context.lineWidth / 2, cell + 1 - context.lineWidth, cell + 1 - context.lineWidth);
}

// Pointer and keys.

function listen(view, row) {
  row.blocks.forEach((block, index) => {
    const cellAt = (event) => {
      const box = block.canvas.getBoundingClientRect();
      const column = clamp(Math.floor((event.clientX - box.left) / row.cell), 0, SIDE - 1);
      const line = clamp(Math.floor((event.clientY - box.top) / row.cell), 0, SIDE - 1);
      return 1 + line * SIDE + column;
    };
    block.canvas.addEventListener("pointermove", (event) => point(view, row, index, cellAt(event), event));
    block.canvas.addEventListener("pointerleave", () => unpoint(view));
    block.canvas.addEventListener("click", (event) => {
      unpin(view);
      press(view, row, index, cellAt(event), event);
    });
    block.marker?.addEventListener("pointermove", (event) => point(view, row, index, 0, event));
    block.marker?.addEventListener("pointerleave", () => unpoint(view));
    block.marker?.addEventListener("click", (event) => {
      unpin(view);
      press(view, row, index, 0, event);
    });
  });
  row.figure.addEventListener("dblclick", () => openCell(view, row, row.cursor.block, row.cursor.offset));
  row.figure.addEventListener("keydown", (event) => steer(view, row, event));
  row.figure.addEventListener("blur", () => unpoint(view));
}

function steer(view, row, event) {
  const { cursor } = row;
  if (event.composedPath()[0] !== row.figure) return;
  if (event.key === "Escape") return unpin(view);
  if (event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    const pinned = view.pinned?.row === row && view.pinned.block === cursor.block && view.pinned.offset === cursor.offset;
    return pinned ? openCell(view, row, cursor.block, cursor.offset) : press(view, row, cursor.block, cursor.offset);
  }
  const moves = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  const move = moves[event.key];
  if (!move) return;
  event.preventDefault();
  unpin(view);
  step(row, cursor, move);
  const { canvas, marker } = row.blocks[cursor.block];
  const box = (cursor.offset === 0 ? marker : canvas).getBoundingClientRect();
  const [line, column] = cursor.offset === 0 ? [0, 0] : [Math.floor((cursor.offset - 1) / SIDE), (cursor.offset - 1) % SIDE];
  const at = { clientX: box.left + (column + 0.5) * row.cell, clientY: box.top + (line + 0.5) * row.cell };
  point(view, row, cursor.block, cursor.offset, at);
  view.spoken.textContent = facts(view.data, row, cursor.block, cursor.offset).join(", ");
}

// Sideways from grid to grid; up from the first line to the marker, and down from it.
function step(row, cursor, [down, right]) {
  if (cursor.offset === 0) {
    if (down > 0) cursor.offset = 1;
    if (right && row.blocks[cursor.block + right]?.marker) cursor.block += right;
    return;
  }
  const line = Math.floor((cursor.offset - 1) / SIDE) + down;
  if (line < 0 && row.blocks[cursor.block].marker) return void (cursor.offset = 0);
  let column = ((cursor.offset - 1) % SIDE) + right;
  if (column < 0 || column >= SIDE) {
    if (!row.blocks[cursor.block + right]) return;
    cursor.block += right;
    column = column < 0 ? SIDE - 1 : 0;
  }
  cursor.offset = 1 + clamp(line, 0, SIDE - 1) * SIDE + column;
}

function press(view, row, block, offset, event) {
  const { clickable } = view.data;
  if (!clickable && !view.addresses) return;
  const cell = { row: row.index, block, offset };
  select(view, cell);
  if (view.addresses) pin(view, row, block, offset, event);
  if (clickable) view.board.send(cell);
}

// A chosen cell: what is known of it stays, with the way to its Cell view.

function pin(view, row, block, offset, event) {
  if (event || view.tooltip.hidden) point(view, row, block, offset, event ?? middleOf(row, block));
  const link = text("a", "Open in Cell view", "open");
  link.href = `${CELL_PAGE}?${new URLSearchParams({ ...view.addresses[row.index], position: row.starts[block] + offset })}`;
  link.addEventListener("click", (click) => {
    if (click.ctrlKey || click.metaKey || click.shiftKey) return;
    click.preventDefault();
    openCell(view, row, block, offset);
  });
  view.tooltip.append(link);
  view.tooltip.classList.add("pinned");
  view.pinned = { row, block, offset };
  placeTooltip(view.tooltip, view.tooltip.at);
}

function middleOf(row, block) {
  const box = row.blocks[block].canvas.getBoundingClientRect();
  return { clientX: box.left + box.width / 2, clientY: box.top + box.height / 2 };
}

function openCell(view, row, block, offset) {
  if (!view.addresses) return;
  unpin(view);
  view.board.open({ row: row.index, block, offset });
}

function unpin(view) {
  view.pinned = null;
  unpoint(view);
}

function point(view, row, block, offset, event) {
  if (view.pinned) return;
  row.cursor = { block, offset: row.blocks[block].marker ? offset : Math.max(1, offset) };
  view.ring?.remove();
  view.ring = ring(row, block, offset, "ring hover");
  const [colour, place, ...rest] = facts(view.data, row, block, offset);
  const first = element("div", "colour");
  if (offset > 0) {
    const swatch = element("i");
    swatch.style.background = view.data.style.palette[row.tokens[block * BLOCK + offset]];
    first.append(swatch);
  }
  first.append(colour);
  view.tooltip.replaceChildren(first, text("div", place, "place"), ...rest.map((line) => text("div", line)));
  view.tooltip.hidden = false;
  view.tooltip.classList.remove("pinned");
  view.tooltip.at = { clientX: event.clientX, clientY: event.clientY };
  placeTooltip(view.tooltip, event);
}

function placeTooltip(tooltip, event) {
  const { offsetWidth: width, offsetHeight: height } = tooltip;
  const right = event.clientX + 16 + width < window.innerWidth;
  const below = event.clientY + 18 + height < window.innerHeight;
  tooltip.style.left = `${right ? event.clientX + 14 : event.clientX - width - 10}px`;
  tooltip.style.top = `${below ? event.clientY + 16 : event.clientY - height - 10}px`;
}

function unpoint(view) {
  if (view.pinned) return;
  view.ring?.remove();
  view.tooltip.hidden = true;
}

function select(view, cell) {
  view.chosen?.remove();
  view.selected = cell;
  if (cell && view.width) view.chosen = ring(view.rows[cell.row], cell.block, cell.offset, "ring");
}

function ring(row, block, offset, kind) {
  const mark = element("div", kind);
  const { canvas, head, marker, holder } = row.blocks[block];
  const grow = 2;
  const target = offset === 0 ? marker ?? head : null;
  const left = target ? target.offsetLeft : ((offset - 1) % SIDE) * row.cell;
  const top = target ? target.offsetTop : canvas.offsetTop + Math.floor((offset - 1) / SIDE) * row.cell;
  const size = target ? 13 : row.cell;
  mark.style.left = `${left - grow}px`;
  mark.style.top = `${top - grow}px`;
  mark.style.width = mark.style.height = `${size + 2 * grow + 1}px`;
  holder.append(mark);
  return mark;
}

// Words: what a cell is, what a row shows, what the marks mean.

function facts(data, row, block, offset) {
  const place = block * BLOCK + offset;
  const name = (token) => (token < data.style.names.length ? `${data.style.names[token]} (${data.style.digits[token]})` : `token ${token}`);
  const where = `${row.labels[block]}${offset === 0 ? "" : `, row ${Math.floor((offset - 1) / SIDE)}, column ${(offset - 1) % SIDE}`}`;
  const list = [offset === 0 ? "marker" : name(row.tokens[place]), `${where} · token ${row.starts[block] + offset}`];
  if (row.values && row.valued[block] && data.scale) list.push(`${data.scale.name} ${number((row.values[place] / 255) * data.scale.maximum)}`);
  const probability = row.probability?.[place] ?? NO_PROBABILITY;
  if (probability !== NO_PROBABILITY) list.push(`probability of the right colour ${percentage(probability)}`);
  if (row.wrong.has(place)) list.push(`wrong: should be ${name(row.wrong.get(place))}`);
  if (row.noise.has(place)) list.push(`noise: was ${name(row.noise.get(place))}`);
  return list;
}

function describe(row, data) {
  const parts = [[row.caption, row.detail].filter(Boolean).join(", ") || "Grids", `grids ${row.labels.join(", ")}`];
  if (row.values && data.ink) parts.push(peak(row, data));
  if (row.wrong.size > 0) parts.push(`${row.wrong.size} wrong cells`);
  const chosen = data.addresses ? " Enter keeps a cell, Enter again opens it in the Cell view." : data.clickable ? " Enter chooses a cell." : "";
  parts.push(`Use the arrow keys to read the cells.${chosen}`);
  return parts.join(". ");
}

function peak(row, data) {
  const place = row.values.indexOf(Math.max(...row.values));
  const firing = row.values.filter((value) => value > 0).length;
  if (firing === 0) return `${data.scale.name} is 0 everywhere`;
  const [, where, value] = facts(data, row, Math.floor(place / BLOCK), place % BLOCK);
  return `${data.scale.name} above 0 on ${firing} tokens, highest at ${where}: ${value}`;
}

function legend(data) {
  const groups = [];
  if (!data.legend) return [];
  if (data.ink && data.scale) groups.push(inkLegend(data));
  if (data.rows.some((row) => row.wrong?.length > 0)) groups.push(crossLegend());
  if (data.colourKey) groups.push(...colourLegend(data.style));
  if (groups.length === 0) return [];
  const bar = element("div", "legend");
  bar.append(...groups);
  return [bar];
}

function inkLegend(data) {
  const group = element("span", "group scale");
  group.append(text("span", data.scale.name));
  for (const share of [0.1, 0.25, 0.5, 1]) {
    group.append(inked(data.style, share, 15, "swatch inked"), text("span", number(share * data.scale.maximum)));
  }
  return group;
}

function crossLegend() {
  const group = element("span", "group");
  const mark = element("span", "crossed");
  mark.append(svg("M1 1H17V17H1ZM5 5L13 13M13 5L5 13", "0 0 18 18", "#14121f"));
  group.append(mark, text("span", "wrong cell"));
  return group;
}

function colourLegend(style) {
  return style.palette.map((colour, token) => {
    const group = element("span", "group");
    const swatch = text("span", style.digits[token], "swatch");
    swatch.style.background = colour;
    swatch.style.color = style.digitColours[token];
    group.append(swatch, text("span", style.names[token]));
    return group;
  });
}

function inked(style, share, box, kind) {
  const holder = element("span", kind);
  const ink = element("i");
  const side = share > 0 ? Math.max(1, Math.round((box - 2) * style.inkSide * Math.sqrt(share))) : 0;
  ink.style.width = ink.style.height = `${side}px`;
  ink.style.background = style.ink;
  holder.append(ink);
  return holder;
}

// Small helpers.

function number(value) {
  if (value === 0) return "0";
  return Math.abs(value) >= 0.01 && Math.abs(value) < 10000 ? String(Number(value.toPrecision(3))) : value.toExponential(1);
}

function percentage(whole) {
  return whole === 0 ? "under 1%" : whole === 100 ? "over 99%" : `${whole}%`;
}

function clamp(value, low, high) {
  return Math.min(high, Math.max(low, value));
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

function svg(path, viewBox = "0 0 18 10", stroke = "currentColor") {
  const space = "http://www.w3.org/2000/svg";
  const node = document.createElementNS(space, "svg");
  node.setAttribute("viewBox", viewBox);
  node.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(space, "path");
  for (const [name, value] of Object.entries({ d: path, fill: "none", stroke, "stroke-width": "1.6" })) line.setAttribute(name, value);
  node.append(line);
  return node;
}
