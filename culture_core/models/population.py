"""Populations of GPTs on disk: safetensors files and a manifest that describes them."""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from culture_core.artifacts import MANIFEST, PopulationFolder, read_json, sha256_file, write_json
from culture_core.errors import CultureError
from culture_core.finite import check_finite
from culture_core.models.mygpt import MyGPT
from culture_core.places import check_folder, is_empty
from culture_core.world.quizzes import batch_from_tokens
from culture_core.world.storage import save_quizzes
from culture_core.world.vocabulary import CULTURE
from culture_core.writing import atomic_folder

MANIFEST_KIND = "population"
DTYPES = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}


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
    plan_of: PopulationFolder | None = None,
    force: bool = False,
) -> PopulationFolder:
    """Write a whole population folder, or nothing.

    models: each with its id; all of one shape. made_by: an artifacts.provenance record. facts: further
    entries of the manifest (how the models were trained, where they come from). dtype: of the stored weights.
    culture_quizzes: (train, test), each (n, 404). quizzes_of: a population whose stored quizzes and
    candidates the new one takes over; plan_of: one whose plan of `culture build` it takes over, if their GPTs
    have equally many blocks; either may be the one it replaces. force: replace a population that is already
    there, with everything that was made from it.
    """
    out = Path(out)
    _check_models(models, dtype)
    check_free(out, force)
    with atomic_folder(out) as partial:
        folder = PopulationFolder(partial)
        entries = [_save_model(folder, model, dtype) for model in models]
        counts = None if culture_quizzes is None else [len(part) for part in culture_quizzes]
        if culture_quizzes is not None:
            _save_culture_quizzes(folder, *culture_quizzes)
        if quizzes_of is not None:
            counts = _take_over_quizzes(folder, quizzes_of)
        if plan_of is not None:
            _take_over_plan(folder, plan_of, models[0].config.n_blocks)
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


def _save_model(folder: PopulationFolder, model: MyGPT, dtype: str) -> dict[str, Any]:
    assert model.id is not None
    path = folder.model(model.id)
    path.parent.mkdir(parents=True, exist_ok=True)
    weights = {
        name: tensor.detach().cpu().to(DTYPES[dtype]).contiguous()
        for name, tensor in model.state_dict().items()
    }
    check_finite(weights, f"GPT {model.id} in {dtype}")
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


def _take_over_plan(folder: PopulationFolder, old: PopulationFolder, n_blocks: int) -> None:
    """Copy the plan of `culture build`, if its hook points are there in GPTs of so many blocks."""
    if old.plan.is_file() and read_manifest(old.root)["config"]["n_blocks"] == n_blocks:
        shutil.copyfile(old.plan, folder.plan)


def _check_models(models: Sequence[MyGPT], dtype: str) -> None:
    if dtype not in DTYPES:
        raise CultureError(f"no dtype {dtype!r}: choose one of {', '.join(DTYPES)}")
    if not models:
        raise CultureError("a population needs at least one model")
    if any(model.config != models[0].config for model in models):
        raise CultureError("the models of one population must all have the same shape")
    for model in models:
        check_finite(model.state_dict(), f"GPT {model.id}")
    ids = [model.id for model in models]
    if None in ids or len(set(ids)) < len(ids):
        raise CultureError(f"every model of a population needs its own id, not {ids}")


def check_free(out: Path, force: bool) -> None:
    """Refuse to write over anything but, when forced, another population with what was made from it.

    Errors: CultureError that says what stands in the way, or that nothing can be written there.
    """
    check_folder(out, lambda path: (path / MANIFEST).is_file(), "a population")
    if is_empty(out):
        return
    read_manifest(out)
    if not force:
        raise CultureError(f"{out} exists already; name another folder, or replace it with --force")
    if strangers := PopulationFolder(out).strangers():
        raise CultureError(
            f"{out} is not replaced, because it also contains {', '.join(strangers)}, which culture did not "
            "write; move that away"
        )
