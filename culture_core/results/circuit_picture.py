"""The same answer in several GPTs as a picture: one row per GPT, with the cells its answer comes from."""

from collections.abc import Mapping

from culture_core.circuits.graph import Graph
from culture_core.circuits.nodes import TOKEN
from culture_core.figures.rows import quiz_row
from culture_core.figures.style import ValueScale
from culture_core.results.pictures import rows_picture
from culture_core.world.vocabulary import COLOUR_NAMES


def circuit_picture(graphs: Mapping[int, Graph]) -> bytes:
    """PNG of graphs of one answer, by GPT. A square's area is the influence of the token there; all rows have
    the same scale."""
    values = {k: graph.on_tokens(graph.nodes.kind == TOKEN) for k, graph in graphs.items()}
    rows = [
        quiz_row(graph.tokens, values=values[k], caption=f"GPT {k}", detail=_detail(graph))
        for k, graph in graphs.items()
    ]
    maximum = max(float(one.max()) for one in values.values())
    return rows_picture(rows, ValueScale("influence", max(maximum, 1e-6)))


def _detail(graph: Graph) -> str:
    margin = graph.margin
    return f"{COLOUR_NAMES[margin.token]} over {COLOUR_NAMES[margin.against]}: {graph.value:+.2f}"
