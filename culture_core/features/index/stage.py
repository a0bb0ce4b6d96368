"""The stages behind `culture index` and `culture merge-index`: the indexes of a hook point."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from culture_core.artifacts import PopulationFolder
from culture_core.features.index.gather import gather_parts
from culture_core.features.index.job import BATCH, PART, IndexJob
from culture_core.features.index.making import ALL_PARTS, make_parts
from culture_core.features.index.quiz_set import QuizSet
from culture_core.features.index.store import is_current
from culture_core.features.index.write import write_index
from culture_core.models.choice import chosen_models
from culture_core.processes import Workers
from culture_core.saes.choice import the_hook
from culture_core.settings import setting
from culture_core.writing import alone


@dataclass(frozen=True)
class IndexSettings:
    """What indexes are made over, and in which pieces."""

    quiz_set: QuizSet = field(default_factory=QuizSet)
    batch_size: int = setting(BATCH, "quizzes per forward pass", least=1)
    part_size: int = setting(PART, "quizzes between two saves", least=1)


def index_jobs(
    population: PopulationFolder,
    hook: str | None = None,
    settings: IndexSettings | None = None,
    *,
    models: Sequence[int] | None = None,
    variant: str = "",
    device: str = "cpu",
) -> list[IndexJob]:
    """One job per GPT whose SAE at the hook point (default: the only one with SAEs) is to be indexed.

    Errors: CultureError for an unknown GPT or hook point.
    """
    settings, hook = settings or IndexSettings(), the_hook(population, hook)
    pieces = (settings.quiz_set, settings.batch_size, settings.part_size, device)
    return [
        IndexJob(population, hook, k, variant, *pieces) for k in chosen_models(population, models, variant)
    ]


def index_saes(
    jobs: Sequence[IndexJob],
    *,
    if_stale: bool = False,
    workers: Workers | None = None,
    command: str = "",
    say: Callable[[str], None] = print,
) -> list[dict[str, Any]]:
    """Make indexes; returns the manifests of those that were made. if_stale: leave alone those made from the
    present inputs in the same way.

    A folder in which all is up to date is only read. Errors: CultureError when a worker fails; running it
    again continues.
    """

    def wanted(among: Sequence[IndexJob]) -> list[IndexJob]:
        return [job for job in among if not (if_stale and is_current(job))]

    stale = wanted(jobs)
    with ExitStack() as stack:
        for job in stale:
            stack.enter_context(alone(job.index))
        stale = wanted(stale)
        for job in jobs:
            if job not in stale:
                say(f"GPT {job.model_k}: the index is up to date")
        make_parts(stale, workers=workers, progress=_progress(stale))
        return [write_index(job, command) for job in stale]


def make_shard(
    jobs: Sequence[IndexJob], shard: tuple[int, int] = ALL_PARTS, *, workers: Workers | None = None
) -> None:
    """Make every n-th part from the i-th on, for `merge_indexes` to merge; shard: (i, n)."""
    make_parts(jobs, shard=shard, workers=workers, progress=_progress(jobs))


def merge_indexes(
    jobs: Sequence[IndexJob],
    others: Sequence[Path] = (),
    *,
    command: str = "",
    say: Callable[[str], None] = print,
) -> list[dict[str, Any]]:
    """Merge parts into indexes, exactly as one run makes them; returns their manifests. What was merged
    already, before a stop, is left alone.

    others: folders of the same population on other machines, whose parts are taken too.
    Errors: CultureError when parts are missing, or are of other inputs.
    """
    manifests = []
    for job in jobs:
        with alone(job.index):
            if is_current(job) and not job.parts.exists():
                say(f"GPT {job.model_k}: the index is up to date")
                continue
            gather_parts(job, others)
            manifests.append(write_index(job, command))
    return manifests


def _progress(jobs: Sequence[IndexJob]) -> str:
    return f"indexing {len(jobs)} SAEs"
