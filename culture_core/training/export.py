"""Exporting a training run to a population folder: weights, provenance and training curves."""

import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from culture_core.artifacts import MANIFEST, PopulationFolder, provenance, read_json, write_json
from culture_core.errors import CultureError
from culture_core.evaluation.accuracy import evaluation_quizzes
from culture_core.evaluation.scoring import score_quizzes
from culture_core.models.mygpt import MyGPT
from culture_core.models.population import DTYPES, check_free, save_population
from culture_core.training import log
from culture_core.training.run_folder import RunFolder, Settings
from culture_core.training.trainer import final_weights

TEST_SEED = 7_000_002


def export_run(
    folder: RunFolder,
    out: Path | str,
    command: str,
    *,
    dtype: str = "bfloat16",
    force: bool = False,
    n_test: int = 2000,
) -> PopulationFolder:
    """Make a population of a run's newest checkpoints; its manifest says how they were trained.

    The quizzes invented by the population it replaces are carried over, with its plan of `culture build`; a
    run that trains on the quizzes of the population it started from takes those along.

    n_test: held-out quizzes for the greedy accuracy each model carries. force: replace a population that
    another run made, or from which SAEs and more were made; what is made of these very checkpoints stays.
    Errors: CultureError when a GPT has no checkpoint yet, or another population is in the way.
    """
    started = time.time()
    settings = folder.read_settings()
    progress = [vars(folder.read_progress(k)) for k in range(settings.n_models)]
    if _is_up_to_date(Path(out), settings, progress, dtype):
        return PopulationFolder(Path(out))
    models = [_trained_model(folder, settings, k, dtype, n_test) for k in range(settings.n_models)]
    training = {
        "preset": settings.preset,
        "recipe": asdict(settings.recipe),
        "seeds": [settings.seed + k for k in range(settings.n_models)],
        "tasks": list(settings.tasks),
        "start": settings.start,
        "progress": progress,
    }
    population = save_population(
        out,
        models,
        made_by=provenance(command, started),
        facts={"training": training},
        dtype=dtype,
        quizzes_of=_inventors(folder, settings, Path(out)),
        plan_of=_population_at(Path(out)),
        force=force or _made_by_run(Path(out), settings),
    )
    curves = {str(k): log.read(folder.log(k)) for k in range(settings.n_models)}
    write_json(population.training, {"seconds_from": "start of each GPT", "models": curves})
    return population


def check_out(folder: RunFolder, out: Path | str, *, is_new: bool, force: bool) -> None:
    """Whether the population of a run may be written where it is to lie; asked before the training.

    is_new: a run that begins.
    Errors: CultureError that says what stands in the way.
    """
    out = Path(out)
    own = not is_new and folder.exists() and _made_by_run(out, folder.read_settings())
    if own and not force and PopulationFolder(out).hooks():
        raise CultureError(
            f"{out} has SAEs made from these GPTs, which would go with them; replace all with --force, or "
            "copy the population first"
        )
    check_free(out, force or own)


def _trained_model(folder: RunFolder, settings: Settings, model_k: int, dtype: str, n_test: int) -> MyGPT:
    state = folder.load_checkpoint(model_k)
    if state is None:
        raise CultureError(f"GPT {model_k} has no checkpoint in {folder.root} yet")
    model = MyGPT(settings.config).eval()
    weights = final_weights(state)
    model.load_state_dict({name: tensor.to(DTYPES[dtype]).float() for name, tensor in weights.items()})
    model.id = model_k
    model.main_test_accuracy = _greedy_accuracy(model, settings, n_test)
    return model


@torch.inference_mode()
def _greedy_accuracy(model: MyGPT, settings: Settings, n: int) -> float:
    batch = evaluation_quizzes(n, TEST_SEED, settings.tasks)
    return float(score_quizzes(model, batch.tokens).correct.double().mean())


def _inventors(folder: RunFolder, settings: Settings, out: Path) -> PopulationFolder | None:
    """Whose quizzes the exported population takes over: until a run has exported one of its own, those of the
    population it started from, if it trains on them."""
    if settings.start is not None and folder.read_culture() is not None and not _made_by_run(out, settings):
        return _population_at(Path(settings.start["source"])) or _population_at(out)
    return _population_at(out)


def _population_at(out: Path) -> PopulationFolder | None:
    return PopulationFolder(out) if (out / MANIFEST).is_file() else None


def _is_up_to_date(out: Path, settings: Settings, progress: list[dict[str, Any]], dtype: str) -> bool:
    """Whether the population there was made of the very checkpoints that the run has now."""
    if not _made_by_run(out, settings):
        return False
    manifest = read_json(out / MANIFEST)
    return bool(manifest["training"].get("progress") == progress and manifest["dtype"] == dtype)


def _made_by_run(out: Path, settings: Settings) -> bool:
    manifest: dict[str, Any] = read_json(out / MANIFEST) if (out / MANIFEST).is_file() else {}
    seeds = [settings.seed + k for k in range(settings.n_models)]
    return manifest.get("training", {}).get("seeds") == seeds
