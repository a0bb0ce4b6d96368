"""Folders where a population's SAEs, indexes and matches are built for a comparison, apart from its own."""

import shutil
from pathlib import Path

from culture_core import artifacts
from culture_core.artifacts import PopulationFolder
from culture_core.models.sources import resolve_source
from culture_core.places import check_folder
from culture_core.writing import atomic_file

# the entry of a manifest that tells a work folder from a population
WORK = "made_for_comparison"


def work_folder(population: PopulationFolder, work: Path) -> PopulationFolder:
    """A population under `work` with the same GPTs, in which artifacts may be built; what is there stays.

    Weights that are the same are not copied again; artifacts of others are found stale by their hashes.
    Errors: CultureError when there is another folder of that name.
    """
    folder = PopulationFolder(work / population.name)
    check_folder(folder.root, _is_work_folder, "a folder written by `culture compare`")
    for k in resolve_source(population.root).ids:
        source, target = population.model(k), folder.model(k)
        if target.is_file() and artifacts.sha256_file(target) == artifacts.sha256_file(source):
            continue
        with atomic_file(target) as partial:
            shutil.copyfile(source, partial)
    artifacts.write_json(folder.manifest, {**artifacts.read_json(population.manifest), WORK: True})
    return folder


def _is_work_folder(folder: Path) -> bool:
    manifest = PopulationFolder(folder).manifest
    return manifest.is_file() and WORK in artifacts.read_json(manifest)
