"""The stage behind `culture match`: matches between all GPTs at a hook point."""

from collections.abc import Callable

from culture_core.artifacts import PopulationFolder
from culture_core.models.choice import check_several, chosen_models
from culture_core.saes.choice import the_hook
from culture_core.universality.matching.reader import MatchReader
from culture_core.universality.matching.store import (
    MatchSettings,
    match_population,
    matches_are_current,
    matches_artifact,
    open_matches,
)


def match_saes(
    population: PopulationFolder,
    hook: str | None = None,
    settings: MatchSettings | None = None,
    *,
    if_stale: bool = False,
    command: str = "",
    say: Callable[[str], None] = print,
) -> MatchReader:
    """Match the features of all GPTs at a hook point (default: the only one with SAEs).

    if_stale: leave alone matches of the present indexes with these settings.
    Errors: CultureError when an index is missing, or there is a single GPT.
    """
    check_several(population)
    hook, settings = the_hook(population, hook), settings or MatchSettings()
    models = chosen_models(population)
    if if_stale and matches_are_current(population, hook, models, settings):
        say(f"the matches at {hook} are up to date")
    else:
        matches_artifact(population, hook).check_writable()
        match_population(population, hook, models, command, settings, progress=True)
    return open_matches(population, hook)
