"""The rules of all fifteen tasks again, slowly and plainly, to check quizzes with.

Nothing here is shared with the generator: cells are (row, column) in plain loops, one quiz at a time.
A grid is a dict from (row, column) to colour, all 100 cells.
"""

from collections import deque
from dataclasses import dataclass, field

CELLS = [(i, j) for i in range(10) for j in range(10)]


@dataclass
class Pair:
    """X, f(X) and what is said about them; rectangles are (i1, i2, j1, j2), half open."""

    x: dict
    f: dict
    rectangles: list
    colours: list


@dataclass
class Quiz:
    task: str
    pairs: tuple
    params: dict = field(default_factory=dict)


class RuleBrokenError(Exception):
    pass


def require(condition, what):
    if not condition:
        raise RuleBrokenError(what)


def to_grid(cells):
    """100 colours in reading order to a grid."""
    return dict(zip(CELLS, (int(c) for c in cells), strict=True))


def cells_of(rectangle):
    i1, i2, j1, j2 = rectangle
    return [(i, j) for i in range(i1, i2) for j in range(j1, j2)]


def border_of(rectangle):
    i1, i2, j1, j2 = rectangle
    return [(i, j) for i, j in cells_of(rectangle) if i in (i1, i2 - 1) or j in (j1, j2 - 1)]


def blank():
    return dict.fromkeys(CELLS, 0)


def painted(grid, cells, colour):
    return {**grid, **dict.fromkeys(cells, colour)}


def with_rectangles(rectangles, colours):
    grid = blank()
    for rectangle, colour in zip(rectangles, colours, strict=False):
        grid = painted(grid, cells_of(rectangle), colour)
    return grid


def require_legal_rectangles(rectangles):
    seen = set()
    for i1, i2, j1, j2 in rectangles:
        require(min(i1, j1) >= 0 and max(i2, j2) <= 10, "a rectangle leaves the grid")
        require(i2 - i1 >= 3 and j2 - j1 >= 3, "a rectangle is too small")
        require((i2 - i1) * (j2 - j1) <= 50, "a rectangle is too large")
        cells = set(cells_of((i1, i2, j1, j2)))
        require(not cells & seen, "rectangles overlap")
        seen |= cells


def require_three_rectangles(pair):
    require(len(pair.rectangles) == 3, "there are not three rectangles")
    require_legal_rectangles(pair.rectangles)


def require_equal(grid, expected, name):
    require(grid == expected, f"{name} is not what the rule says")


def replace_color(pair, _params):
    require_three_rectangles(pair)
    require_equal(pair.x, with_rectangles(pair.rectangles, pair.colours), "X")
    changed = {cell: pair.colours[3] if pair.x[cell] == pair.colours[0] else pair.x[cell] for cell in CELLS}
    require_equal(pair.f, changed, "f(X)")


def translate(pair, params):
    require_three_rectangles(pair)
    di, dj = params["di"], params["dj"]
    require(di in (-1, 0, 1) and dj in (-1, 0, 1) and (di, dj) != (0, 0), "no such shift")
    require_equal(pair.x, with_rectangles(pair.rectangles, pair.colours), "X")
    i1, i2, j1, j2 = pair.rectangles[2]
    require(i1 + di >= 0 and i2 + di < 10, "r2 is moved over the first row or onto the last")
    require(j1 + dj >= 0 and j2 + dj < 10, "r2 is moved over the first column or onto the last")
    rest = with_rectangles(pair.rectangles[:2], pair.colours)
    moved = [(i + di, j + dj) for i, j in cells_of(pair.rectangles[2])]
    require_equal(pair.f, painted(rest, moved, pair.colours[2]), "f(X)")


def grow(pair, params):
    require_three_rectangles(pair)
    i1, i2, j1, j2 = pair.rectangles[2]
    require(i2 - i1 >= 4 and j2 - j1 >= 4, "r2 is too small to shrink")
    large = with_rectangles(pair.rectangles, pair.colours)
    small = painted(large, border_of(pair.rectangles[2]), 0)
    require(params["direction"] in (0, 1), "no such direction")
    before, after = (small, large) if params["direction"] == 0 else (large, small)
    require_equal(pair.x, before, "X")
    require_equal(pair.f, after, "f(X)")


def half_fill(pair, params):
    require_three_rectangles(pair)
    direction = params["direction"]
    require(direction in (0, 1, 2, 3), "no such direction")
    x = blank()
    for n, (i1, i2, j1, j2) in enumerate(pair.rectangles):
        x = painted(x, cells_of((i1, i2, j1, j2)), pair.colours[2 * n])
        line_row = {0: (i1 + i2) // 2, 1: (i1 + i2 - 1) // 2}.get(direction)
        line_column = {2: (j1 + j2) // 2, 3: (j1 + j2 - 1) // 2}.get(direction)
        line = [c for c in cells_of((i1, i2, j1, j2)) if c[0] == line_row or c[1] == line_column]
        x = painted(x, line, pair.colours[2 * n + 1])
    require_equal(pair.x, x, "X")
    half = [
        (i, j)
        for i, j in cells_of(pair.rectangles[2])
        if (direction == 0 and i >= line_row)
        or (direction == 1 and i <= line_row)
        or (direction == 2 and j >= line_column)
        or (direction == 3 and j <= line_column)
    ]
    require_equal(pair.f, painted(x, half, pair.colours[5]), "f(X)")


def frame(pair, _params):
    require_three_rectangles(pair)
    require_equal(pair.x, with_rectangles(pair.rectangles, pair.colours), "X")
    border = set(border_of(pair.rectangles[2]))
    inside = [cell for cell in cells_of(pair.rectangles[2]) if cell not in border]
    require_equal(pair.f, painted(pair.x, inside, 0), "f(X)")


def detect(pair, _params):
    require_three_rectangles(pair)
    require_equal(pair.x, with_rectangles(pair.rectangles, pair.colours), "X")
    f = dict(pair.x)
    for i1, _, j1, _ in pair.rectangles[:2]:
        for cell in ((i1, j1), (i1 + 1, j1), (i1, j1 + 1)):
            f[cell] = pair.colours[3]
    require_equal(pair.f, f, "f(X)")


def corners(pair, params):
    require_three_rectangles(pair)
    x = blank()
    for (i1, i2, j1, j2), colour in zip(pair.rectangles, pair.colours, strict=False):
        top, bottom, left, right = i1, i2 - 1, j1, j2 - 1
        if params["polarity"] == 0:
            marks = [(top, left, 1, 1), (bottom, right, -1, -1)]
        else:
            require(params["polarity"] == 1, "no such polarity")
            marks = [(top, right, 1, -1), (bottom, left, -1, 1)]
        for i, j, inward_i, inward_j in marks:
            x[i, j] = x[i + inward_i, j] = x[i, j + inward_j] = colour
    require_equal(pair.x, x, "X")
    require_equal(pair.f, with_rectangles(pair.rectangles, pair.colours), "f(X)")


def share_an_edge(a, b):
    b_cells = set(cells_of(b))
    return any(
        neighbour in b_cells
        for i, j in cells_of(a)
        for neighbour in ((i + 1, j), (i - 1, j), (i, j + 1), (i, j - 1))
    )


def contact(pair, _params):
    require_three_rectangles(pair)
    require_equal(pair.x, with_rectangles(pair.rectangles, pair.colours), "X")
    touching = [r for r in pair.rectangles[1:] if share_an_edge(pair.rectangles[0], r)]
    require(touching, "nothing touches r0")
    f = pair.x
    for rectangle in touching:
        f = painted(f, border_of(rectangle), pair.colours[0])
    require_equal(pair.f, f, "f(X)")


def scale(pair, params):
    a_i, a_j = params["anchor_i"], params["anchor_j"]
    require(0 <= a_i <= 4 and 0 <= a_j <= 4, "no such anchor")
    require(len(pair.rectangles) == 3, "there are not three boxes")
    x, f = blank(), blank()
    for i1, i2, j1, j2 in pair.rectangles:
        box = (i1 - a_i, i2 - a_i, j1 - a_j, j2 - a_j)
        require(0 <= box[0] < box[1] <= 5 and 0 <= box[2] < box[3] <= 5, "a box is misplaced")
        require(min(box[1] - box[0], box[3] - box[2]) <= 3, "a box is too large")
        x = painted(x, cells_of((i1, i2, j1, j2)), pair.colours[0])
        f = painted(f, cells_of([2 * edge for edge in box]), pair.colours[0])
    mark = [(a_i, a_j), (a_i + 1, a_j), (a_i, a_j + 1)]
    require_equal(pair.x, painted(x, mark, pair.colours[1]), "X")
    require_equal(pair.f, painted(f, mark, pair.colours[1]), "f(X)")


def sign(value):
    return (value > 0) - (value < 0)


def symbols(pair, params):
    target = params["target"]
    require(target in (1, 2, 3), "no such target")
    require(len(pair.rectangles) == 4, "there are not four blocks")
    for k, (i1, i2, j1, j2) in enumerate(pair.rectangles):
        require(i2 - i1 == 3 and j2 - j1 == 3, "a block is not 3 x 3")
        for other in pair.rectangles[:k]:
            require(max(abs(i1 - other[0]), abs(j1 - other[2])) > 3, "blocks are too close")
    x = with_rectangles(pair.rectangles, pair.colours)
    mean_i = sum(r[0] for r in pair.rectangles) / 4
    mean_j = sum(r[2] for r in pair.rectangles) / 4
    s_i = sign(pair.rectangles[target][0] - mean_i)
    s_j = sign(pair.rectangles[target][2] - mean_j)
    centre_i, centre_j = pair.rectangles[0][0] + 1, pair.rectangles[0][2] + 1
    require(s_i and s_j, "the pointer has no direction")
    for cell in (
        (centre_i + s_i, centre_j + s_j),
        (centre_i + s_i, centre_j),
        (centre_i, centre_j + s_j),
    ):
        x[cell] = pair.colours[4]
    require_equal(pair.x, x, "X")
    require_equal(pair.f, painted(x, [(centre_i, centre_j)], pair.colours[target]), "f(X)")


def free_neighbours(grid, cell):
    i, j = cell
    around = ((i + 1, j), (i - 1, j), (i, j + 1), (i, j - 1))
    return [neighbour for neighbour in around if grid.get(neighbour) == 0]


def breadth_first(grid, start):
    """Steps from the start to every cell that background cells lead to."""
    distance, queue = {start: 0}, deque([start])
    while queue:
        cell = queue.popleft()
        for neighbour in free_neighbours(grid, cell):
            if neighbour not in distance:
                distance[neighbour] = distance[cell] + 1
                queue.append(neighbour)
    return distance


def path(pair, _params):
    require_legal_rectangles(pair.rectangles[:2])
    walls = with_rectangles(pair.rectangles[:2], pair.colours)
    first, second = [(i1, j1) for i1, _, j1, _ in pair.rectangles[2:]]
    require(walls[first] == 0 and walls[second] == 0, "an end cell is not free")
    require(abs(first[0] - second[0]) + abs(first[1] - second[1]) > 2, "the end cells are too close")
    from_first, from_second = breadth_first(walls, first), breadth_first(walls, second)
    require(second in from_first, "no path leads from end to end")
    length = from_first[second]
    require(length < 20, "the path is too long")
    x = painted(walls, [first, second], pair.colours[2])
    require_equal(pair.x, x, "X")
    shortest = [
        c for c in from_first if from_first[c] + from_second[c] == length and c not in (first, second)
    ]
    require_equal(pair.f, painted(x, shortest, pair.colours[3]), "f(X)")


def fill(pair, _params):
    require_legal_rectangles(pair.rectangles[:3])
    walls = with_rectangles(pair.rectangles[:3], pair.colours)
    seed = (pair.rectangles[3][0], pair.rectangles[3][2])
    require(walls[seed] == 0, "the seed is not free")
    require_equal(pair.x, painted(walls, [seed], pair.colours[3]), "X")
    flooded = painted(walls, breadth_first(walls, seed), pair.colours[3])
    require_equal(pair.f, painted(flooded, [seed], 0), "f(X)")


def isometry(pair, params):
    for i1, i2, j1, j2 in pair.rectangles:
        last_i, last_j = i2 - 1, j2 - 1
        require(1 <= i1 <= last_i <= 8 and 1 <= j1 <= last_j <= 8, "a box is misplaced")
        sides = sorted((last_i - i1, last_j - j1))
        require(sides[1] >= 2 and sides[0] <= 3, "a box has the wrong size")
    require_equal(pair.x, with_rectangles(pair.rectangles, pair.colours), "X")
    require(sum(colour > 0 for colour in pair.x.values()) > 25, "too little is painted")
    require(set(pair.x.values()) - {0} == set(pair.colours[:3]), "a box is hidden")
    f = blank()
    for (i, j), colour in pair.x.items():
        if colour:
            turned_i, turned_j = i, 9 - j if params["mirrored"] else j
            for _ in range(params["quarter_turns"]):
                turned_i, turned_j = 9 - turned_j, turned_i
            f[turned_i + params["di"], turned_j + params["dj"]] = colour
    require_equal(pair.f, f, "f(X)")


def trajectory(pair, _params):
    (i, _, j, _), (next_i, _, next_j, _) = pair.rectangles
    di, dj = next_i - i, next_j - j
    require((di, dj) != (0, 0) and abs(di) <= 3 and abs(dj) <= 3, "no such step")
    x = painted(painted(blank(), [(i, j)], pair.colours[0]), [(next_i, next_j)], pair.colours[1])
    require_equal(pair.x, x, "X")
    f, positions = blank(), 0
    while (i, j) in f:
        f[i, j] = pair.colours[min(positions, 1)]
        positions += 1
        i, j = i + di, j + dj
    require(positions >= 3, "fewer than three positions fit")
    require_equal(pair.f, f, "f(X)")


def bounce_walk(room, walk):
    """The walk that begins so: ten steps, or fewer when walls or its own track stop the ball."""
    walk, track = list(walk), set(walk)
    while len(walk) <= 10:
        (i0, j0), (i, j) = walk[-2:]
        di, dj = i - i0, j - j0
        ways = ((i + di, j + dj), (i - dj, j + di), (i + dj, j - di))
        free = [cell for cell in ways if room.get(cell) == 0 and cell not in track]
        if not free:
            break
        walk.append(free[0])
        track.add(free[0])
    return walk


def bounce(pair, _params):
    start, first, last = [(i1, j1) for i1, _, j1, _ in pair.rectangles]
    obstacle, end, way = pair.colours[:3]
    require(abs(start[0] - first[0]) + abs(start[1] - first[1]) == 1, "the first step is none")
    obstacles = [cell for cell in CELLS if pair.x[cell] == obstacle]
    require(1 <= len(obstacles) <= 10, "the number of obstacles is wrong")
    x = painted(blank(), obstacles, obstacle)
    require_equal(pair.x, painted(painted(x, [first], way), [start, last], end), "X")
    walk = bounce_walk(x, [start, first])
    require(walk[-1] == last, "the walk ends elsewhere")
    require(len(walk) > 3, "the walk is too short")
    require_equal(pair.f, painted(painted(x, walk, way), [start, first, last], end), "f(X)")


RULES = {
    rule.__name__: rule
    for rule in (
        replace_color,
        translate,
        grow,
        half_fill,
        frame,
        detect,
        corners,
        contact,
        scale,
        symbols,
        path,
        fill,
        isometry,
        trajectory,
        bounce,
    )
}
N_COLOURS_OF = {
    "replace_color": 4,
    "half_fill": 6,
    "detect": 4,
    "scale": 2,
    "symbols": 5,
    "path": 4,
    "fill": 4,
    "trajectory": 2,
}
PARAMS_OF = {
    "translate": {"di", "dj"},
    "grow": {"direction"},
    "half_fill": {"direction"},
    "corners": {"polarity"},
    "scale": {"anchor_i", "anchor_j"},
    "symbols": {"target_A", "target_B"},
    "isometry": {"mirrored", "quarter_turns", "di", "dj"},
}


def check(quiz):
    """Raise RuleBrokenError unless both pairs of the quiz follow its rule with shared colours."""
    require(set(quiz.params) == PARAMS_OF.get(quiz.task, set()), "the parameters are not those of the task")
    for name, pair in zip("AB", quiz.pairs, strict=True):
        require(len(pair.colours) == N_COLOURS_OF.get(quiz.task, 3), "the number of colours is wrong")
        require(len(set(pair.colours)) == len(pair.colours), "two roles have one colour")
        require(all(1 <= colour <= 10 for colour in pair.colours), "a colour is out of range")
        params = dict(quiz.params)
        if quiz.task == "symbols":
            params["target"] = params[f"target_{name}"]
        RULES[quiz.task](pair, params)
    if quiz.task != "isometry":
        require(quiz.pairs[0].colours == quiz.pairs[1].colours, "the pairs differ in colours")
