"""The hook point that pages show first."""

from culture_core.artifacts import PopulationFolder
from culture_core.population import open_population


def shown_hook(population: PopulationFolder) -> str:
    return open_population(population.root).main_hook
