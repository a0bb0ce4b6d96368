"""Every concept again, told cell by cell in plain loops, one quiz at a time. Nothing is shared with the
vectorised concepts but names."""

from dataclasses import dataclass

COLOURS = (
    *("background", "red", "green", "blue", "yellow", "cyan"),
    *("violet", "lightgreen", "brown", "lightblue", "gray"),
)
GRIDS = ("A", "f_A", "B", "f_B")


@dataclass
class PlainQuiz:
    """tokens, clean, noise: 404 each. structure: "A,f_A,B,f_B" ...; rectangles, colours: by pair and role,
    None where absent; params: those the task has."""

    tokens: list
    clean: list
    noise: list
    task: str
    structure: str
    rectangles: list
    colours: list
    params: dict


def facts(quiz):
    """For every token the names of the concepts that hold on it: a list of 404 sets."""
    order = quiz.structure.split(",")
    of_cell = [set() for _ in range(404)]
    holds = [set() for _ in range(404)]
    for block, grid in enumerate(order):
        for place in range(101):
            p = 101 * block + place
            holds[p] |= (
                quiz_facts(quiz) | pair_facts(quiz, pair_of(grid)) | place_facts(quiz, order, block, place)
            )
            of_cell[p] |= cell_facts(quiz, order, block, place)
    for p in range(404):
        holds[p] |= {f"on:{name}" for name in of_cell[p]}
        if p < 403:
            holds[p] |= {f"before:{name}" for name in of_cell[p + 1] - {"noise", "visible_noise"}}
    return holds


def pair_of(grid):
    return 0 if grid in ("A", "f_A") else 1


def partner_of(grid):
    return {"A": "f_A", "f_A": "A", "B": "f_B", "f_B": "B"}[grid]


def quiz_facts(quiz):
    names = {f"task={quiz.task}", f"structure={quiz.structure}"}
    shown = {
        "grow": ("direction",),
        "half_fill": ("direction",),
        "corners": ("polarity",),
        "translate": ("di", "dj"),
        "isometry": ("mirrored", "quarter_turns"),
    }
    for parameter in shown.get(quiz.task, ()):
        names.add(f"{quiz.task}.{parameter}={quiz.params[parameter]}")
    if quiz.task == "translate":
        names.add(f"translate.di={quiz.params['di']},dj={quiz.params['dj']}")
    return names


def pair_facts(quiz, pair):
    names = set()
    for role, colour in enumerate(quiz.colours[pair][:4]):
        if colour is not None:
            names.add(f"c{role}={COLOURS[colour]}")
    if quiz.task == "contact":
        r0, r1, r2 = quiz.rectangles[pair][:3]
        names |= {f"contact.r{k}" for k, other in ((1, r1), (2, r2)) if share_an_edge(r0, other)}
    return names


def place_facts(quiz, order, block, place):
    grid = order[block]
    answerable = quiz.structure != "f_B,f_A,A,B"
    names = {f"grid={block + 1}", f"grid={grid}", "output" if grid.startswith("f_") else "input"}
    if answerable:
        names.add("example" if block < 2 else "question")
    if block == 3 or (block > 0 and not answerable):
        names.add("predicted")
    if place == 0:
        return names
    i, j = divmod(place - 1, 10)
    names |= {f"row={i}", f"column={j}"}
    if i in (0, 9) or j in (0, 9):
        names.add("grid_edge")
    if i in (0, 9) and j in (0, 9):
        names.add("grid_corner")
    if is_second(order, block):
        names.add("second")
        begun = any(changes(quiz, order, block, earlier) for earlier in range(1, place + 1))
        names.add("decided" if begun else "undecided")
    return names


def is_second(order, block):
    return partner_of(order[block]) in order[:block]


def changes(quiz, order, block, place):
    """Whether the cell differs, before noise, from the same cell of the other grid of the pair."""
    other = order.index(partner_of(order[block]))
    return quiz.clean[101 * block + place] != quiz.clean[101 * other + place]


def cell_facts(quiz, order, block, place):
    if place == 0:
        return {"marker", f"marker={order[block]}"}
    p = 101 * block + place
    i, j = divmod(place - 1, 10)
    return (
        colour_facts(quiz, order, block, p, i, j)
        | rectangle_facts(quiz, order, block, i, j)
        | change_facts(quiz, order, block, place)
    )


def colour_facts(quiz, order, block, p, i, j):
    colour = quiz.tokens[p]
    names = {f"colour={COLOURS[colour]}"}
    if colour:
        names.add("painted")
        if colour not in [quiz.tokens[q] for q in range(p) if q % 101]:
            names.add("new_in_quiz")
        if colour not in quiz.tokens[101 * block + 1 : p]:
            names.add("new_in_grid")
    names |= {f"colour=c{k}" for k, c in enumerate(quiz.colours[pair_of(order[block])]) if c == colour}
    if j > 0 and quiz.tokens[p - 1] != colour:
        names.add("unlike_left")
    if i > 0 and quiz.tokens[p - 10] != colour:
        names.add("unlike_above")
    if block > 0 and quiz.tokens[p - 101] != colour:
        names.add("unlike_grid_before")
    return names


def rectangle_facts(quiz, order, block, i, j):
    names = set()
    pair = pair_of(order[block])
    for role, recorded in enumerate(quiz.rectangles[pair]):
        box = shown_box(quiz, order[block], role, recorded)
        if box is None:
            continue
        i1, i2, j1, j2 = box
        if not (i1 <= i < i2 and j1 <= j < j2):
            continue
        parts = parts_of(i - i1, j - j1, i2 - i1, j2 - j1)
        names |= {"rectangle", f"r{role}"} | {f"rectangle.{part}" for part in parts}
        if role < 3:
            names |= {f"r{role}.{part}" for part in parts & {"border", "inside", "corner", "first"}}
        if quiz.task == "contact" and role > 0 and share_an_edge(quiz.rectangles[pair][0], recorded):
            names.add("contact.touching")
    return names


def parts_of(i, j, height, width):
    names = set()
    names |= {"top_row"} if i == 0 else set()
    names |= {"bottom_row"} if i == height - 1 else set()
    names |= {"left_column"} if j == 0 else set()
    names |= {"right_column"} if j == width - 1 else set()
    names.add("border" if names else "inside")
    if i in (0, height - 1) and j in (0, width - 1):
        names.add("corner")
    if (i, j) == (0, 0):
        names.add("first")
    if (i, j) == (height - 1, width - 1):
        names.add("last")
    return names


def shown_box(quiz, grid, role, recorded):
    """The rectangle as this grid shows it."""
    if recorded is None:
        return None
    i1, i2, j1, j2 = recorded
    output = grid.startswith("f_")
    if quiz.task in ("scale", "isometry") and output:
        return None
    if quiz.task == "translate" and role == 2 and output:
        di, dj = quiz.params["di"], quiz.params["dj"]
        return i1 + di, i2 + di, j1 + dj, j2 + dj
    if quiz.task == "grow" and role == 2 and output == (quiz.params["direction"] == 1):
        return i1 + 1, i2 - 1, j1 + 1, j2 - 1
    return recorded


def change_facts(quiz, order, block, place):
    names = set()
    p = 101 * block + place
    now, other = quiz.clean[p], quiz.clean[101 * order.index(partner_of(order[block])) + place]
    if now != other:
        names.add("changed")
    if is_second(order, block):
        names |= answer_facts(quiz, order, block, place, now, other)
    if quiz.noise[p]:
        names.add("noise")
        if quiz.tokens[p] != now:
            names.add("visible_noise")
    return names


def answer_facts(quiz, order, block, place, now, other):
    if now == other:
        return {"copied"} if now else set()
    names = {"answer_changed"}
    names.add("filled" if other == 0 else "emptied" if now == 0 else "recoloured")
    changed = [q for q in range(1, 101) if changes(quiz, order, block, q)]
    if place == changed[-1]:
        names.add("last_changed")
    if place == changed[0]:
        names.add("first_changed")
        if block == 3 or quiz.structure == "f_B,f_A,A,B":
            names.add("decision")
    return names


def share_an_edge(a, b):
    def cells(box):
        return {(i, j) for i in range(box[0], box[1]) for j in range(box[2], box[3])}

    there = cells(b)
    return any(
        neighbour in there
        for i, j in cells(a)
        for neighbour in ((i + 1, j), (i - 1, j), (i, j + 1), (i, j - 1))
    )
