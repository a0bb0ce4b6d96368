"""The populations in cache/: names from URLs are checked against what is there."""

import os
from pathlib import Path

from culture_core import artifacts
from culture_core.errors import CultureError, suggested
from culture_core.population import Population as Population
from culture_core.population import open_population
from dashboard.data.cached import shared
from dashboard.data.choices import one_of
from dashboard.data.words.foreign_text import quoted

CACHE_VARIABLE = "CULTURE_CACHE"
REPOSITORY = Path(__file__).resolve().parents[2]
KEPT_OPEN = 16


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
    """One population by its name, opened once for all sessions.

    Errors: CultureError for a name that is not there, or a manifest that cannot be read.
    """
    for folder in artifacts.populations(cache_folder()):
        if folder.name == name:
            chosen = _opened(str(folder.root), str(Path.cwd()))
            if not chosen.models:
                raise CultureError(f"there are no GPTs in {folder.root}")
            return chosen
    raise CultureError(f"there is no population {quoted(name)}; there are: {', '.join(population_names())}")


@shared(lambda root, working_folder: (root, working_folder), at_most=KEPT_OPEN)
def _opened(root: str, working_folder: str) -> Population:  # noqa: ARG001 - a relative root is meant in it
    return open_population(root)


def the_hook(chosen: Population, name: str | None) -> str:
    """The hook point of that name, or the main one when no name is given.

    Errors: CultureError for a hook point without SAEs, or when there are none at all.
    """
    if not chosen.hooks:
        raise CultureError(
            f"no SAEs of {chosen.name} yet; run `culture build --population {chosen.folder.root}`"
        )
    if name is None:
        return chosen.main_hook
    return one_of("hook point", name, chosen.hooks)


def any_hook(chosen: Population, name: str | None) -> str:
    """The same, but "" for a population without SAEs.

    Errors: CultureError for a hook point without SAEs.
    """
    return the_hook(chosen, name) if chosen.hooks else ""


def the_model(chosen: Population, name: str | None) -> int:
    """The id of the GPT of that name, or the first when no name is given.

    Errors: CultureError that lists the GPTs there are.
    """
    if name is None:
        return chosen.models[0]
    return int(one_of("GPT", name, [str(model_k) for model_k in chosen.models]))
