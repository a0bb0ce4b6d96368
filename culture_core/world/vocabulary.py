"""Tokens, colours and structures of a quiz: the facts every other module shares.

A quiz is four 10 x 10 grids, each behind one marker token: 4 x (1 + 100) = 404 tokens.
Source: docs/reference/world.md, "A quiz".
"""

from dataclasses import dataclass

GRID_SIDE = 10
N_CELLS = GRID_SIDE * GRID_SIDE
BLOCK_LENGTH = 1 + N_CELLS
N_GRIDS = 4
QUIZ_LENGTH = N_GRIDS * BLOCK_LENGTH
LAST_GRID = slice(QUIZ_LENGTH - N_CELLS, QUIZ_LENGTH)

N_COLOURS = 11
BACKGROUND = 0
COLOUR_NAMES = (
    "background",
    "red",
    "green",
    "blue",
    "yellow",
    "cyan",
    "violet",
    "lightgreen",
    "brown",
    "lightblue",
    "gray",
)
COLOUR_RGB = (
    (255, 255, 255),
    (255, 0, 0),
    (0, 192, 0),
    (0, 0, 255),
    (255, 224, 0),
    (0, 255, 255),
    (224, 128, 255),
    (192, 255, 192),
    (165, 42, 42),
    (192, 192, 255),
    (128, 128, 128),
)

GRID_NAMES = ("A", "f_A", "B", "f_B")
FIRST_MARKER = N_COLOURS
MARKERS = {name: FIRST_MARKER + i for i, name in enumerate(GRID_NAMES)}
N_TOKENS = N_COLOURS + N_GRIDS


@dataclass(frozen=True)
class Structure:
    """The order in which the four grids of a quiz are laid out.

    grids: grid numbers (0 = A, 1 = f_A, 2 = B, 3 = f_B) in the order they come.
    noisy_block: which of the four blocks prompt noise goes into, or None.
    answerable: exactly one grid, the last, is predicted from the other three.
    """

    name: str
    grids: tuple[int, int, int, int]
    noisy_block: int | None
    answerable: bool


def _structure(name: str, noisy_block: int | None, answerable: bool = True) -> Structure:
    a, b, c, d = (GRID_NAMES.index(grid) for grid in name.split(","))
    return Structure(name, (a, b, c, d), noisy_block, answerable)


STRUCTURES = (
    _structure("A,f_A,B,f_B", noisy_block=2),
    _structure("f_A,A,f_B,B", noisy_block=2),
    _structure("B,f_B,A,f_A", noisy_block=None),
    _structure("f_B,B,f_A,A", noisy_block=None),
    _structure("f_B,f_A,A,B", noisy_block=None, answerable=False),
)
STRUCTURE_NAMES = tuple(structure.name for structure in STRUCTURES)

WORLD_TASKS = (
    "replace_color",
    "translate",
    "grow",
    "half_fill",
    "frame",
    "detect",
    "corners",
    "contact",
)
UNSEEN_TASKS = ("scale", "symbols", "path", "fill", "isometry", "trajectory", "bounce")
TASKS = WORLD_TASKS + UNSEEN_TASKS
CULTURE = "culture"
LABELS = (*TASKS, CULTURE)
SOURCES = ("world", "unseen", "culture")
