// Editing on a grid board: a palette of colours, painting by click and drag, keys; joined to grid_board.js in grid_editor.py.
// What is drawn here is always ahead of the server: an answer to an older drawing never undoes a newer one.

const ERASER = 0;

// Called before drawing: whether the screen already shows what the server sends. Cells that the server has not caught up
// with yet are kept.
function catchUp(board, data) {
  const editor = board.editor;
  if (!editor) return false;
  const [row] = data.rows;
  if (row.cells === editor.cells) editor.sent = [];
  else if (editor.sent.includes(row.cells)) row.cells = editor.cells;
  else return startAfresh(editor, row.cells);
  return frame(data) === editor.frame;
}

function startAfresh(editor, cells) {
  editor.sent = [];
  editor.past = [];
  editor.cells = cells;
  return false;
}

// Everything but the cells themselves.
function frame(data) {
  const rows = data.rows.map(({ cells, ...row }) => row);
  return JSON.stringify({ ...data, rows });
}

function makeEditable(board, root, send) {
  const view = board.view;
  const [row] = view.rows;
  const editor = board.editor ?? (board.editor = { brush: 1, sent: [], past: [], cells: view.data.rows[0].cells });
  editor.frame = frame(view.data);
  editor.send = send;
  editor.bar = paletteBar(view, row, editor);
  root.prepend(editor.bar);
  row.figure.classList.add("editable");
  row.figure.setAttribute("aria-roledescription", "editable grids");
  row.blocks.forEach((block, index) => listenToBrush(view, row, editor, index, block));
  row.figure.addEventListener("keydown", (event) => typeCell(view, row, editor, event));
}

function paletteBar(view, row, editor) {
  const bar = element("div", "palette", { role: "toolbar", "aria-label": "Colour to paint with" });
  const { style } = view.data;
  style.palette.forEach((colour, token) => {
    const button = element("button", "paint", { type: "button", title: `${style.names[token]}: key ${style.digits[token]}` });
    button.setAttribute("aria-pressed", String(token === editor.brush));
    button.style.background = colour;
    button.style.color = style.digitColours[token];
    button.textContent = style.digits[token];
    button.addEventListener("click", () => choose(editor, token));
    bar.append(button);
  });
  const undo = element("button", "tool", { type: "button", title: "Take the last change back" });
  undo.textContent = "Undo";
  undo.addEventListener("click", () => takeBack(view, row, editor));
  bar.append(undo, text("span", "Click or drag to paint, with Shift a rectangle. Or point with the arrow keys and type 0 to 9 or a.", "hint"));
  return bar;
}

function choose(editor, token) {
  editor.brush = token;
  [...editor.bar.querySelectorAll(".paint")].forEach((button, i) => button.setAttribute("aria-pressed", String(i === token)));
}

// A stroke: from pressing to letting go, inside one grid; it is sent as a whole.

function listenToBrush(view, row, editor, index, block) {
  const { canvas } = block;
  let stroke = null;
  const cellAt = (event) => {
    const box = canvas.getBoundingClientRect();
    const place = (at, low) => clamp(Math.floor((at - low) / row.cell), 0, SIDE - 1);
    return [place(event.clientY, box.top), place(event.clientX, box.left)];
  };
  const dab = (event) => {
    const [line, column] = cellAt(event);
    const [fromLine, fromColumn] = event.shiftKey ? stroke.start : [line, column];
    if (event.shiftKey) row.tokens.splice(0, row.tokens.length, ...stroke.before);
    for (let i = Math.min(line, fromLine); i <= Math.max(line, fromLine); i++)
      for (let j = Math.min(column, fromColumn); j <= Math.max(column, fromColumn); j++)
        row.tokens[index * BLOCK + 1 + i * SIDE + j] = stroke.token;
    redraw(view, row, index);
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    const start = cellAt(event);
    const there = row.tokens[index * BLOCK + 1 + start[0] * SIDE + start[1]];
    stroke = { start, before: [...row.tokens], token: there === editor.brush ? ERASER : editor.brush };
    dab(event);
  });
  canvas.addEventListener("pointermove", (event) => stroke && dab(event));
  const end = () => {
    if (stroke) commit(view, row, editor);
    stroke = null;
  };
  canvas.addEventListener("pointerup", end);
  canvas.addEventListener("pointercancel", end);
}

function typeCell(view, row, editor, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) {
    if (event.key === "z" && !event.altKey) {
      event.preventDefault();
      takeBack(view, row, editor);
    }
    return;
  }
  const paints = event.key === "Enter" || event.key === " ";
  const token = paints ? editor.brush : view.data.style.digits.indexOf(event.key.toLowerCase());
  if (token < 0 || (!paints && event.key.length !== 1)) return;
  event.preventDefault();
  if (!paints) choose(editor, token);
  const { cursor } = row;
  row.tokens[cursor.block * BLOCK + cursor.offset] = token;
  redraw(view, row, cursor.block);
  commit(view, row, editor);
  if (!paints && cursor.offset < BLOCK - 1) cursor.offset += 1;
  view.ring?.remove();
  view.ring = ring(row, cursor.block, cursor.offset, "ring hover");
  view.spoken.textContent = facts(view.data, row, cursor.block, cursor.offset).join(", ");
}

function takeBack(view, row, editor) {
  const before = editor.past.pop();
  if (before === undefined) return;
  editor.cells = before;
  show(view, row, editor);
}

function commit(view, row, editor) {
  const cells = row.tokens.map((token) => token.toString(15)).join("");
  if (cells === editor.cells) return;
  editor.past.push(editor.cells);
  editor.cells = cells;
  show(view, row, editor);
}

// Draw the editor's cells and send them; they are remembered until the server has seen them.
function show(view, row, editor) {
  row.tokens.splice(0, row.tokens.length, ...Array.from(editor.cells, (letter) => parseInt(letter, 15)));
  row.blocks.forEach((_, index) => redraw(view, row, index));
  editor.sent.push(editor.cells);
  editor.send(editor.cells);
}

function redraw(view, row, index) {
  drawBlock(view, row, index, row.blocks[index], view.ratio);
}
