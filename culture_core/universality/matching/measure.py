"""Everything that `culture match` measures at a hook point, as the arrays and figures of its artifact."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from culture_core.artifacts import RESEEDED, UNTRAINED, PopulationFolder
from culture_core.features.index.sparse import SparseActivations
from culture_core.saes.plain import read_sae
from culture_core.saes.protocols import Encoder
from culture_core.saes.variants import gpt_for_hooks
from culture_core.settings import setting
from culture_core.universality.matching.baselines import (
    PERMUTATION,
    ROTATION,
    best_elsewhere,
    best_in_reseeded,
)
from culture_core.universality.matching.codes import Codes
from culture_core.universality.matching.confounds import Confounds
from culture_core.universality.matching.inputs import Inputs, read_variant
from culture_core.universality.matching.matches import Matches, match_all
from culture_core.universality.matching.overlays import pack, partner_maximum, partner_overlays
from culture_core.universality.matching.representation import PUBLISHED_PAIRS, shared_share, similarity
from culture_core.universality.matching.rotation import rotated_activations


@dataclass(frozen=True)
class MatchSettings:
    """What the baselines are measured with."""

    seed: int = setting(0, "seed of the baselines' shuffles and rotations")
    rotation_quizzes: int = setting(
        500, "quizzes of the rotation baseline, the first of the set; 0 leaves it out", least=0, metavar="N"
    )


@dataclass(frozen=True)
class Measurement:
    """Matches, baselines and paired features of m models: arrays by name, and figures for the manifest."""

    arrays: dict[str, NDArray[Any]]
    figures: dict[str, Any]


def measure(
    population: PopulationFolder,
    hook: str,
    models: Sequence[int],
    inputs: Inputs,
    settings: MatchSettings,
    *,
    progress: bool = False,
) -> Measurement:
    """Match all pairs of models and measure the baselines that can be.

    BLAS keeps to one thread: most matrices here are small, and on busy cores its threads would wait for each
    other a hundred times as long as they work.
    """
    with threadpool_limits(1, user_api="blas"):
        return _measured(population, hook, models, inputs, settings, progress)


def _measured(
    population: PopulationFolder,
    hook: str,
    models: Sequence[int],
    inputs: Inputs,
    settings: MatchSettings,
    progress: bool,
) -> Measurement:
    codes = inputs.codes()
    confounds = Confounds.of(inputs.quiz_set.quizzes(0, inputs.quiz_set.n).tokens.numpy())
    matches = match_all(codes, confounds, seed=settings.seed, progress="matching" if progress else None)
    arrays = _match_arrays(matches) | _overlay_arrays(matches, models, inputs)
    saes = [read_sae(population.sae(hook, k)) for k in models]
    decoders = [sae.W_dec.detach().numpy() for sae in saes]
    figures: dict[str, Any] = {"similarities": _similarities(matches, models, decoders, settings.seed)}
    if settings.rotation_quizzes:
        rotated = _rotated(population, hook, models, saes, inputs, settings, progress)
        arrays[f"{ROTATION}_r"] = _stand_in_r(codes, models, rotated, ROTATION, progress)
    untrained = read_variant(population, hook, models, UNTRAINED, inputs.quiz_set, progress=progress)
    if untrained is not None:
        arrays[f"{UNTRAINED}_r"] = _stand_in_r(codes, models, untrained, UNTRAINED, progress)
    reseeded = read_variant(population, hook, models, RESEEDED, inputs.quiz_set, progress=progress)
    if reseeded is not None:
        arrays |= _reseeded_arrays(codes, models, reseeded)
        own = [decoders[models.index(k)] for k in reseeded.models]
        figures["shared_by_seeds"] = _shared_by_seeds(population, hook, reseeded.models, own)
    return Measurement(arrays, figures)


def _match_arrays(matches: Matches) -> dict[str, NDArray[Any]]:
    return {
        "best_feature": matches.best_feature,
        "best_r": matches.best_r,
        "mutual": matches.mutual,
        "one_to_one": matches.one_to_one,
        "partial_r": matches.partial_r.astype(np.float16),
        f"{PERMUTATION}_r": matches.permuted_r.astype(np.float16),
    }


def _overlay_arrays(matches: Matches, models: Sequence[int], inputs: Inputs) -> dict[str, NDArray[Any]]:
    maximum = np.stack([_maximum(activations) for activations in inputs.activations])
    arrays: dict[str, NDArray[Any]] = {"maximum": maximum}
    overlays = partner_overlays(matches.best_feature, inputs.activations, inputs.top_quiz)
    for b, (k, packed) in enumerate(zip(models, overlays, strict=True)):
        highest = partner_maximum(matches.best_feature[:, b], maximum[b], len(packed.indptr) - 1)
        arrays |= pack(packed, highest, f"partner_{k}")
    return arrays


def _maximum(activations: SparseActivations) -> NDArray[np.float32]:
    """(f,) the highest activation of every feature, 0 for one that never fires."""
    maximum = np.zeros(activations.n_features, dtype=np.float32)
    fires = np.diff(activations.indptr) > 0
    maximum[fires] = np.maximum.reduceat(activations.value, activations.indptr[:-1][fires])
    return maximum


def _rotated(
    population: PopulationFolder,
    hook: str,
    models: Sequence[int],
    saes: Sequence[Encoder],
    inputs: Inputs,
    settings: MatchSettings,
    progress: bool,
) -> Inputs:
    """The activations of the SAEs when they read rotated activations."""
    quiz_set = replace(inputs.quiz_set, n=min(settings.rotation_quizzes, inputs.quiz_set.n))
    activations = [
        rotated_activations(
            gpt_for_hooks(population, k, "", [hook]),
            sae,
            hook,
            quiz_set,
            seed=settings.seed,
            progress=f"rotated activations of GPT {k}" if progress else None,
        )
        for k, sae in zip(models, saes, strict=True)
    ]
    return Inputs(list(models), quiz_set, activations, [])


def _stand_in_r(
    codes: Sequence[Codes], models: Sequence[int], stand_ins: Inputs, name: str, progress: bool
) -> NDArray[np.float16]:
    """(m, m, f) the best r of every feature among those of what stands in for each other model: its own
    stand-in, or the first where it has none."""
    own = [one.first(stand_ins.quiz_set.n) for one in codes]
    places = [stand_ins.models.index(k) if k in stand_ins.models else 0 for k in models]
    label = f"{name} baseline" if progress else None
    return best_elsewhere(own, stand_ins.codes(), places, progress=label).astype(np.float16)


def _reseeded_arrays(
    codes: Sequence[Codes], models: Sequence[int], reseeded: Inputs
) -> dict[str, NDArray[Any]]:
    own = [one.first(reseeded.quiz_set.n) for one in codes]
    places = [models.index(k) for k in reseeded.models]
    best_r, mutual = best_in_reseeded(own, dict(zip(places, reseeded.codes(), strict=True)))
    return {"reseeded_r": best_r.astype(np.float16), "reseeded_mutual": mutual}


def _shared_by_seeds(
    population: PopulationFolder, hook: str, models: Sequence[int], decoders: Sequence[NDArray[Any]]
) -> dict[str, float]:
    others = [read_sae(population.sae(hook, k, RESEEDED)).W_dec.detach().numpy() for k in models]
    return {str(k): shared_share(a, b) for k, a, b in zip(models, decoders, others, strict=True)}


def _similarities(
    matches: Matches, models: Sequence[int], decoders: Sequence[NDArray[Any]], seed: int
) -> list[dict[str, Any]]:
    """SVCCA and RSA of the mutual pairs of every two models, those of highest r."""
    generator = np.random.default_rng(seed)
    records = []
    for a in range(len(models)):
        for b in range(a + 1, len(models)):
            r = matches.best_r[a, b]
            mutual = np.flatnonzero(matches.mutual[a, b])
            left = mutual[np.argsort(-r[mutual], kind="stable")[:PUBLISHED_PAIRS]]
            right = matches.best_feature[a, b, left]
            found = similarity(decoders[a][left], decoders[b][right], generator)
            if found is not None:
                pair = {"a": models[a], "b": models[b], "mean_r": float(r[left].mean())}
                records.append(pair | asdict(found))
    return records
