"""The protocol that every artifact of a population follows.

A declaration (`Artifact`) says what an artifact is called, where it is, what it was built from and which
command makes it. From that follow the rest: whether it is current, writing it whole or not at all, and
opening it, or one line that says why not and what to run.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from culture_core import artifacts
from culture_core.artifacts import MANIFEST, PopulationFolder
from culture_core.errors import CultureError
from culture_core.places import check_writable
from culture_core.writing import atomic_folder


class Record(dict[str, Any]):
    """What a file holds, by name.

    Errors: CultureError with the file and the remedy when a name is asked for that is not there.
    """

    def __init__(self, values: Mapping[str, Any], path: Path, remedy: str) -> None:
        super().__init__(values)
        self.path, self.remedy = path, remedy

    def __missing__(self, name: str) -> Any:
        raise CultureError(f"{self.path} lacks {name!r}; {self.remedy}")


def read_record(path: Path, remedy: str) -> Record:
    """A JSON file of named values, nested ones included.

    Errors: CultureError with the file and the remedy when it is missing, damaged or holds something else.
    """
    try:
        values = artifacts.read_json(path)
    except CultureError as error:
        raise CultureError(f"{error}; {remedy}") from None
    if not isinstance(values, dict):
        raise CultureError(f"{path} does not hold named values; {remedy}")
    return _nested(values, path, remedy)


def read_arrays(path: Path, remedy: str) -> Record:
    """The arrays of an npz file, by name.

    Errors: as read_record.
    """
    return Record(artifacts.read_arrays(path, remedy), path, remedy)


def _nested(value: Any, path: Path, remedy: str) -> Any:
    if isinstance(value, dict):
        return Record({name: _nested(inner, path, remedy) for name, inner in value.items()}, path, remedy)
    if isinstance(value, list):
        return [_nested(inner, path, remedy) for inner in value]
    return value


@dataclass(frozen=True)
class Source:
    """Something an artifact was made from, without which it must not be read.

    entry: where its manifest keeps it, as in "inputs.sae_sha256". other: what a different one is called, as
    in "another SAE". present: what is on disk now, given the manifest.
    """

    entry: str
    other: str
    present: Callable[[Record], Any]


@dataclass(frozen=True)
class Artifact:
    """The declaration of one artifact.

    name: as in "grades of GPT 0 at blocks.2.hook_resid_post"; verb: "is" or "are", as the name demands.
    population: whose it is; folder: where it is; arrays: its file of arrays, "" when it has none; record:
    its file of named values. command: what makes it, from errors.suggested. sources: what it is checked
    against when it is opened, most telling first.
    """

    name: str
    population: PopulationFolder
    folder: Path
    command: str
    arrays: str = ""
    sources: tuple[Source, ...] = ()
    verb: str = "are"
    record: str = MANIFEST

    @property
    def manifest_path(self) -> Path:
        return self.folder / self.record

    @property
    def arrays_path(self) -> Path:
        return self.folder / self.arrays

    @property
    def remedy(self) -> str:
        """What to do when it is missing or not to be read."""
        return f"run {self.command}"

    def written(self) -> int | None:
        """When it was written, in nanoseconds; None when it is not there: what tells a rebuilt one."""
        return artifacts.written(self.manifest_path)

    def is_there(self) -> bool:
        """Whether it was made at all, from whatever inputs."""
        return self.manifest_path.is_file()

    def is_current(self, wanted: Mapping[str, Any]) -> bool:
        """Whether it is there and its manifest has these inputs and settings; a damaged one has not."""
        try:
            manifest = artifacts.read_json(self.manifest_path)
        except CultureError:
            return False
        return isinstance(manifest, dict) and all(
            name in manifest and manifest[name] == value for name, value in wanted.items()
        )

    def manifest(self) -> Record:
        """Its manifest.

        Errors: CultureError that says what to run when it is missing, damaged, or of other sources.
        """
        if not self.is_there():
            raise CultureError(f"no {self.name} in {self.population.root}; {self.remedy}")
        manifest = read_record(self.manifest_path, self.remedy)
        for source in self.sources:
            kept = reduce(lambda value, name: value[name], source.entry.split("."), manifest)
            if kept != source.present(manifest):
                raise self.error(f"{self.verb} of {source.other}")
        return manifest

    def error(self, what: str) -> CultureError:
        """An error about it, as in "the matches at HOOK in cache/NAME are of other SAEs; run ..."."""
        return CultureError(f"the {self.name} in {self.population.root} {what}; {self.remedy}")

    def open(self) -> tuple[Record, Record]:
        """Its manifest and its arrays.

        Errors: as manifest(); asking either for what it lacks raises CultureError too.
        """
        return self.manifest(), read_arrays(self.arrays_path, self.remedy)

    def sha256(self) -> str:
        """SHA-256 of its file of arrays.

        Errors: CultureError that says what to run when it is missing.
        """
        if not self.arrays_path.is_file():
            raise CultureError(f"no {self.name} in {self.population.root}; {self.remedy}")
        return artifacts.sha256_file(self.arrays_path)

    def check_writable(self) -> None:
        """Errors: CultureError when it cannot be written; to be asked before the work."""
        check_writable(self.folder if self.arrays else self.manifest_path)

    def write(self, manifest: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
        """Write both; the folder appears whole or not at all."""
        with atomic_folder(self.folder) as partial:
            artifacts.write_arrays(partial / self.arrays, arrays)
            artifacts.write_json(partial / self.record, manifest)


def model_hashes(population: PopulationFolder) -> dict[int, str]:
    """SHA-256 of the weights of every GPT, by its id, as the population's manifest has them.

    Errors: CultureError when the manifest is missing or damaged.
    """
    remedy = "make the population again with `culture convert` or `culture train`"
    return {model["id"]: model["sha256"] for model in read_record(population.manifest, remedy)["models"]}


def model_sha256(population: PopulationFolder, model_k: int) -> str:
    """SHA-256 of the weights of one GPT.

    Errors: CultureError when the population has no such GPT.
    """
    hashes = model_hashes(population)
    if model_k not in hashes:
        known = ", ".join(map(str, hashes))
        raise CultureError(f"there is no GPT {model_k} in {population.root}; there are: {known}")
    return hashes[model_k]


def all_models_sha256(population: PopulationFolder) -> str:
    """SHA-256 of the hashes of all GPTs in order, of what is made of all together."""
    return hashlib.sha256(" ".join(model_hashes(population).values()).encode()).hexdigest()


def made_from_gpts(population: PopulationFolder) -> Source:
    """The source of an artifact of several GPTs, whose manifest names them as "models"."""

    def present(manifest: Record) -> list[str | None]:
        hashes = model_hashes(population)
        return [hashes.get(k) for k in manifest["models"]]

    return Source("model_sha256", "other GPTs", present)


def check_same_settings(several: Sequence[Artifact]) -> None:
    """Errors: CultureError when artifacts of several GPTs were measured with different settings, whose
    differences would pass for those between the GPTs."""
    settings = [one.manifest()["settings"] for one in several]
    if any(one != settings[0] for one in settings):
        raise several[0].error(f"{several[0].verb} over other quizzes than those of the others")
