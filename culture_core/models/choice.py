"""The population and the GPTs that a user names."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from culture_core import artifacts
from culture_core.artifact import Artifact, model_hashes
from culture_core.artifacts import PopulationFolder
from culture_core.errors import CultureError


def find_population(path: Path | str) -> PopulationFolder:
    """A population's folder.

    Errors: CultureError when it is not one.
    """
    folder = PopulationFolder(Path(path))
    if not folder.manifest.is_file():
        known = ", ".join(str(population.root) for population in artifacts.populations()) or "none yet"
        raise CultureError(
            f"{path} is not a population folder (no {artifacts.MANIFEST}); make one with `culture convert`. "
            f"In cache/: {known}"
        )
    return folder


def check_several(population: PopulationFolder) -> None:
    """Errors: CultureError for a population of a single GPT, which has none to be matched with."""
    if len(model_hashes(population)) < 2:
        raise CultureError(f"{population.root} has a single GPT; matching takes two or more")


def chosen_models(
    population: PopulationFolder, wanted: Sequence[int] | None = None, variant: str = ""
) -> list[int]:
    """Ids of the GPTs to work on: those asked for, or all; of a baseline the first.

    Errors: CultureError for an id the population does not have.
    """
    present = list(model_hashes(population))
    unknown = [k for k in wanted or [] if k not in present]
    if unknown:
        raise CultureError(f"no GPT {unknown[0]} in this population; it has {', '.join(map(str, present))}")
    return list(dict.fromkeys(wanted or (present[:1] if variant else present)))


def stale_models(
    models: Sequence[int],
    artifact: Callable[[int], Artifact],
    made_from: Callable[[int], Mapping[str, Any]],
    *,
    if_stale: bool,
    say: Callable[[str], None],
) -> list[int]:
    """The GPTs of which an artifact is to be made: all, or, with `if_stale`, those whose manifest differs
    from what it would be made from now; the others are said to be up to date.

    artifact, made_from: of one GPT, by its id.
    Errors: CultureError when one of those artifacts cannot be written.
    """
    stale = []
    for k in models:
        if if_stale and artifact(k).is_current(made_from(k)):
            say(f"the {artifact(k).name} {artifact(k).verb} up to date")
        else:
            artifact(k).check_writable()
            stale.append(k)
    return stale
