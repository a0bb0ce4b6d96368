"""Running the causal check of a hook point, GPT by GPT."""

import time
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from culture_core.artifacts import PopulationFolder, provenance
from culture_core.errors import NothingToMeasure
from culture_core.evaluation.accuracy import evaluation_quizzes
from culture_core.features.index.reader import open_index
from culture_core.models.api import load_culture
from culture_core.processes import Report, Workers, run_jobs
from culture_core.saes.plain import read_sae
from culture_core.universality.causal.choice import answer_shares, choose_sets
from culture_core.universality.causal.effects import MATCHED, SETS, changes_by_task, read_spliced
from culture_core.universality.causal.store import CausalSettings, causal_artifact, made_from
from culture_core.universality.matching.store import open_matches
from culture_core.world.vocabulary import LABELS, WORLD_TASKS

ABLATED = 0.0


def run_causal(
    population: PopulationFolder,
    hook: str,
    settings: CausalSettings,
    command: str,
    *,
    device: str = "cpu",
    workers: Workers | None = None,
    progress: bool = False,
) -> None:
    """Ablate (and scale) the chosen features in every GPT and write what it does, GPT by GPT.

    Errors: CultureError when the matches are missing, or for a hook point a MyGPT has not; NothingToMeasure
    when no group is selective.
    """
    started = time.time()
    matches = open_matches(population, hook)
    indexes = [open_index(population, hook, k) for k in matches.models]
    density = np.stack([index.table.density for index in indexes])
    in_answer = np.stack([answer_shares(index) for index in indexes])
    number, features = choose_sets(matches, density, in_answer, settings)
    if len(number) == 0:
        raise NothingToMeasure(
            f"no group at {hook} fires on at most {settings.most_dense:.0%} of tokens, and in the last grid, "
            "in every GPT; try a higher --most-dense or a lower --least-in-answer"
        )
    jobs = [(k, features[:, :, a]) for a, k in enumerate(matches.models)]
    change = partial(_effects, population, hook, settings, device, progress)
    effects = run_jobs(change, jobs, (workers or Workers()).computing_on(device))
    arrays: dict[str, NDArray[Any]] = {"group": number, "features": features}
    arrays |= {name: np.stack([effect[name] for effect in effects], axis=-2) for name in effects[0]}
    manifest = {
        "hook": hook,
        "models": matches.models,
        "tasks": list(WORLD_TASKS),
        "sets": list(SETS),
        **made_from(population, hook, settings),
        "runs": "from the block behind the hook on, quizzes in which the feature fires only",
        "made_by": provenance(command, started),
    }
    causal_artifact(population, hook).write(manifest, arrays)


def _effects(
    population: PopulationFolder,
    hook: str,
    settings: CausalSettings,
    device: str,
    progress: bool,
    job: tuple[int, NDArray[np.int32]],
    report: Report,
) -> dict[str, NDArray[Any]]:
    """Changes of loss and accuracy (3, g, t) by ablation and (g, t) by scaling; baseline (t,).

    job: id of the GPT and the features (3, g) to change in it.
    """
    model_k, features = job
    report(f"changing features of GPT {model_k}")
    batch = evaluation_quizzes(settings.quizzes, settings.seed)
    tasks = [LABELS.index(task) for task in WORLD_TASKS]
    s, g = features.shape
    model = load_culture([model_k], source=population.root)[0].to(device)
    sae = read_sae(population.sae(hook, model_k), device)
    chosen = features.ravel()
    reading = read_spliced(model, sae, hook, batch.tokens, np.maximum(chosen, 0))
    right, task_of_quiz = reading.intact.correct.numpy(), batch.task.numpy()
    names = {"": (s, g, len(tasks)), "scaled_": (g, len(tasks))}
    arrays = {
        f"{prefix}{measure}": np.full(shape, np.nan, dtype=np.float32)
        for prefix, shape in names.items()
        for measure in ("loss", "accuracy")
    }
    arrays["spliced_accuracy"] = np.array(
        [right[task_of_quiz == task].mean() for task in tasks], dtype=np.float32
    )

    def change(prefix: str, where: tuple[int, ...], place: int, factor: float) -> None:
        changed = changes_by_task(reading.intact, reading.scaled(place, factor), batch, tasks)
        arrays[f"{prefix}loss"][where], arrays[f"{prefix}accuracy"][where] = changed

    name = f"causal check of GPT {model_k}"
    for place in tqdm(np.flatnonzero(chosen >= 0).tolist(), name, unit="feature", disable=not progress):
        which, group = divmod(place, g)
        change("", (which, group), place, ABLATED)
        if which == SETS.index(MATCHED) and settings.scale:
            change("scaled_", (group,), place, settings.scale)
    return arrays
