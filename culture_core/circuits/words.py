"""What the nodes of a graph are, in words: what their features detect, and where they stand in the quiz."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from culture_core.artifacts import PopulationFolder
from culture_core.circuits.graph import Graph
from culture_core.circuits.heads.looks import CONSTANT, ELSEWHERE
from culture_core.circuits.heads.one_look import Look
from culture_core.circuits.nodes import EMBEDDINGS, ERROR, FEATURE, POSITION
from culture_core.errors import CultureError
from culture_core.features.concepts import BY_NAME
from culture_core.features.grading.reader import Grades, open_grades
from culture_core.features.grading.sentences import GOOD_F1, ConceptGrade
from culture_core.world.vocabulary import (
    BLOCK_LENGTH,
    COLOUR_NAMES,
    FIRST_MARKER,
    GRID_NAMES,
    GRID_SIDE,
)

IN_FRONT = -1
UNNAMED = "unnamed"
REST = {CONSTANT: "constant", ELSEWHERE: "what only others have"}
LOOKS, LOOKED_AT, ADDS = "at the token read last", "at the token it looks at", "adds"
# kinds of concepts, the most telling first, and what they are about
ASPECT_OF_KIND = {
    "rule": "rule",
    "change": "rule",
    "rectangle": "shape",
    "colour": "colour",
    "place": "place",
}
ASPECTS = (*dict.fromkeys(ASPECT_OF_KIND.values()), UNNAMED)


@dataclass(frozen=True)
class Place:
    """Where a node stands: the token read there.

    position: in the quiz, IN_FRONT for the 0 in front. grid: as in "f_A"; row, column: None for a marker.
    token: its name, as in "red".
    """

    position: int
    grid: str | None
    row: int | None
    column: int | None
    token: str


def places(graph: Graph) -> list[Place]:
    """Where every node of a graph stands."""
    tokens = graph.tokens.tolist()
    return [_place(int(token) - 1, tokens) for token in graph.nodes.token]


def _place(position: int, tokens: list[int]) -> Place:
    if position == IN_FRONT:
        return Place(position, None, None, None, "the 0 in front")
    block, offset = divmod(position, BLOCK_LENGTH)
    grid = GRID_NAMES[tokens[block * BLOCK_LENGTH] - FIRST_MARKER]
    if offset == 0:
        return Place(position, grid, None, None, f"marker of {grid}")
    row, column = divmod(offset - 1, GRID_SIDE)
    return Place(position, grid, row, column, COLOUR_NAMES[tokens[position]])


def detected(population: PopulationFolder, model_k: int, graph: Graph) -> list[str]:
    """What the feature of every node detects, as in "on a red cell"; "" where no concept fits it, where it is
    not graded, and for other nodes."""
    grades = concept_grades(population, model_k, graph)
    return ["" if grade is None else grade.words for grade in grades]


def concept_grades(population: PopulationFolder, model_k: int, graph: Graph) -> list[ConceptGrade | None]:
    """The best concept of every node's feature; None where none fits, where the feature is not graded, and
    for other nodes."""
    blocks = {int(block) for block in graph.nodes.block}
    grades = {block: _grades(population, model_k, block) for block in blocks}
    features = zip(graph.nodes.block.tolist(), graph.nodes.feature.tolist(), strict=True)
    return [_best(grades[block], feature) if feature >= 0 else None for block, feature in features]


def aspect(grade: ConceptGrade | None) -> str:
    """What a node is about: one of ASPECTS, from the concept its feature detects."""
    if grade is None:
        return UNNAMED
    kinds = {BY_NAME[name].kind for name in grade.name.split(" & ") if name in BY_NAME}
    return next((about for kind, about in ASPECT_OF_KIND.items() if kind in kinds), UNNAMED)


def labels(graph: Graph, words: list[str]) -> list[str]:
    """A name for every node; words: what its feature detects."""
    nodes, where = graph.nodes, places(graph)
    return [
        _label(int(nodes.kind[n]), int(nodes.block[n]), int(nodes.feature[n]), where[n], words[n])
        for n in range(len(nodes))
    ]


def node_names(population: PopulationFolder, model_k: int, look: Look, nodes: Sequence[int]) -> list[str]:
    """Names of nodes at either end of a look, as `labels` gives them, and of REST."""
    layer, grades = look.layer, _grades(population, model_k, look.layer.block)
    tokens = look.tokens.tolist()

    def name(node: int) -> str:
        feature = int(layer.feature[node])
        best = _best(grades, feature) if feature >= 0 else None
        place = _place(int(layer.token[node]) - 1, tokens)
        return _label(int(layer.kind[node]), layer.block, feature, place, best.words if best else "")

    return [REST.get(node) or name(node) for node in nodes]


def look_rows(population: PopulationFolder, model_k: int, look: Look, n: int) -> list[dict[str, Any]]:
    """The n pairs that weigh most in a look, in words: what is at either end, and what they add."""
    queries, keys, added = zip(*look.excess.strongest(n), strict=True)
    named = zip(
        node_names(population, model_k, look, queries),
        node_names(population, model_k, look, keys),
        added,
        strict=True,
    )
    return [{ADDS: round(value, 3), LOOKS: query, LOOKED_AT: key} for query, key, value in named]


def _label(kind: int, block: int, feature: int, place: Place, words: str) -> str:
    if kind == FEATURE:
        return f"{block}.{feature}" + (f" {words}" if words else "")
    if kind == ERROR:
        return f"error of the SAE after block {block}"
    return f"position {place.position + 1}" if kind == POSITION else place.token


def _grades(population: PopulationFolder, model_k: int, block: int) -> Grades | None:
    if block == EMBEDDINGS:
        return None
    try:
        return open_grades(population, f"blocks.{block}.hook_resid_post", model_k)
    except CultureError:
        return None


def _best(grades: Grades | None, feature: int) -> ConceptGrade | None:
    best = grades.of_feature(feature)[:1] if grades else []
    return best[0] if best and best[0].f1 >= GOOD_F1 else None
