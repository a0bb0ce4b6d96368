"""The stage behind `culture results`: the results page of a population."""

from pathlib import Path

from culture_core.artifacts import PopulationFolder
from culture_core.errors import suggested
from culture_core.population import Population
from culture_core.results.page import check_page, write_results
from culture_core.results.place import Place
from culture_core.saes.choice import the_hook


def write_population_results(
    population: PopulationFolder, hook: str | None = None, *, out: Path | None = None
) -> Path:
    """Write the results page and its pictures; returns the path of the page.

    hook: (default: the one shown first, at 2/3 depth if it has SAEs). out: the page (default: results.md in
    the population's folder, with its pictures in results/). With `out`, the pictures go to images/NAME OF THE
    PAGE/ next to the page.
    """
    hook = the_hook(population, hook or Population(population).main_hook or None)
    command = ["--population", str(population.root)]
    place = Place.inside(population) if out is None else Place.beside_docs(out)
    check_page(place)
    if out is not None:
        command += ["--out", str(out)]
    write_results(population, hook, place, suggested("results", *command))
    return place.page
