"""Reading a feature index, from a notebook or the dashboard: records, tables, example quizzes with their
overlays, profiles, neighbours. See docs/reference/feature-index.md.

Nothing is read before it is asked for, and what is asked of one feature reads little else.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from culture_core.artifacts import PopulationFolder
from culture_core.errors import CultureError
from culture_core.features.index.packed import PackedArrays, from_shares
from culture_core.features.index.quiz_set import QuizSet
from culture_core.features.index.sparse import SparseActivations
from culture_core.features.index.store import (
    ARRAYS,
    LAYOUT,
    older,
    open_activations,
    read_manifest,
    remedy,
)
from culture_core.features.index.top import A_QUANTILE, QUANTILES
from culture_core.world.quizzes import QuizBatch
from culture_core.world.vocabulary import STRUCTURE_NAMES

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class TopRecord:
    """Example quizzes of one feature, strongest first; k is smaller for a feature that fires in few quizzes.

    quiz (k,) numbers in the index's quiz set; peak (k,) float32; position (k,) of the peak in the quiz;
    activations (k, 404).
    """

    quiz: NDArray[np.int64]
    peak: NDArray[np.float32]
    position: NDArray[np.int64]
    activations: NDArray[np.float32]


class Profile(NamedTuple):
    """What a feature does in each of g groups of tokens: rate (g,), the share of them it fires on; mean (g,),
    its mean activation where it fires."""

    rate: NDArray[np.float64]
    mean: NDArray[np.float32]


class Moments(NamedTuple):
    """All that is known of a feature in each of g groups of tokens: tokens (g,) in all, fires (g,), and over
    those mean, rms (root of the mean square) and max, (g,) float32."""

    tokens: NDArray[np.int64]
    fires: NDArray[np.int64]
    mean: NDArray[np.float32]
    rms: NDArray[np.float32]
    max: NDArray[np.float32]


class Nearest(NamedTuple):
    """Other features, nearest first: feature (k,) ids, score (k,) float32."""

    feature: NDArray[np.int64]
    score: NDArray[np.float32]


class FeatureIndex:
    """The index of one SAE, as `culture index` wrote it; safe to share between threads.

    Every method that takes a feature raises CultureError for one the index does not have. An index of an
    older version lacks some of what is described here; asking for it raises CultureError that says what to
    run, and `is_complete` tells beforehand.
    """

    def __init__(self, population: PopulationFolder, manifest: dict[str, Any], arrays: PackedArrays) -> None:
        self.manifest = manifest
        self.population = population
        self.quiz_set = QuizSet.from_json(manifest["quiz_set"])
        self._arrays = arrays

    @property
    def hook(self) -> str:
        return self.manifest["hook"]

    @property
    def model_k(self) -> int:
        return self.manifest["id"]

    @property
    def variant(self) -> str:
        return self.manifest.get("variant", "")

    @property
    def is_complete(self) -> bool:
        """Whether the index was made by this version, so that every method has its data."""
        return self.manifest.get("layout") == LAYOUT

    @property
    def n_features(self) -> int:
        return len(self._arrays.whole("fires"))

    @property
    def n_quizzes(self) -> int:
        return self.quiz_set.n

    @property
    def n_tokens(self) -> int:
        """Tokens the statistics are over: 403 a quiz."""
        return int(self._arrays.whole("tokens_by_task").sum())

    @cached_property
    def quizzes(self) -> QuizBatch:
        """The quizzes of the set, all of them; every GPT's index of a hook point has the same.

        Errors: CultureError when the quizzes made now are not those the index is over.
        """
        known = self.manifest.get("inputs", {}).get("quizzes_sha256")
        if known is not None and known != self.quiz_set.sha256():
            again = remedy(self.population, self.hook, self.variant)
            raise CultureError(
                f"the feature index of GPT {self.model_k} at {self.hook} is over other quizzes; {again}"
            )
        return self.quiz_set.quizzes()

    @cached_property
    def table(self) -> "pd.DataFrame":
        """One row per feature.

        feature; fires, density (share of tokens), max, mean and rms (where it fires), dead; quizzes (in how
        many it fires); peak_task and its share of the firing, were all tasks as frequent; peak_places, at how
        many different positions its top quizzes peak (1: bound to one place of the quiz); promotes and
        suppresses, the output token whose logit it raises or lowers most, where those are defined;
        encoder_cosine, between its encoder and decoder direction. An index of an older version has fewer
        columns.
        """
        import pandas as pd

        arrays = self._arrays
        fires = arrays.whole("fires")
        rate_by_task = arrays.whole("by_task") / arrays.whole("tokens_by_task")
        rate_sum = np.maximum(rate_by_task.sum(1), 1e-12)
        peak_task = np.array(self.quiz_set.tasks)[rate_by_task.argmax(1)]
        columns = {
            "feature": np.arange(self.n_features),
            "fires": fires,
            "density": fires / self.n_tokens,
            "max": arrays.whole("max"),
            "mean": arrays.whole("total") / np.maximum(fires, 1),
            "rms": np.sqrt(arrays.whole("squares") / np.maximum(fires, 1)),
            "dead": fires == 0,
            "peak_task": np.where(fires > 0, peak_task, ""),
            "peak_task_share": rate_by_task.max(1) / rate_sum,
            "peak_places": _distinct(arrays.whole("top_position")),
        }
        if "quizzes_fired" in arrays:
            columns["quizzes"] = arrays.whole("quizzes_fired").astype(np.int64)
        if "encoder_cosine" in arrays:
            columns["encoder_cosine"] = arrays.whole("encoder_cosine")
        if "logit_effects" in arrays:
            columns["promotes"] = arrays.whole("logit_effects").argmax(1)
            columns["suppresses"] = arrays.whole("logit_effects").argmin(1)
        return pd.DataFrame(columns)

    @property
    def top_quiz(self) -> NDArray[np.int32]:
        """(f, k) numbers of every feature's top quizzes, -1 for none."""
        return self._arrays.whole("top_quiz")

    def check_feature(self, feature: int) -> int:
        """Return `feature` if the index has it.

        Errors: CultureError that names the range.
        """
        if 0 <= feature < self.n_features:
            return feature
        raise CultureError(f"there is no feature {feature}: features run from 0 to {self.n_features - 1}")

    def max_activation(self, feature: int) -> float:
        return float(self._arrays.whole("max")[self.check_feature(feature)])

    def histogram(self, feature: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """(edges (b + 1,), counts (b,)) of a feature's activations where it fires; edges are even in log2."""
        counts = self._arrays.whole("histogram")[self.check_feature(feature)]
        return self._arrays.whole("bin_edges"), counts.astype(np.int64)

    def histogram_by_task(self, feature: int) -> dict[str, NDArray[np.int64]]:
        """The counts of `histogram` in the quizzes of each task."""
        counts = self._row("histogram_by_task", feature).astype(np.int64)
        return dict(zip(self.quiz_set.tasks, counts, strict=True))

    def top(self, feature: int) -> TopRecord:
        """The quizzes with the highest peaks, with the activation after every token; of equal peaks the
        earlier quiz comes first."""
        quiz = self._arrays.whole("top_quiz")[self.check_feature(feature)]
        activations = self._overlay("overlay", feature, len(quiz))
        return self._examples("top", feature, quiz >= 0, activations)

    def quantile_examples(self, feature: int) -> dict[float, TopRecord]:
        """Quizzes at quantiles of the feature's peaks (0.9 is near the top): up to three each, none twice."""
        self._need("spread_quiz")
        quiz = self._arrays.whole("spread_quiz")[self.check_feature(feature)]
        activations = self._overlay("spread_overlay", feature, len(quiz))
        level = np.repeat(np.arange(len(QUANTILES)), A_QUANTILE)
        return {
            quantile: self._examples("spread", feature, (level == number) & (quiz >= 0), activations)
            for number, quantile in enumerate(QUANTILES)
        }

    def density_by_task(self, feature: int) -> dict[str, float]:
        """Share of tokens a feature fires on, by task of the quiz."""
        fires = self._arrays.whole("by_task")[self.check_feature(feature)]
        rates = fires / self._arrays.whole("tokens_by_task")
        return dict(zip(self.quiz_set.tasks, rates.tolist(), strict=True))

    def density_by_structure(self, feature: int) -> dict[str, float]:
        """Share of tokens a feature fires on, by structure of the quiz."""
        return dict(zip(STRUCTURE_NAMES, self._profile("structure", feature).rate.tolist(), strict=True))

    def by_position(self, feature: int) -> Profile:
        """At each of the 404 positions of a quiz; 0 at the last, which is never read."""
        return self._profile("position", feature)

    @cached_property
    def fires_by_position(self) -> NDArray[np.int64]:
        """(f, 404) on how many quizzes each feature fires at each position."""
        self._need("position_fires")
        return self._arrays.rows("position_fires", self.n_features).astype(np.int64)

    def by_colour(self, feature: int) -> Profile:
        """On each of the 15 tokens: the eleven colours of a cell, then the markers of the four grids."""
        return self._profile("token", feature)

    def moments(self, by: str, feature: int) -> Moments:
        """Counts and moments by "task", "structure", "position" or "token"."""
        self._need(f"{by}_fires")
        fires = self._row(f"{by}_fires", feature).astype(np.int64)
        mean, rms, top = (self._shares(f"{by}_{name}", feature) for name in ("mean", "rms", "max"))
        return Moments(self._arrays.whole(f"tokens_by_{by}"), fires, mean, rms, top)

    def logit_effects(self, feature: int) -> NDArray[np.float32]:
        """(15,) change of each output token's logit for one unit of activation, by the direct path: the
        decoder row through the readout. Exact for the last residual stream only (`logit_effects_exact`):
        elsewhere later layers read the feature too.

        Errors: CultureError at a hook point that does not add to the residual stream.
        """
        self._need("decoder_feature")
        if "logit_effects" not in self._arrays:
            raise CultureError(f"features at {self.hook} do not write to the residual stream")
        return self._arrays.whole("logit_effects")[self.check_feature(feature)]

    @property
    def logit_effects_exact(self) -> bool:
        """Whether `logit_effects` is all a feature does to the logits."""
        return self.manifest.get("logit_effects_exact", False)

    def decoder_neighbours(self, feature: int) -> Nearest:
        """The features whose decoder directions have the highest cosine with this one's."""
        return self._nearest("decoder", feature)

    def cofiring_neighbours(self, feature: int) -> Nearest:
        """The features that fire on the same tokens, by Jaccard index: both fire / either fires."""
        return self._nearest("cofiring", feature)

    def directions(self, feature: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """(encoder, decoder) directions (d_in,) of a feature, read from the SAE's file; nothing else of it is
        read."""
        from safetensors import safe_open

        from culture_core.saes.store import WEIGHTS

        feature = self.check_feature(feature)
        path = self.population.sae(self.hook, self.model_k, self.variant) / WEIGHTS
        with safe_open(path, "np") as weights:
            return weights.get_slice("W_enc")[:, feature], weights.get_slice("W_dec")[feature]

    def activations(self, feature: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """(tokens, values) of all activations of a feature; a token is quiz x 404 + position.

        Errors: CultureError where the sparse activations have not been made (`ensure_activations`).
        """
        return self._activations.of_feature(self.check_feature(feature))

    @cached_property
    def _activations(self) -> SparseActivations:
        return open_activations(self.population, self.hook, self.model_k, self.variant)

    def _profile(self, by: str, feature: int) -> Profile:
        self._need(f"{by}_fires")
        tokens = np.maximum(self._arrays.whole(f"tokens_by_{by}"), 1)
        return Profile(self._row(f"{by}_fires", feature) / tokens, self._shares(f"{by}_mean", feature))

    def _row(self, name: str, feature: int) -> NDArray:
        self._need(name)
        return self._arrays.row(name, self.check_feature(feature))

    def _shares(self, name: str, feature: int) -> NDArray[np.float32]:
        """Activations kept as shares of the feature's maximum."""
        return from_shares(self._row(name, feature)) * np.float32(self.max_activation(feature))

    def _overlay(self, name: str, feature: int, each: int) -> NDArray[np.float32]:
        """Activations (each, 404) of a feature's examples."""
        shares = self._arrays.overlay(name, feature, each)
        return shares * np.float32(self.max_activation(feature)) if self.is_complete else shares

    def _examples(
        self, name: str, feature: int, chosen: NDArray[np.bool_], activations: NDArray[np.float32]
    ) -> TopRecord:
        quiz, peak, position = (
            self._arrays.whole(f"{name}_{part}")[feature][chosen] for part in ("quiz", "peak", "position")
        )
        return TopRecord(quiz, peak, position, activations[chosen])

    def _nearest(self, name: str, feature: int) -> Nearest:
        self._need(f"{name}_feature")
        others = self._arrays.whole(f"{name}_feature")[self.check_feature(feature)]
        score = self._arrays.whole(f"{name}_score")[feature].astype(np.float32)
        return Nearest(others[others >= 0].astype(np.int64), score[others >= 0])

    def _need(self, name: str) -> None:
        if name not in self._arrays:
            raise older(self.population, self.hook, self.model_k, self.variant)


def _distinct(positions: NDArray[np.integer]) -> NDArray[np.int64]:
    """The number of distinct positions in each row of (f, k); -1 means none."""
    ordered = np.sort(positions, axis=1)
    new = np.diff(ordered, axis=1, prepend=-1) != 0
    return new.sum(1)


def open_index(population: PopulationFolder, hook: str, model_k: int, variant: str = "") -> FeatureIndex:
    """Open the index of one GPT's SAE, or of a baseline's ("untrained", "reseeded").

    Errors: CultureError that says what to run when it is missing, unreadable, or not of the SAE and the GPT
    that lie there now.
    """
    manifest = read_manifest(population, hook, model_k, variant)
    path = population.index(hook, model_k, variant) / ARRAYS
    return FeatureIndex(population, manifest, PackedArrays(path, remedy(population, hook, variant)))
