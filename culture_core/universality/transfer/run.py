"""Measuring transfer at a hook point: maps fitted on some quizzes, figures taken on others."""

import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from culture_core.artifact import model_hashes
from culture_core.artifacts import PopulationFolder, provenance
from culture_core.evaluation.accuracy import evaluation_quizzes
from culture_core.features.index.store import read_manifest
from culture_core.models.api import load_culture
from culture_core.models.mygpt import MyGPT
from culture_core.saes.choice import check_same_size
from culture_core.saes.hooks import activations_at
from culture_core.saes.plain import read_sae
from culture_core.saes.protocols import Encoder
from culture_core.saes.variants import UNTRAINED_SEED, untrained_gpt
from culture_core.universality.matching.codes import other_places
from culture_core.universality.transfer.figures import Spread, Target, TransferSums
from culture_core.universality.transfer.maps import AFFINE, KINDS, NONE, SHUFFLED, StateMap, fit_map
from culture_core.universality.transfer.moments import StateMoments
from culture_core.universality.transfer.steer_pairs import steer_pairs
from culture_core.universality.transfer.store import TransferSettings, made_from, transfer_artifact

BATCH = 8


def run_transfer(
    population: PopulationFolder,
    hook: str,
    settings: TransferSettings,
    command: str,
    *,
    device: str = "cpu",
    progress: bool = False,
) -> None:
    """Measure the transfer between all GPTs of a population at a hook point, and write it.

    Errors: CultureError for a missing SAE or index or a hook point that a MyGPT lacks.
    """
    started = time.time()
    inputs = made_from(population, hook, settings)
    ids = list(model_hashes(population))
    for k in ids if settings.steered else []:
        read_manifest(population, hook, k)
    models = [model.to(device) for model in load_culture(ids, source=population.root)]
    saes = [read_sae(population.sae(hook, k), device) for k in ids]
    check_same_size(population, hook, [sae.W_enc.shape[1] for sae in saes])
    stand_in = untrained_gpt(models[0].config, UNTRAINED_SEED + ids[0]).to(device)
    everyone = [*models, stand_in]
    moments = state_moments(everyone, hook, settings, progress=progress)
    maps = all_maps(moments, len(models))
    arrays = measure_transfer(everyone, saes, hook, maps, settings, progress=progress)
    if settings.steered:
        arrays |= steer_pairs(
            population, hook, dict(zip(ids, models, strict=True)), saes, maps, settings, progress=progress
        )
    manifest = {
        "hook": hook,
        "models": ids,
        "kinds": list(KINDS),
        **inputs,
        "made_by": provenance(command, started),
    }
    transfer_artifact(population, hook).write(manifest, arrays)


@torch.inference_mode()
def state_moments(
    models: Sequence[MyGPT], hook: str, settings: TransferSettings, *, progress: bool = False
) -> StateMoments:
    """Moments of the states of the models on the quizzes that maps are fitted on."""
    generator = np.random.default_rng(settings.seed)
    moments: StateMoments | None = None
    for states in _states(models, hook, settings.fit_quizzes, settings.seed, "maps", progress):
        moments = moments or StateMoments(len(models), states.shape[-1], str(states.device))
        moments.add(states, other_places(states.shape[1], generator))
    assert moments is not None, "settings ask for two quizzes or more"
    return moments


def all_maps(moments: StateMoments, m: int) -> dict[tuple[str, int, int], StateMap]:
    """By kind, a and b: the map from each other GPT, and the untrained one (number m), to each of m GPTs."""
    return {
        (kind, a, b): fit_map(AFFINE if kind == SHUFFLED else kind, moments, a, b, shuffled=kind == SHUFFLED)
        for kind in KINDS
        for a in range(m)
        for b in range(m + 1)
        if a != b
    }


@torch.inference_mode()
def measure_transfer(
    models: Sequence[MyGPT],
    saes: Sequence[Encoder],
    hook: str,
    maps: dict[tuple[str, int, int], StateMap],
    settings: TransferSettings,
    *,
    progress: bool = False,
) -> dict[str, NDArray[Any]]:
    """explained, fitted: (kinds, m, m + 1) see TransferSums, [kind, a, b] of a's SAE on the states of b; own:
    (m,) of a's SAE on its own; r: (kinds - 1, m, m + 1, f) of its features, all kinds but none."""
    m, (d, f) = len(saes), saes[0].W_enc.shape
    device = str(saes[0].W_enc.device)
    sums = {key: TransferSums(d, f, device) for key in maps}
    own, spread = [TransferSums(d, f, device) for _ in saes], [Spread(d, device) for _ in saes]
    generator = np.random.default_rng(settings.seed + 1)
    for states in _states(models, hook, settings.quizzes, settings.seed + 1, "transfer", progress):
        shuffled = states[:, other_places(states.shape[1], generator)].flatten(1, 2)
        states = states.flatten(1, 2)
        for a, sae in enumerate(saes):
            target = Target(sae, states[a])
            spread[a].add(states[a])
            own[a].add(target, states[a])
            for (kind, to, b), state_map in maps.items():
                if to == a:
                    sums[kind, a, b].add(target, state_map((shuffled if kind == SHUFFLED else states)[b]))
    arrays = {
        name: np.full((len(KINDS), m, m + 1), np.nan, dtype=np.float32) for name in ("explained", "fitted")
    }
    arrays["r"] = np.zeros((len(KINDS) - 1, m, m + 1, f), dtype=np.float16)
    for (kind, a, b), one in sums.items():
        place = KINDS.index(kind)
        arrays["explained"][place, a, b], arrays["fitted"][place, a, b] = (
            one.explained(spread[a]),
            one.fitted(),
        )
        if kind != NONE:
            arrays["r"][place - 1, a, b] = one.r(own[a].codes).cpu().numpy()
    arrays["own"] = np.array([one.explained(seen) for one, seen in zip(own, spread, strict=True)], np.float32)
    arrays["fires"] = np.stack([(one.codes.total > 0).cpu().numpy() for one in own])
    return arrays


def _states(
    models: Sequence[MyGPT], hook: str, n: int, seed: int, name: str, progress: bool
) -> Iterator[Tensor]:
    """States (s, quizzes, 404, d) of the models over n quizzes of a seed, batch by batch, two quizzes at
    least."""
    device = models[0].token_embedding.weight.device
    tokens = evaluation_quizzes(n, seed).tokens.to(device)
    batches = list(tokens.split(BATCH))
    if len(batches) > 1 and len(batches[-1]) == 1:
        batches[-2:] = [torch.cat(batches[-2:])]
    for batch in tqdm(batches, name, unit="batch", disable=not progress):
        yield torch.stack([activations_at(model, hook, batch) for model in models])
