"""Populations of GPTs on disk: our own (safetensors + manifest), published ones, and their conversion.

A source of models is named by a string: a population folder (`cache/NAME`), any folder of published
gpt_NNN.pth files, or `hub` (the published models, downloaded).
"""

import json
import shutil
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from culture_core.artifacts import (
    MANIFEST,
    PopulationFolder,
    atomic_folder,
    populations,
    provenance,
    read_json,
    sha256_file,
    write_json,
)
from culture_core.errors import CultureError
from culture_core.models.checkpoints import (
    CHECKPOINT_PATTERN,
    CULTURE_QUIZZES_FILE,
    checkpoint_name,
    read_checkpoint,
    read_culture_quizzes,
    write_checkpoint,
)
from culture_core.models.mygpt import MyGPT, MyGPTConfig
from culture_core.world.quizzes import batch_from_tokens
from culture_core.world.storage import load_quiz_file, load_quiz_manifest, save_quizzes
from culture_core.world.vocabulary import CULTURE

HUB = "hub"
MANIFEST_KIND = "population"
REPORT_FILE, README_FILE = "report.json", "README.md"
README_LIMIT = 4000
HOW_MADE = ("report", "readme", "training")
DTYPES = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}


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

        Errors: CultureError for an unknown id.
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
        tokens, n_train = load_quiz_file(path).tokens, load_quiz_manifest(path)["n_train"]
        return tokens[:n_train], tokens[n_train:]


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
    return _published_source(str(folder), {path.name: path for path in folder.iterdir()}, {})


def default_population() -> PopulationFolder:
    """The first population in cache/.

    Errors: CultureError when there is none.
    """
    found = populations()
    if not found:
        raise CultureError(
            "there is no population in cache/: run from the repository, or name one as the source"
        )
    return found[0]


def read_manifest(folder: Path | str) -> dict[str, Any]:
    """The manifest of a population folder.

    Errors: CultureError when it is missing or not the manifest of a population.
    """
    path = PopulationFolder(Path(folder)).manifest
    manifest = read_json(path)
    if not isinstance(manifest, dict) or manifest.get("kind") != MANIFEST_KIND:
        raise CultureError(f"{path} is not the manifest of a population")
    return manifest


def save_population(
    out: Path | str,
    models: Sequence[MyGPT],
    *,
    made_by: Mapping[str, Any],
    facts: Mapping[str, Any] | None = None,
    dtype: str = "float32",
    culture_quizzes: tuple[Tensor, Tensor] | None = None,
    quizzes_of: PopulationFolder | None = None,
    force: bool = False,
) -> PopulationFolder:
    """Write a whole population folder, or nothing.

    models: each with its id; all of one shape. made_by: an artifacts.provenance record. facts: further
    entries of the manifest (how the models were trained, where they come from). dtype: of the stored weights.
    culture_quizzes: (train, test), each (n, 404). quizzes_of: a population whose stored quizzes and
    candidates the new one takes over, such as the one it replaces. force: replace a population that is
    already there, with everything that was made from it.
    """
    out = Path(out)
    _check_models(models, dtype)
    _check_free(out, force)
    with atomic_folder(out) as partial:
        folder = PopulationFolder(partial)
        entries = [_save_model(folder, model, dtype) for model in models]
        counts = None if culture_quizzes is None else [len(part) for part in culture_quizzes]
        if culture_quizzes is not None:
            _save_culture_quizzes(folder, *culture_quizzes)
        if quizzes_of is not None:
            counts = _take_over_quizzes(folder, quizzes_of)
        manifest = {
            "kind": MANIFEST_KIND,
            "config": asdict(models[0].config),
            "dtype": dtype,
            "models": entries,
            "culture_quizzes": counts,
            **(facts or {}),
            "provenance": dict(made_by),
        }
        write_json(folder.manifest, manifest)
    return PopulationFolder(out)


def convert(
    src: str | Path,
    out: str | Path,
    *,
    hub_repo: str | None = None,
    dtype: str = "float32",
    force: bool = False,
) -> PopulationFolder:
    """Make a population folder out of published files (a folder, or `hub`) or of another population.

    A c_quizzes.pth beside the models becomes quizzes/culture.npz; what a report.json and a README.md say
    about how the models were made joins the manifest.
    Errors: CultureError when src holds no models, or out exists and force is not given.
    """
    started = time.time()
    _check_free(Path(out), force)
    source = resolve_source(src, hub_repo)
    hashes = {file.name: sha256_file(file) for file in _source_files(source)}
    return save_population(
        out,
        source.load_models(),
        made_by=provenance("convert", started, source=_portable(src), dtype=dtype),
        facts={"source": {"name": _portable(src), **source.facts, "files": hashes}, **_how_made(source)},
        dtype=dtype,
        culture_quizzes=source.load_culture_quizzes(),
        force=force,
    )


def export(source: str | Path | None, out: str | Path, model_ks: Iterable[int] | None = None) -> list[Path]:
    """Write models as published gpt_NNN.pth files into a folder; returns the files."""
    models = resolve_source(source).load_models(model_ks)
    paths = []
    for model in models:
        assert model.id is not None
        paths.append(Path(out) / checkpoint_name(model.id))
        write_checkpoint(paths[-1], model)
    return paths


def _population_source(root: Path) -> ModelSource:
    manifest = read_manifest(root)
    try:
        config = MyGPTConfig(**manifest["config"])
        entries = {int(entry["id"]): entry for entry in manifest["models"]}
        accuracies = {model_k: entry["accuracy"] for model_k, entry in entries.items()}
        files = {model_k: PopulationFolder(root).model(model_k) for model_k in entries}
    except (KeyError, TypeError, ValueError) as error:
        raise CultureError(f"{root / MANIFEST} is damaged: {error!r}") from None

    def load(model_k: int) -> MyGPT:
        model = MyGPT(config)
        _load_weights(model, files[model_k])
        return _numbered(model, model_k, accuracies[model_k])

    quizzes = PopulationFolder(root).quizzes(CULTURE)
    return ModelSource(
        str(root), files, load, quizzes if quizzes.is_file() else None, {MANIFEST: root / MANIFEST}, {}
    )


def _published_source(name: str, paths: Mapping[str, Path], facts: Mapping[str, Any]) -> ModelSource:
    """paths: local path by file name, as in a published folder."""
    files = {int(match[1]): paths[file] for file in paths if (match := CHECKPOINT_PATTERN.fullmatch(file))}
    if not files:
        raise CultureError(f"no models in {name}: it has neither a {MANIFEST} nor gpt_NNN.pth files")

    def load(model_k: int) -> MyGPT:
        checkpoint = read_checkpoint(files[model_k])
        return _numbered(checkpoint.model(), model_k, checkpoint.accuracy)

    documents = {file: paths[file] for file in (REPORT_FILE, README_FILE) if file in paths}
    return ModelSource(name, files, load, paths.get(CULTURE_QUIZZES_FILE), documents, facts)


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
        raise CultureError(f"{path} is damaged: {error}") from None
    expected = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    if {name: tuple(tensor.shape) for name, tensor in weights.items()} != expected:
        raise CultureError(f"{path} does not hold the tensors of the model its manifest describes")
    model.load_state_dict({name: tensor.float() for name, tensor in weights.items()})


def _save_model(folder: PopulationFolder, model: MyGPT, dtype: str) -> dict[str, Any]:
    assert model.id is not None
    path = folder.model(model.id)
    path.parent.mkdir(parents=True, exist_ok=True)
    weights = {
        name: tensor.detach().cpu().to(DTYPES[dtype]).contiguous()
        for name, tensor in model.state_dict().items()
    }
    save_file(weights, path, metadata={"config": json.dumps(asdict(model.config))})
    return {
        "id": model.id,
        "file": str(path.relative_to(folder.root)),
        "sha256": sha256_file(path),
        "accuracy": model.main_test_accuracy,
        "n_parameters": model.n_parameters,
    }


def _save_culture_quizzes(folder: PopulationFolder, train: Tensor, test: Tensor) -> None:
    counts = {"n_train": len(train), "n_test": len(test)}
    save_quizzes(batch_from_tokens(torch.cat([train, test])), folder.quizzes(CULTURE), counts)


def _take_over_quizzes(folder: PopulationFolder, old: PopulationFolder) -> list[int] | None:
    """Copy all stored quizzes; returns the numbers of culture quizzes for training and testing."""
    if not old.all_quizzes.is_dir():
        return None
    shutil.copytree(old.all_quizzes, folder.all_quizzes)
    return read_json(old.manifest).get("culture_quizzes")


def _check_models(models: Sequence[MyGPT], dtype: str) -> None:
    if dtype not in DTYPES:
        raise CultureError(f"no dtype {dtype!r}: choose one of {', '.join(DTYPES)}")
    if not models:
        raise CultureError("a population needs at least one model")
    if any(model.config != models[0].config for model in models):
        raise CultureError("the models of one population must all have the same shape")
    ids = [model.id for model in models]
    if None in ids or len(set(ids)) < len(ids):
        raise CultureError(f"every model of a population needs its own id, not {ids}")


def _check_free(out: Path, force: bool) -> None:
    """Refuse to write over anything but, when forced, another population."""
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    if not force:
        raise CultureError(f"{out} exists already: name another folder, or force its replacement")
    if not (out / MANIFEST).is_file():
        raise CultureError(f"{out} is not a population, so it is not replaced: name another folder")
    read_manifest(out)


def _source_files(source: ModelSource) -> list[Path]:
    """The files of a source that make up its models and quizzes."""
    models = [source.files[model_k] for model_k in source.ids]
    return models if source.culture_quizzes is None else [*models, source.culture_quizzes]


def _how_made(source: ModelSource) -> dict[str, Any]:
    """What a source's documents say about the making of its models, for the manifest."""
    if MANIFEST in source.documents:
        manifest = read_json(source.documents[MANIFEST])
        return {key: manifest[key] for key in HOW_MADE if key in manifest}
    known: dict[str, Any] = {}
    if REPORT_FILE in source.documents:
        known["report"] = read_json(source.documents[REPORT_FILE])
    if README_FILE in source.documents:
        known["readme"] = source.documents[README_FILE].read_text(errors="replace")[:README_LIMIT]
    return known


def _portable(src: str | Path) -> str:
    """A source's name for a manifest: no absolute path of this machine."""
    path = Path(src)
    return path.name if path.is_absolute() else path.as_posix()
