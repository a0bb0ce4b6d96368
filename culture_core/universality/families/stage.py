"""The stage behind `culture families`: groups and families of features, ablated and interchanged."""

from collections.abc import Callable

from culture_core.artifacts import PopulationFolder
from culture_core.models.choice import check_several
from culture_core.processes import Workers
from culture_core.saes.choice import the_hook
from culture_core.universality.families.reader import FamilyReader, open_families
from culture_core.universality.families.run import run_families
from culture_core.universality.families.store import FamilySettings, families_artifact, made_from


def measure_families(
    population: PopulationFolder,
    hook: str | None = None,
    settings: FamilySettings | None = None,
    *,
    if_stale: bool = False,
    device: str = "cpu",
    workers: Workers | None = None,
    command: str = "",
    say: Callable[[str], None] = print,
) -> FamilyReader:
    """Change the sets of features with the most influence at a hook point (default: the only one with SAEs).

    if_stale: leave alone effects of the present matches with these settings.
    Errors: CultureError for a single GPT, and when matches, indexes or grades are missing.
    """
    check_several(population)
    hook, settings = the_hook(population, hook), settings or FamilySettings()
    families = families_artifact(population, hook)
    if if_stale and families.is_current(made_from(population, hook, settings)):
        say(f"the effects of families at {hook} are up to date")
    else:
        families.check_writable()
        run_families(population, hook, settings, command, device=device, workers=workers, progress=True)
    return open_families(population, hook)
