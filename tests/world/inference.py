"""What a quiz may have been drawn from, read off its grids alone: rectangles, colours and parameters.

The public quizzes come without metadata. Each function yields readings of one quiz; the quiz follows its rule
when the rule checker accepts one of them. Grids are dicts from (row, column) to colour.
"""

from itertools import permutations, product

from rule_checker import CELLS, Pair, Quiz, RuleBrokenError, cells_of, check, to_grid


def cells_with(grid, colours):
    return [cell for cell in CELLS if grid[cell] in colours]


def bounding_box(cells):
    rows, columns = [i for i, _ in cells], [j for _, j in cells]
    return (min(rows), max(rows) + 1, min(columns), max(columns) + 1)


def colours_in(grid):
    return sorted(set(grid.values()) - {0})


def new_colours(x, f):
    return sorted(set(f.values()) - set(x.values()))


def reading(task, grids, rectangles_of, colours, params=None):
    """A Quiz whose rectangles are rectangles_of(x, f) in each pair; None when a colour is missing."""
    try:
        pairs = tuple(
            Pair(x, f, rectangles_of(x, f), list(colours))
            for x, f in ((grids[0], grids[1]), (grids[2], grids[3]))
        )
    except ValueError:
        return None
    return Quiz(task, pairs, params or {})


def boxes_of(colours, grid_of=lambda x, _f: x):
    """rectangles_of that takes the bounding box of each colour in X, or in the grid that grid_of picks."""
    return lambda x, f: [bounding_box(cells_with(grid_of(x, f), {colour})) for colour in colours]


def painted_ones(task, grids):
    """replace_color and detect: a fourth colour comes in."""
    (extra,) = new_colours(grids[0], grids[1])
    for order in permutations(colours_in(grids[0])):
        yield reading(task, grids, boxes_of(order), [*order, extra])


def plain(task, grids):
    """frame and contact: three colours, nothing else."""
    for order in permutations(colours_in(grids[0])):
        yield reading(task, grids, boxes_of(order), order)


def translate(task, grids):
    for order in permutations(colours_in(grids[0])):
        for di, dj in product((-1, 0, 1), repeat=2):
            yield reading(task, grids, boxes_of(order), order, {"di": di, "dj": dj})


def grow(task, grids):
    for order in permutations(colours_in(grids[0])):
        for direction in (0, 1):
            whole = boxes_of(order, lambda x, f, direction=direction: (f, x)[direction])
            yield reading(task, grids, whole, order, {"direction": direction})


def corners(task, grids):
    for order in permutations(colours_in(grids[0])):
        for polarity in (0, 1):
            whole = boxes_of(order, lambda _x, f: f)
            yield reading(task, grids, whole, order, {"polarity": polarity})


def half_fill(task, grids):
    x = grids[0]
    line_of = {}
    for colour in colours_in(x):
        inside = {x[cell] for cell in cells_of(bounding_box(cells_with(x, {colour})))} - {colour}
        if len(inside) == 1 and inside != {0}:
            line_of[colour] = inside.pop()
    for bodies in permutations(line_of, 3):
        colours = [colour for body in bodies for colour in (body, line_of[body])]
        for direction in range(4):
            yield reading(task, grids, boxes_of(bodies), colours, {"direction": direction})


def covering_boxes(wanted):
    """Three boxes of the task `scale` that cover just the wanted cells, as one list or None."""
    edges = range(6)
    boxes = [
        (i1, i2, j1, j2)
        for i1, i2, j1, j2 in product(edges, repeat=4)
        if i1 < i2 and j1 < j2 and min(i2 - i1, j2 - j1) <= 3
    ]
    cells = {box: set(cells_of(box)) for box in boxes}
    fitting = [box for box in boxes if cells[box] <= wanted]

    def search(left, chosen):
        if len(chosen) == 3:
            return None if left else chosen
        first = min(left) if left else None
        for box in fitting:
            if first is None or first in cells[box]:
                found = search(left - cells[box], [*chosen, box])
                if found:
                    return found
        return None

    return search(wanted, [])


def scale(task, grids):
    common = set(colours_in(grids[0])) & set(colours_in(grids[2]))
    for colours in permutations(common, 2):
        a_i, _, a_j, _ = bounding_box(cells_with(grids[0], {colours[1]}))
        pairs = []
        for x, f in ((grids[0], grids[1]), (grids[2], grids[3])):
            # The mark hides at most three of the four cells that one cell of a box becomes.
            boxes = covering_boxes({(i // 2, j // 2) for i, j in cells_with(f, {colours[0]})})
            if boxes is None:
                break
            shifted = [(i1 + a_i, i2 + a_i, j1 + a_j, j2 + a_j) for i1, i2, j1, j2 in boxes]
            pairs.append(Pair(x, f, shifted, list(colours)))
        if len(pairs) == 2:
            yield Quiz(task, tuple(pairs), {"anchor_i": a_i, "anchor_j": a_j})


def symbols(task, grids):
    count = {colour: len(cells_with(grids[0], {colour})) for colour in colours_in(grids[0])}
    (pointed,) = [colour for colour in count if count[colour] == 6]
    (pointer,) = [colour for colour in count if count[colour] == 3]
    plain_blocks = [colour for colour in count if count[colour] == 9]

    def blocks(x, _f):
        block_0 = bounding_box(cells_with(x, {pointed, pointer}))
        return [block_0, *boxes_of(plain_blocks)(x, None)]

    for target_a, target_b in product((1, 2, 3), repeat=2):
        params = {"target_A": target_a, "target_B": target_b}
        yield reading(task, grids, blocks, [pointed, *plain_blocks, pointer], params)


def single_cells(grid, colour):
    return [bounding_box([cell]) for cell in cells_with(grid, {colour})]


def path(task, grids):
    (way,) = new_colours(grids[0], grids[1])
    for first, second, end in permutations(colours_in(grids[0])):
        if len(cells_with(grids[0], {end})) == 2:
            obstacles = boxes_of((first, second))
            yield reading(
                task,
                grids,
                lambda x, f, obstacles=obstacles, end=end: [*obstacles(x, f), *single_cells(x, end)],
                [first, second, end, way],
            )


def fill(task, grids):
    (seed,) = [c for c in colours_in(grids[0]) if len(cells_with(grids[0], {c})) == 1]
    others = [colour for colour in colours_in(grids[0]) if colour != seed]
    yield reading(
        task, grids, lambda x, f: [*boxes_of(others)(x, f), *single_cells(x, seed)], [*others, seed]
    )


ISOMETRY_BOXES = {
    (i1, i2 + 1, j1, j2 + 1): set(cells_of((i1, i2 + 1, j1, j2 + 1)))
    for i1, i2, j1, j2 in product(range(1, 9), repeat=4)
    if i1 <= i2 and j1 <= j2 and max(i2 - i1, j2 - j1) >= 2 and min(i2 - i1, j2 - j1) <= 3
}


def stacked_boxes(x):
    """Three colours and boxes, the last on top, that make X; each box the first that fits what shows."""
    for order in permutations(colours_in(x)):
        boxes = []
        for role, colour in enumerate(order):
            allowed = set(cells_with(x, set(order[role:])))
            visible = set(cells_with(x, {colour}))
            fitting = [box for box, cells in ISOMETRY_BOXES.items() if visible <= cells <= allowed]
            boxes += fitting[:1]
        if len(boxes) == 3:
            yield boxes, list(order)


def isometry(task, grids):
    stacked = [list(stacked_boxes(x)) for x in (grids[0], grids[2])]
    for (boxes_a, colours_a), (boxes_b, colours_b) in product(*stacked):
        for mirrored, turns, di, dj in product((0, 1), range(4), (-1, 0, 1), (-1, 0, 1)):
            pairs = (
                Pair(grids[0], grids[1], boxes_a, colours_a),
                Pair(grids[2], grids[3], boxes_b, colours_b),
            )
            yield Quiz(task, pairs, {"mirrored": mirrored, "quarter_turns": turns, "di": di, "dj": dj})


def trajectory(task, grids):
    for order in permutations(colours_in(grids[0])):
        yield reading(task, grids, boxes_of(order), order)


def bounce(task, grids):
    count = {colour: len(cells_with(grids[0], {colour})) for colour in colours_in(grids[0])}
    obstacle = max(count, key=count.__getitem__)
    (way,) = [colour for colour in count if count[colour] == 1]
    (end,) = set(count) - {obstacle, way}

    def cells(x, swap):
        ends = single_cells(x, end)
        start, last = reversed(ends) if swap else ends
        return [start, *single_cells(x, way), last]

    for swap_a, swap_b in product((False, True), repeat=2):
        pairs = (
            Pair(grids[0], grids[1], cells(grids[0], swap_a), [obstacle, end, way]),
            Pair(grids[2], grids[3], cells(grids[2], swap_b), [obstacle, end, way]),
        )
        yield Quiz(task, pairs, {})


READERS = {
    "replace_color": painted_ones,
    "detect": painted_ones,
    "frame": plain,
    "contact": plain,
    "translate": translate,
    "grow": grow,
    "half_fill": half_fill,
    "corners": corners,
    "scale": scale,
    "symbols": symbols,
    "path": path,
    "fill": fill,
    "isometry": isometry,
    "trajectory": trajectory,
    "bounce": bounce,
}


def accepted(quiz):
    try:
        check(quiz)
    except RuleBrokenError:
        return False
    return True


def explain(task, canonical_grids):
    """The first reading of a quiz that follows its rule, or None. canonical_grids: A, f_A, B, f_B."""
    grids = [to_grid(grid) for grid in canonical_grids]
    candidates = (quiz for quiz in READERS[task](task, grids) if quiz is not None)
    return next((quiz for quiz in candidates if accepted(quiz)), None)
