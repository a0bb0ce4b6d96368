"""The hook point that a user names."""

from collections.abc import Iterable

from culture_core.artifacts import PopulationFolder
from culture_core.errors import CultureError, suggested
from culture_core.models.population import read_manifest
from culture_core.saes.hooks import default_hook


def usual_hook(population: PopulationFolder) -> str:
    """The hook point that SAEs are trained on unless another is named: the residual stream at 2/3 depth."""
    return default_hook(read_manifest(population.root)["config"]["n_blocks"])


def the_hook(population: PopulationFolder, hook: str | None = None) -> str:
    """The hook point asked for; else the only one that has SAEs, or of several the usual one.

    Errors: CultureError when it has none, or when the usual one is not among several.
    """
    hooks = population.hooks()
    chosen = hook
    if hook is None and hooks:
        chosen = hooks[0] if len(hooks) == 1 else usual_hook(population)
    if chosen in hooks:
        return chosen
    known = ", ".join(hooks) or "none; run `culture train-sae`"
    wanted = "choose one with --hook" if hook is None else f"none at {hook!r}"
    raise CultureError(f"SAEs in {population.root}: {wanted}; there are: {known}")


def check_same_size(population: PopulationFolder, hook: str, n_features: Iterable[int]) -> None:
    """Errors: CultureError when the SAEs of a hook point have different numbers of features."""
    sizes = sorted(set(n_features))
    if len(sizes) > 1:
        raise CultureError(
            f"the SAEs at {hook} differ in size ({', '.join(map(str, sizes))} features); "
            f"run {suggested('train-sae', '--population', population.root, '--hook', hook)} for all"
        )
