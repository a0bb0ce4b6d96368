"""Where a traced answer comes from."""

import numpy as np

from culture_core.circuits.nodes import ERROR, POSITION, TOKEN
from culture_core.figures.rows import quiz_row
from culture_core.world.vocabulary import BLOCK_LENGTH
from dashboard.data.circuit.traces import Trace


def origin_shares(traced: Trace, *, largest_first: bool = True) -> dict[str, float]:
    """Where the influence of the kept graph comes from: the cells of each grid, positions and markers, and
    what the SAEs miss."""
    nodes = traced.graph.nodes
    labels = [f"cells of {label}" for label in quiz_row(traced.graph.tokens).labels]
    labels[-1] += " written so far"
    block, offset = np.divmod(nodes.token - 1, BLOCK_LENGTH)
    cell = (nodes.kind == TOKEN) & (nodes.token > 0) & (offset > 0)
    sources = {label: cell & (block == number) for number, label in enumerate(labels)}
    sources["positions and markers"] = (nodes.kind == POSITION) | ((nodes.kind == TOKEN) & ~cell)
    sources["what the SAEs miss"] = nodes.kind == ERROR
    found = {name: float(nodes.influence[chosen].sum()) for name, chosen in sources.items()}
    total = max(sum(found.values()), 1e-12)
    order = sorted(found, key=found.__getitem__, reverse=True) if largest_first else list(found)
    return {name: found[name] / total for name in order}
