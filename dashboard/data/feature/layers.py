"""The features of one GPT through the layers."""

from culture_core.universality.layers.reader import LayerReader
from dashboard.data.cached import written
from dashboard.data.population.populations import Population


def layers(chosen: Population, model_k: int) -> LayerReader:
    """Which features of one GPT fire on the same tokens before and after each."""
    return chosen.layers(model_k)


def has_layers(chosen: Population, hook: str, model_k: int) -> bool:
    """Whether the features of a hook point have been followed through the layers of one GPT."""
    folder = chosen.folder.layers(model_k)
    return written(folder) is not None and hook in layers(chosen, model_k).hooks
