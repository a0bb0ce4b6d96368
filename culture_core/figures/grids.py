"""Grids as pictures: rows of grids in, SVG text or PNG bytes out."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from typing import Any

import numpy as np

from culture_core.errors import CultureError
from culture_core.figures.rows import BAR, GridRow
from culture_core.figures.style import DIGITS, GridStyle, ValueScale, contrast_colour, faded
from culture_core.world.vocabulary import BLOCK_LENGTH, GRID_SIDE

TEXT = "#3d3a4a"
LINE = "#c9c7d1"
WRONG = "#000000"
THIN = 0.6


@dataclass(frozen=True)
class Box:
    """A filled rectangle; sizes in cells of a grid times the cell size, in pixels."""

    x: float
    y: float
    width: float
    height: float
    fill: str
    outline: str | None = None


@dataclass(frozen=True)
class Stroke:
    """A straight line."""

    x1: float
    y1: float
    x2: float
    y2: float
    colour: str
    width: float


@dataclass(frozen=True)
class Words:
    """A line of text; `anchor` is "start" or "middle", y is its baseline."""

    x: float
    y: float
    text: str
    size: float
    colour: str = TEXT
    anchor: str = "start"
    bold: bool = False


Shape = Box | Stroke | Words


@dataclass(frozen=True)
class Picture:
    """Shapes in drawing order on a canvas of a size in pixels."""

    width: float
    height: float
    shapes: list[Shape]


def draw_rows(
    rows: Sequence[GridRow],
    *,
    scale: ValueScale | None = None,
    digits: bool = False,
    cell: int = 14,
    style: GridStyle | None = None,
) -> Picture:
    """Lay rows of grids out below one another.

    scale: what the rows' values stand for; values are drawn only when it is given.
    cell: side of a cell in pixels.
    Errors: CultureError when there is nothing to draw.
    """
    if not rows:
        raise CultureError("there are no grids to draw")
    style = style or GridStyle()
    shapes: list[Shape] = []
    widths, top = [], cell * 0.6
    for row in rows:
        if row.caption or row.detail:
            shapes += _heading(row, cell, top)
            top += cell * 1.7
        row_shapes, width = _row_shapes(row, scale, digits, cell, top, style)
        shapes += row_shapes
        widths.append(width)
        top += cell * (GRID_SIDE + 2.4)
    return Picture(max(widths) + cell * 0.6, top, shapes)


def _heading(row: GridRow, cell: float, top: float) -> Iterator[Shape]:
    size = cell * 0.95
    yield Words(cell * 0.6, top + size, row.caption, size, bold=True)
    offset = 0.62 * size * len(row.caption) + (size if row.caption else 0)
    yield Words(cell * 0.6 + offset, top + size, row.detail, size)


def _row_shapes(
    row: GridRow, scale: ValueScale | None, digits: bool, cell: float, top: float, style: GridStyle
) -> tuple[list[Shape], float]:
    shares = scale.shares(row.values) if scale is not None and row.values is not None else None
    wrong = row.tokens != row.truth if row.truth is not None else np.zeros(row.tokens.shape, dtype=bool)
    shapes: list[Shape] = []
    left = cell * 0.6
    for block, label in enumerate(row.labels):
        span = slice(block * BLOCK_LENGTH + 1, (block + 1) * BLOCK_LENGTH)
        marker_share = 0.0 if shares is None else float(shares[block * BLOCK_LENGTH])
        shapes += _marker(left, top, label, marker_share, cell, style)
        cells_top = top + cell * 1.5
        block_shares = shares[span] if shares is not None and row.valued[block] else None
        shapes += _cells(row.tokens[span], block_shares, left, cells_top, cell, style)
        if digits:
            faded_out = block_shares is not None
            shapes += _digits(row.tokens[span], left, cells_top, cell, style, faded_out)
        shapes += _crosses(wrong[span], left, cells_top, cell, style)
        left += cell * GRID_SIDE
        if block < row.n_blocks - 1:
            shapes += _link(row.links[block], left, cells_top + cell * GRID_SIDE / 2, cell)
            left += cell * 1.8
    return shapes, left


def _marker(
    left: float, top: float, label: str, share: float, cell: float, style: GridStyle
) -> Iterator[Shape]:
    yield Words(left, top + cell * 0.95, label, cell * 0.95)
    if share > 0:
        x = left + cell * (0.62 * len(label) + 0.4)
        yield Box(x, top + cell * 0.1, cell, cell, "#e6e4ec", LINE)
        yield from _ink(x, top + cell * 0.1, share, cell, style)


def _cells(
    tokens: np.ndarray, shares: np.ndarray | None, left: float, top: float, cell: float, style: GridStyle
) -> Iterator[Shape]:
    shown = np.ones(len(tokens)) if shares is None else shares
    fills = [
        style.palette[token] if share > 0 else faded(style.palette[token], style.fade)
        for token, share in zip(tokens, shown, strict=True)
    ]
    for row in range(GRID_SIDE):
        column = 0
        for fill, run in groupby(fills[row * GRID_SIDE : (row + 1) * GRID_SIDE]):
            length = len(list(run))
            yield Box(left + cell * column, top + cell * row, cell * length, cell, fill)
            column += length
    yield from _grid_lines(left, top, cell)
    if shares is not None:
        for i in np.flatnonzero(shares > 0):
            x, y = left + cell * (i % GRID_SIDE), top + cell * (i // GRID_SIDE)
            yield from _ink(x, y, float(shares[i]), cell, style)


def _grid_lines(left: float, top: float, cell: float) -> Iterator[Shape]:
    side = cell * GRID_SIDE
    for i in range(GRID_SIDE + 1):
        yield Stroke(left + cell * i, top, left + cell * i, top + side, LINE, THIN)
        yield Stroke(left, top + cell * i, left + side, top + cell * i, LINE, THIN)


def _ink(x: float, y: float, share: float, cell: float, style: GridStyle) -> Iterator[Shape]:
    side = cell * style.ink_side * share**0.5
    halo = side + max(1.0, cell * 0.1)
    middle = (x + cell / 2, y + cell / 2)
    for size, fill in ((halo, style.halo), (side, style.ink)):
        yield Box(middle[0] - size / 2, middle[1] - size / 2, size, size, fill)


def _digits(
    tokens: np.ndarray, left: float, top: float, cell: float, style: GridStyle, faded_out: bool
) -> Iterator[Shape]:
    for i, token in enumerate(tokens):
        x, y = left + cell * (i % GRID_SIDE + 0.5), top + cell * (i // GRID_SIDE + 0.76)
        ground = faded(style.palette[token], style.fade) if faded_out else style.palette[token]
        yield Words(x, y, DIGITS[token], cell * 0.72, contrast_colour(ground), "middle")


def _crosses(wrong: np.ndarray, left: float, top: float, cell: float, style: GridStyle) -> Iterator[Shape]:
    inset = cell * 0.2
    for i in np.flatnonzero(wrong):
        x, y = left + cell * (i % GRID_SIDE), top + cell * (i // GRID_SIDE)
        for colour, width in ((style.halo, cell * 0.26), (WRONG, cell * 0.12)):
            yield Stroke(x + inset, y + inset, x + cell - inset, y + cell - inset, colour, width)
            yield Stroke(x + inset, y + cell - inset, x + cell - inset, y + inset, colour, width)
        for x1, y1, x2, y2 in ((0, 0, 1, 0), (1, 0, 1, 1), (1, 1, 0, 1), (0, 1, 0, 0)):
            yield Stroke(x + cell * x1, y + cell * y1, x + cell * x2, y + cell * y2, WRONG, cell * 0.1)


def _link(link: str, left: float, middle: float, cell: float) -> Iterator[Shape]:
    if not link:
        return
    if link == BAR:
        centre, half = left + cell * 0.9, cell * GRID_SIDE / 2
        yield Stroke(centre, middle - half, centre, middle + half, LINE, cell * 0.12)
        return
    tail, tip = left + cell * 0.4, left + cell * 1.4
    if link == "left":
        tail, tip = tip, tail
    back = (tail - tip) * 0.4
    width = cell * 0.14
    yield Stroke(tail, middle, tip, middle, TEXT, width)
    yield Stroke(tip + back, middle - abs(back), tip, middle, TEXT, width)
    yield Stroke(tip + back, middle + abs(back), tip, middle, TEXT, width)
    yield Words((tail + tip) / 2, middle - cell * 0.7, "f", cell * 0.9, anchor="middle")


def to_svg(picture: Picture) -> str:
    """A picture as SVG text (white ground, so that it reads on any page)."""
    width, height = f"{picture.width:.4g}", f"{picture.height:.4g}"
    body = "\n".join(_svg_shape(shape) for shape in picture.shapes)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="sans-serif">\n'
        f'<rect width="100%" height="100%" fill="#ffffff"/>\n{body}\n</svg>\n'
    )


def _svg_shape(shape: Shape) -> str:
    match shape:
        case Box(x, y, width, height, fill, outline):
            edge = f' stroke="{outline}" stroke-width="{THIN}"' if outline else ""
            place = f'x="{x:.5g}" y="{y:.5g}" width="{width:.4g}" height="{height:.4g}"'
            return f'<rect {place} fill="{fill}"{edge}/>'
        case Stroke(x1, y1, x2, y2, colour, width):
            return (
                f'<path d="M{x1:.5g} {y1:.5g}L{x2:.5g} {y2:.5g}" stroke="{colour}" '
                f'stroke-width="{width:.3g}" stroke-linecap="round"/>'
            )
        case Words(x, y, text, size, colour, anchor, bold):
            weight = ' font-weight="600"' if bold else ""
            return (
                f'<text x="{x:.5g}" y="{y:.5g}" font-size="{size:.3g}" fill="{colour}" '
                f'text-anchor="{anchor}"{weight}>{escape(text)}</text>'
            )


def to_png(picture: Picture, *, pixel_ratio: float = 2.0) -> bytes:
    """A picture as PNG bytes, `pixel_ratio` image pixels to a pixel of the layout."""
    from PIL import Image, ImageDraw

    size = (round(picture.width * pixel_ratio), round(picture.height * pixel_ratio))
    image = Image.new("RGB", size, "#ffffff")
    canvas = ImageDraw.Draw(image)
    for shape in picture.shapes:
        _paint(canvas, shape, pixel_ratio)
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()


def _paint(canvas: Any, shape: Shape, ratio: float) -> None:
    from PIL import ImageFont

    match shape:
        case Box(x, y, width, height, fill, outline):
            corners = [v * ratio for v in (x, y, x + width, y + height)]
            canvas.rectangle([round(v) for v in corners], fill=fill, outline=outline)
        case Stroke(x1, y1, x2, y2, colour, width):
            line = [v * ratio for v in (x1, y1, x2, y2)]
            canvas.line(line, fill=colour, width=max(1, round(width * ratio)))
        case Words(x, y, text, size, colour, anchor, _):
            font = ImageFont.load_default(size * ratio)
            canvas.text((x * ratio, y * ratio), text, colour, font, "ms" if anchor == "middle" else "ls")
