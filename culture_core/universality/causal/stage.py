"""The stage behind `culture causal`: the causal check of a hook point, GPT by GPT."""

from collections.abc import Callable

from culture_core.artifacts import PopulationFolder
from culture_core.models.choice import check_several
from culture_core.processes import Workers
from culture_core.saes.choice import the_hook
from culture_core.universality.causal.reader import CausalReader, open_causal
from culture_core.universality.causal.run import run_causal
from culture_core.universality.causal.store import CausalSettings, causal_artifact, causal_is_current


def check_causes(
    population: PopulationFolder,
    hook: str | None = None,
    settings: CausalSettings | None = None,
    *,
    if_stale: bool = False,
    device: str = "cpu",
    workers: Workers | None = None,
    command: str = "",
    say: Callable[[str], None] = print,
) -> CausalReader:
    """Ablate and scale matched features of a hook point (default: the only one with SAEs) in every GPT.

    if_stale: leave alone a check of the present matches with these settings.
    Errors: CultureError when the matches are missing, or no group is eligible.
    """
    check_several(population)
    hook, settings = the_hook(population, hook), settings or CausalSettings()
    if if_stale and causal_is_current(population, hook, settings):
        say(f"the causal check at {hook} is up to date")
    else:
        causal_artifact(population, hook).check_writable()
        run_causal(population, hook, settings, command, device=device, workers=workers, progress=True)
    return open_causal(population, hook)
