"""The populations in cache/: names from URLs are checked against what is there."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from culture_core import artifacts
from culture_core.artifacts import PopulationFolder
from culture_core.errors import CultureError, suggested
from dashboard.data.choices import one_of
from dashboard.data.foreign_text import quoted

CACHE_VARIABLE = "CULTURE_CACHE"
REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Population:
    """A population: its folder, its manifest, the ids of its GPTs, its hook points with SAEs."""

    folder: PopulationFolder
    manifest: dict[str, Any]
    models: tuple[int, ...]
    hooks: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.folder.name


def cache_folder() -> Path:
    """The cache/ that is browsed: $CULTURE_CACHE, the repository's, or, where the dashboard was installed
    without one, the working folder's; relative if in the working folder."""
    own = REPOSITORY / artifacts.CACHE
    default = own if own.is_dir() else Path(artifacts.CACHE)
    folder = Path(os.environ.get(CACHE_VARIABLE) or default).absolute()
    return folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder


def population_names() -> list[str]:
    """Names of the populations there are.

    Errors: CultureError that says how to make one when there is none.
    """
    names = [folder.name for folder in artifacts.populations(cache_folder())]
    if not names:
        cache = cache_folder()
        raise CultureError(
            f"no population in {cache}; make one with {suggested('convert', 'hub', cache / 'NAME')}, "
            f"then {suggested('build', '--population', cache / 'NAME')}"
        )
    return names


def population(name: str) -> Population:
    """One population by its name.

    Errors: CultureError for a name that is not there.
    """
    for folder in artifacts.populations(cache_folder()):
        if folder.name == name:
            manifest = artifacts.read_json(folder.manifest)
            models = tuple(model["id"] for model in manifest["models"])
            return Population(folder, manifest, models, tuple(folder.hooks()))
    raise CultureError(f"there is no population {quoted(name)}; there are: {', '.join(population_names())}")


def the_hook(chosen: Population, name: str | None) -> str:
    """The hook point of that name, or the first when no name is given.

    Errors: CultureError for a hook point without SAEs, or when there are none at all.
    """
    if not chosen.hooks:
        raise CultureError(
            f"no SAEs of {chosen.name} yet; run `culture build --population {chosen.folder.root}`"
        )
    if name is None:
        return chosen.hooks[0]
    return one_of("hook point", name, chosen.hooks)


def any_hook(chosen: Population) -> str:
    """The first hook point, or "" for a population without SAEs."""
    return chosen.hooks[0] if chosen.hooks else ""


def the_model(chosen: Population, name: str | None) -> int:
    """The id of the GPT of that name, or the first when no name is given.

    Errors: CultureError that lists the GPTs there are.
    """
    if name is None:
        return chosen.models[0]
    return int(one_of("GPT", name, [str(model_k) for model_k in chosen.models]))
