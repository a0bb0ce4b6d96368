"""Where GPTs come from: a population folder, a folder of published files, or the Hub.

A source is named by a string: a population folder (`cache/NAME`), any folder of published gpt_NNN.pth files,
or `hub` (the published models, downloaded).
"""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from culture_core.artifacts import MANIFEST, PopulationFolder, populations, sha256_file
from culture_core.errors import CultureError
from culture_core.finite import check_finite
from culture_core.models.checkpoints import (
    CHECKPOINT_PATTERN,
    CULTURE_QUIZZES_FILE,
    read_checkpoint,
    read_culture_quizzes,
)
from culture_core.models.mygpt import MyGPT, MyGPTConfig
from culture_core.models.population import read_manifest
from culture_core.world.storage import load_quizzes_and_manifest
from culture_core.world.vocabulary import CULTURE

HUB = "hub"
REPORT_FILE, README_FILE = "report.json", "README.md"


@dataclass(frozen=True)
class ModelSource:
    """A place models come from.

    name: what to call it in messages; files: the file of each model, by id; load: id -> MyGPT on the CPU,
    float32, eval mode; culture_quizzes: the file of quizzes the GPTs invented, if there is one; documents:
    files that tell how the models were made, by name; facts: what identifies the place (its commit on the
    Hub), for manifests.
    """

    name: str
    files: Mapping[int, Path]
    load: Callable[[int], MyGPT]
    culture_quizzes: Path | None
    documents: Mapping[str, Path]
    facts: Mapping[str, Any]

    @property
    def ids(self) -> tuple[int, ...]:
        return tuple(sorted(self.files))

    def load_models(self, model_ks: int | Iterable[int] | None = None) -> list[MyGPT]:
        """The models asked for, in that order; all of them when None.

        Errors: CultureError on an id that is not there.
        """
        if model_ks is None:
            model_ks = self.ids
        wanted = (model_ks,) if isinstance(model_ks, int) else tuple(model_ks)
        for model_k in wanted:
            if model_k not in self.ids:
                there = ", ".join(map(str, self.ids))
                raise CultureError(f"{self.name} has no model {model_k!r}: choose from {there}")
        return [self.load(model_k) for model_k in wanted]

    def load_culture_quizzes(self) -> tuple[Tensor, Tensor] | None:
        """The quizzes the GPTs invented, (train, test), each uint8 (n, 404); None when there are none."""
        path = self.culture_quizzes
        if path is None:
            return None
        if path.name == CULTURE_QUIZZES_FILE:
            return read_culture_quizzes(path)
        batch, manifest = load_quizzes_and_manifest(path)
        return batch.tokens[: manifest["n_train"]], batch.tokens[manifest["n_train"] :]


def resolve_source(source: str | Path | None = None, hub_repo: str | None = None) -> ModelSource:
    """Find the models that `source` names: a folder of either layout, `hub`, or None for the first in cache/.

    hub_repo: another repository than the published one, when source is `hub`.
    Errors: CultureError when there are no models there.
    """
    if source is None:
        return _population_source(default_population().root)
    if str(source) == HUB:
        from culture_core.models.hub import download_published

        download = download_published(hub_repo)
        return _published_source(download.repo, download.files, download.facts())
    folder = Path(source)
    if (folder / MANIFEST).is_file():
        return _population_source(folder)
    if not folder.is_dir():
        raise CultureError(
            f"no models at {folder}: name a population folder, a folder of gpt_NNN.pth files, or hub"
        )
    paths = {path.name: path for path in folder.iterdir() if path.is_file()}
    for path in sorted(folder.iterdir()):
        if path.is_symlink() and not path.exists() and CHECKPOINT_PATTERN.fullmatch(path.name):
            raise CultureError(f"{path} is a link to nothing; fetch the file, or remove the link")
    return _published_source(str(folder), paths, {})


def default_population() -> PopulationFolder:
    """The first population in cache/.

    Errors: CultureError when there is none.
    """
    found = populations()
    if not found:
        raise CultureError(
            "there is no population in cache/; run from the repository, or name one as the source"
        )
    return found[0]


def _population_source(root: Path) -> ModelSource:
    manifest = read_manifest(root)
    try:
        config = MyGPTConfig(**manifest["config"])
        entries = {int(entry["id"]): entry for entry in manifest["models"]}
        accuracies = {model_k: entry["accuracy"] for model_k, entry in entries.items()}
        hashes = {model_k: entry["sha256"] for model_k, entry in entries.items()}
        files = {model_k: PopulationFolder(root).model(model_k) for model_k in entries}
    except (KeyError, TypeError, ValueError) as error:
        raise CultureError(f"{root / MANIFEST} is damaged: {error!r}") from None

    def load(model_k: int) -> MyGPT:
        model = MyGPT(config)
        _load_weights(model, files[model_k])
        _check_listed(files[model_k], hashes[model_k])
        return _numbered(model, model_k, accuracies[model_k])

    quizzes = PopulationFolder(root).quizzes(CULTURE)
    return ModelSource(
        str(root), files, load, quizzes if quizzes.is_file() else None, {MANIFEST: root / MANIFEST}, {}
    )


def _published_source(name: str, paths: Mapping[str, Path], facts: Mapping[str, Any]) -> ModelSource:
    """paths: local path by file name, as in a published folder."""
    files = _checkpoint_files(name, paths)
    if not files:
        raise CultureError(f"no models in {name}: it has neither a {MANIFEST} nor gpt_NNN.pth files")

    def load(model_k: int) -> MyGPT:
        checkpoint = read_checkpoint(files[model_k])
        return _numbered(checkpoint.model(), model_k, checkpoint.accuracy)

    documents = {file: paths[file] for file in (REPORT_FILE, README_FILE) if file in paths}
    return ModelSource(name, files, load, paths.get(CULTURE_QUIZZES_FILE), documents, facts)


def _checkpoint_files(name: str, paths: Mapping[str, Path]) -> dict[int, Path]:
    """Checkpoints by GPT. Errors: CultureError for two of one GPT, as gpt_0.pth and gpt_000.pth are."""
    files: dict[int, Path] = {}
    for file in sorted(paths):
        if match := CHECKPOINT_PATTERN.fullmatch(file):
            k = int(match[1])
            if k in files:
                raise CultureError(f"{name} has two files of GPT {k}, {files[k].name} and {file}; remove one")
            files[k] = paths[file]
    return files


def _numbered(model: MyGPT, model_k: int, accuracy: float | None) -> MyGPT:
    model.id = model_k
    model.main_test_accuracy = accuracy
    return model.eval()


def _load_weights(model: MyGPT, path: Path) -> None:
    if not path.is_file():
        raise CultureError(f"{path} does not exist, though the manifest lists it")
    try:
        weights = load_file(path)
    except (SafetensorError, OSError) as error:
        unreadable = path.is_file() and not os.access(path, os.R_OK)
        reason = "this user may not read it" if unreadable else f"it is damaged: {error}"
        raise CultureError(f"{path} cannot be read: {reason}") from None
    expected = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    if {name: tuple(tensor.shape) for name, tensor in weights.items()} != expected:
        raise CultureError(f"{path} does not hold the tensors of the model its manifest describes")
    check_finite(weights, str(path))
    model.load_state_dict({name: tensor.float() for name, tensor in weights.items()})


def _check_listed(path: Path, sha256: str) -> None:
    """Everything made from a GPT is known by the hash in the manifest, so it must be that of the file."""
    if sha256_file(path) != sha256:
        raise CultureError(
            f"{path} is not the file that the manifest lists; make the population again with "
            "`culture convert` or `culture train`"
        )
