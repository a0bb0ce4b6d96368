"""The reader's own names of the features in a trace."""

from dashboard.components.page.notes import own_names
from dashboard.components.page.scope import Scope
from dashboard.data.circuit.traces import Trace
from dashboard.data.population.populations import Population


def names_by_block(population: Population, model_k: int, traced: Trace) -> dict[tuple[int, int], str]:
    """The reader's names of a GPT's features, by block and feature."""
    return {
        (block, feature): name
        for block, hook in traced.hooks.items()
        for (k, feature), name in own_names(Scope(population, hook)).items()
        if k == model_k
    }
