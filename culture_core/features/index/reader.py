"""Reading a feature index, from a notebook or the dashboard: records, tables, example quizzes with their
overlays, profiles, neighbours. See docs/reference/feature-index.md.

Nothing is read before it is asked for, and what is asked of one feature reads little else.
"""

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from culture_core.artifact import Record
from culture_core.artifacts import BASELINES, PopulationFolder
from culture_core.errors import CultureError
from culture_core.features.index.activations import open_activations
from culture_core.features.index.packed import PackedArrays, from_shares
from culture_core.features.index.quiz_set import QuizSet
from culture_core.features.index.records import Moments, Nearest, Profile, TopRecord
from culture_core.features.index.sparse import SparseActivations
from culture_core.features.index.store import index_artifact
from culture_core.features.index.table import feature_table
from culture_core.features.index.top import QUANTILES
from culture_core.world.quizzes import QuizBatch
from culture_core.world.vocabulary import STRUCTURE_NAMES

if TYPE_CHECKING:
    import pandas as pd

MOMENTS_BY = ("task", "structure", "token")


class FeatureIndex:
    """The index of one SAE, as `culture index` wrote it; safe to share between threads.

    Every method that takes a feature raises CultureError for one the index does not have.
    """

    def __init__(self, population: PopulationFolder, manifest: Record, arrays: PackedArrays) -> None:
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
        return self.manifest["variant"]

    @property
    def n_features(self) -> int:
        return len(self._arrays.whole("fires"))

    @property
    def n_quizzes(self) -> int:
        return self.quiz_set.n

    @property
    def n_tokens(self) -> int:
        """Number of tokens that the statistics cover: 403 per quiz."""
        return int(self._arrays.whole("tokens_by_task").sum())

    @cached_property
    def quizzes(self) -> QuizBatch:
        """The quizzes of the set, all of them; every GPT's index of a hook point has the same.

        Errors: CultureError when the quizzes made now are not those the index is over.
        """
        if self.manifest["inputs"]["quizzes_sha256"] != self.quiz_set.sha256():
            index = index_artifact(self.population, self.hook, self.model_k, self.variant)
            raise index.error("covers other quizzes")
        return self.quiz_set.quizzes()

    @cached_property
    def table(self) -> "pd.DataFrame":
        """One row per feature.

        feature; fires, density (share of tokens), max, mean and rms (where it fires), dead; quizzes (in how
        many it fires); peak_task and its share of the firing, were all tasks as frequent; peak_places, at how
        many different positions its top quizzes peak (1: bound to one place of the quiz); promotes and
        suppresses, the output token whose logit it raises or lowers most, where those are defined;
        encoder_cosine, between its encoder and decoder direction.
        """
        return feature_table(self._arrays, self.quiz_set.tasks)

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
        self._check_detailed()
        counts = self._arrays.whole("histogram")[self.check_feature(feature)]
        return self._arrays.whole("bin_edges"), counts.astype(np.int64)

    def linear_histogram(self, feature: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """The same in bins of one width from 0 to the feature's maximum; from an index that was written
        without them, the bins of `histogram` up to the maximum."""
        highest = self.max_activation(feature)
        if "linear_histogram" in self._arrays:
            counts = self._arrays.whole("linear_histogram")[feature].astype(np.int64)
            return np.linspace(0, highest, len(counts) + 1), counts
        edges, counts = self.histogram(feature)
        n_bins = max(int(np.searchsorted(edges[:-1], highest)), 1)
        return np.concatenate([[0.0], edges[1:n_bins], [highest]]), counts[:n_bins]

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
        """Quizzes at quantiles of the feature's peaks (0.9 is near the top): a few each, none twice."""
        self._check_detailed()
        quiz = self._arrays.whole("spread_quiz")[self.check_feature(feature)]
        activations = self._overlay("spread_overlay", feature, len(quiz))
        level = np.repeat(np.arange(len(QUANTILES)), len(quiz) // len(QUANTILES))
        return {
            quantile: self._examples("spread", feature, (level == number) & (quiz >= 0), activations)
            for number, quantile in enumerate(QUANTILES)
        }

    def density_by_task(self, feature: int) -> dict[str, float]:
        """Share of tokens a feature fires on, by task of the quiz."""
        fires = self._arrays.whole("by_task")[self.check_feature(feature)]
        rates = fires / np.maximum(self._arrays.whole("tokens_by_task"), 1)
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
        self._check_detailed()
        return self._arrays.rows("position_fires", self.n_features).astype(np.int64)

    def by_colour(self, feature: int) -> Profile:
        """On each of the 15 tokens: the eleven colours of a cell, then the markers of the four grids."""
        return self._profile("token", feature)

    def moments(self, by: str, feature: int) -> Moments:
        """Counts and moments by "task", "structure" or "token".

        Errors: CultureError for anything else.
        """
        if by not in MOMENTS_BY:
            known = ", ".join(MOMENTS_BY)
            raise CultureError(f"there are no moments by {by!r}, only by {known}; see `by_position`")
        fires = self._row(f"{by}_fires", feature).astype(np.int64)
        mean, rms, top = (self._shares(f"{by}_{name}", feature) for name in ("mean", "rms", "max"))
        return Moments(self._arrays.whole(f"tokens_by_{by}"), fires, mean, rms, top)

    def logit_effects(self, feature: int) -> NDArray[np.float32]:
        """(15,) change of each output token's logit for one unit of activation, by the direct path: the
        decoder row through the readout. Exact for the last residual stream only (`logit_effects_exact`):
        elsewhere later layers read the feature too.

        Errors: CultureError at a hook point that does not add to the residual stream.
        """
        return self.all_logit_effects[self.check_feature(feature)]

    @property
    def has_logit_effects(self) -> bool:
        """Whether the features write to the residual stream."""
        return "logit_effects" in self._arrays

    @property
    def all_logit_effects(self) -> NDArray[np.float32]:
        """(f, 15) the `logit_effects` of every feature.

        Errors: CultureError at a hook point that does not add to the residual stream.
        """
        if not self.has_logit_effects:
            raise CultureError(f"features at {self.hook} do not write to the residual stream")
        return self._arrays.whole("logit_effects")

    @property
    def logit_effects_exact(self) -> bool:
        """Whether `logit_effects` is a feature's whole effect on the logits."""
        return self.manifest["logit_effects_exact"]

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
        tokens = np.maximum(self._arrays.whole(f"tokens_by_{by}"), 1)
        return Profile(self._row(f"{by}_fires", feature) / tokens, self._shares(f"{by}_mean", feature))

    def _row(self, name: str, feature: int) -> NDArray[Any]:
        self._check_detailed()
        return self._arrays.row(name, self.check_feature(feature))

    def _check_detailed(self) -> None:
        """Errors: CultureError for the index of a baseline, which is kept for its statistics."""
        if "position_fires.0" not in self._arrays and self.variant in BASELINES:
            raise CultureError(
                f"the index of the {self.variant} SAE is a baseline: it keeps a table of its features, and "
                "neither histograms, profiles and neighbours nor the activations of top quizzes"
            )

    def _shares(self, name: str, feature: int) -> NDArray[np.float32]:
        """Activations kept as shares of the feature's maximum."""
        return from_shares(self._row(name, feature)) * np.float32(self.max_activation(feature))

    def _overlay(self, name: str, feature: int, each: int) -> NDArray[np.float32]:
        """Activations (each, 404) of a feature's examples."""
        self._check_detailed()
        return self._arrays.overlay(name, feature, each) * np.float32(self.max_activation(feature))

    def _examples(
        self, name: str, feature: int, chosen: NDArray[np.bool_], activations: NDArray[np.float32]
    ) -> TopRecord:
        quiz, peak, position = (
            self._arrays.whole(f"{name}_{part}")[feature][chosen] for part in ("quiz", "peak", "position")
        )
        return TopRecord(quiz, peak, position, activations[chosen])

    def _nearest(self, name: str, feature: int) -> Nearest:
        self._check_detailed()
        others = self._arrays.whole(f"{name}_feature")[self.check_feature(feature)]
        score = self._arrays.whole(f"{name}_score")[feature].astype(np.float32)
        return Nearest(others[others >= 0].astype(np.int64), score[others >= 0])


def open_index(population: PopulationFolder, hook: str, model_k: int, variant: str = "") -> FeatureIndex:
    """Open the index of one GPT's SAE, or of a baseline's ("untrained", "reseeded").

    Errors: CultureError that says what to run when it is missing, unreadable, or not of the SAE and the GPT
    that lie there now.
    """
    index = index_artifact(population, hook, model_k, variant)
    return FeatureIndex(population, index.manifest(), PackedArrays(index.arrays_path, index.remedy))
