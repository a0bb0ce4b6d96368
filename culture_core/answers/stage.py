"""The stage behind `culture answers`: the quizzes to browse, with every GPT's answer."""

from collections.abc import Callable

from culture_core.answers.browse import (
    BrowseSet,
    BrowseSettings,
    browse_artifact,
    browse_is_current,
    open_browse,
    write_browse,
)
from culture_core.artifacts import PopulationFolder
from culture_core.models.choice import chosen_models


def answer_population(
    population: PopulationFolder,
    settings: BrowseSettings | None = None,
    *,
    if_stale: bool = False,
    device: str = "cpu",
    command: str = "",
    say: Callable[[str], None] = print,
) -> BrowseSet | None:
    """Answer a set of world, unseen and culture quizzes with every GPT and write it into the population.

    Returns it; None when if_stale and the one that is there is of these GPTs and settings.
    """
    from culture_core.models.sources import resolve_source

    settings = settings or BrowseSettings()
    if if_stale and browse_is_current(population, chosen_models(population), settings):
        say(f"the answers of {population.root} are up to date")
        return None
    browse_artifact(population).check_writable()
    source = resolve_source(population.root)
    models = {k: model.to(device) for k, model in zip(source.ids, source.load_models(), strict=True)}
    write_browse(population, models, settings, command, progress="answering")
    return open_browse(population)
