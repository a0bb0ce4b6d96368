"""The parts of an index that is being built: whether all exist, and fetching them from elsewhere."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from culture_core import artifacts
from culture_core.artifacts import PopulationFolder
from culture_core.errors import CultureError
from culture_core.features.index.job import IndexJob
from culture_core.features.index.store import remedy
from culture_core.writing import atomic_file


def complete_parts(job: IndexJob) -> list[Path]:
    """The files of all parts of a job, in the order of quizzes.

    Errors: CultureError when some are missing, or are of other inputs.
    """
    again = remedy(job.population, job.hook, job.variant)
    note = job.parts / artifacts.MANIFEST
    if not note.is_file():
        raise CultureError(f"no index parts in {job.parts}; {again}")
    if artifacts.read_json(note) != job.inputs():
        raise CultureError(
            f"the parts in {job.parts} belong to another SAE, GPT, quiz set or batch size; {again}"
        )
    if missing := job.missing():
        raise CultureError(
            f"{len(missing)} of {len(job.spans())} parts are missing in {job.parts} "
            f"(first: quizzes {missing[0].start} to {missing[0].stop - 1}); {again}"
        )
    return [job.path(span) for span in job.spans()]


def gather_parts(job: IndexJob, others: Sequence[Path]) -> None:
    """Copy into a job's own the parts it lacks from the same population in other places.

    Errors: CultureError when those are of other inputs.
    """
    for root in others:
        other = replace(job, population=PopulationFolder(root))
        note = other.parts / artifacts.MANIFEST
        if artifacts.read_json(note) != job.inputs():
            raise CultureError(
                f"the parts in {other.parts} belong to another SAE, GPT, quiz set or batch size"
            )
        job.prepare()
        for span in job.missing():
            if other.path(span).is_file():
                with atomic_file(job.path(span)) as partial:
                    shutil.copyfile(other.path(span), partial)
