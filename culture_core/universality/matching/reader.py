"""Reading matches, from a notebook or the dashboard: the match of a feature, tables, groups, baselines.

Baselines that were not measured read as None or NaN, and `missing` says what measures them.
"""

from copy import copy
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from culture_core.errors import CultureError
from culture_core.features.index.sparse import Overlays
from culture_core.universality.matching.baselines import BASELINES, PERMUTATION
from culture_core.universality.matching.groups import find_groups, find_smaller_groups, pair_values
from culture_core.universality.matching.match import Match
from culture_core.universality.matching.matches import over_others
from culture_core.universality.matching.overlays import partner_maximum, unpack

if TYPE_CHECKING:
    import pandas as pd

NO_GROUP = -1


class MatchReader:
    """The matches of one hook point, as `culture match` wrote them.

    manifest; models: ids of the m GPTs, in the order of every array; best_feature (m, m, f), best_r (m, m, f)
    and mutual (m, m, f): see `Matches`.
    """

    def __init__(self, manifest: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> None:
        self.manifest = manifest
        self.models: list[int] = manifest["models"]
        self.best_feature: NDArray[np.int32] = arrays["best_feature"]
        self.mutual: NDArray[np.bool_] = arrays["mutual"]
        self._arrays = copy(arrays)
        self._arrays.update({name: _widened(array) for name, array in arrays.items()})

    @property
    def n_features(self) -> int:
        return self.best_feature.shape[2]

    def best_r(self) -> NDArray[np.float32]:
        """(m, m, f) best r of every feature of model [a] in model [b]; 0 on the diagonal."""
        return self._arrays["best_r"]

    def best_r_of(self, model_k: int) -> dict[int, NDArray[np.float32]]:
        """By model (f,): the best r there of every feature of one model; NaN in that model itself."""
        a = self.models.index(model_k)
        return {k: np.where(b == a, np.nan, self.best_r()[a, b]) for b, k in enumerate(self.models)}

    def partial_r(self) -> NDArray[np.float32]:
        """(m, m, f) r of the same matches with position and token regressed out."""
        return self._arrays["partial_r"]

    def shuffled_r(self) -> NDArray[np.float32]:
        """(m, m, f) the highest r of every feature of [a] in [b] with the quizzes of [b] shuffled.

        Errors: CultureError when it was not measured.
        """
        if f"{PERMUTATION}_r" not in self._arrays:
            raise CultureError("these matches have no baseline of shuffled quizzes; run `culture match`")
        return self._arrays[f"{PERMUTATION}_r"]

    def pair_excess(self) -> NDArray[np.float32]:
        """(m, m, f) best r of every feature of [a] in [b] above the highest of the baselines that were
        measured for the two; the r itself where none was."""
        measured = [self._arrays[f"{name}_r"] for name in BASELINES if f"{name}_r" in self._arrays]
        return self.best_r() - np.max(measured, axis=0) if measured else self.best_r()

    @cached_property
    def universality(self) -> dict[int, NDArray[np.float32]]:
        """By model (f,): the mean over the other models of the best r (Gurnee et al. 2024)."""
        return self._by_model(over_others(self.best_r()))

    @cached_property
    def baselines(self) -> dict[str, dict[int, NDArray[np.float32]]]:
        """By baseline, of those measured, and by model (f,): the mean over the other models of the highest r
        there."""
        measured = {name: self._arrays.get(f"{name}_r") for name in BASELINES}
        return {name: self._by_model(over_others(r)) for name, r in measured.items() if r is not None}

    @cached_property
    def excess(self) -> dict[str, dict[int, NDArray[np.float32]]]:
        """By baseline and model (f,): universality above the baseline."""
        return {
            name: {k: self.universality[k] - r for k, r in by_model.items()}
            for name, by_model in self.baselines.items()
        }

    @cached_property
    def lowest_excess(self) -> dict[int, NDArray[np.float32]]:
        """By model (f,): universality above the highest of the baselines measured; empty: none was."""
        if not self.excess:
            return {}
        return {k: np.min([r[k] for r in self.excess.values()], axis=0) for k in self.models}

    @property
    def reseeded_r(self) -> dict[int, NDArray[np.float32]] | None:
        """By model that has one (f,): the best r in another SAE of the same GPT, from another seed; None: not
        measured."""
        r = self._arrays.get("reseeded_r")
        return None if r is None else {k: row for k, row in self._by_model(r).items() if not np.isnan(row[0])}

    @property
    def reseeded_mutual(self) -> dict[int, NDArray[np.bool_]] | None:
        """By model that has one (f,): whether that match is mutual; None: not measured."""
        mutual, measured = self._arrays.get("reseeded_mutual"), self.reseeded_r
        if mutual is None or measured is None:
            return None
        return {k: row for k, row in self._by_model(mutual).items() if k in measured}

    @property
    def shared_by_seeds(self) -> dict[int, float]:
        """By model: the share of decoder directions of its SAE that the one from another seed has too (cosine
        of at least 0.7, one to one); empty: not measured."""
        return {int(k): share for k, share in self.manifest["figures"].get("shared_by_seeds", {}).items()}

    @property
    def similarities(self) -> list[dict[str, Any]]:
        """One record per pair of models: a, b, their ids; mean_r and the fields of `Similarity` of their
        mutual pairs."""
        return self.manifest["figures"]["similarities"]

    @property
    def missing(self) -> dict[str, str]:
        """What was not measured, with what to run."""
        return self.manifest["missing"]

    @cached_property
    def alive(self) -> dict[int, NDArray[np.bool_]]:
        """By model (f,): whether a feature fires, so that it has matches."""
        return self._by_model(np.any(self.best_feature >= 0, axis=1))

    def best(self, model_k: int, feature: int) -> list[Match]:
        """The best match in each other model; a feature that never fires has none.

        Errors: CultureError for a model or a feature that is not there.
        """
        if model_k not in self.models or not 0 <= feature < self.n_features:
            known = f"GPTs {', '.join(map(str, self.models))}, features 0 to {self.n_features - 1}"
            raise CultureError(f"no feature {feature} of GPT {model_k} in these matches: there are {known}")
        a = self.models.index(model_k)
        return [
            self._match(a, b, feature)
            for b in range(len(self.models))
            if b != a and self.best_feature[a, b, feature] >= 0
        ]

    def _match(self, a: int, b: int, feature: int) -> Match:
        measured = {name: self._arrays.get(f"{name}_r") for name in BASELINES}
        return Match(
            self.models[b],
            int(self.best_feature[a, b, feature]),
            float(self.best_r()[a, b, feature]),
            bool(self.mutual[a, b, feature]),
            bool(self._arrays["one_to_one"][a, b, feature]),
            float(self.partial_r()[a, b, feature]),
            {name: float(r[a, b, feature]) for name, r in measured.items() if r is not None},
        )

    def table(self, model_k: int) -> "pd.DataFrame":
        """One row per feature of a model.

        feature; universality; excess_NAME above each baseline; partial_r, mean over the other models;
        n_mutual, n_one_to_one: in how many of them; reseeded_r; group, -1 for none. NaN: not measured.
        """
        import pandas as pd

        a = self.models.index(model_k)
        reseeded = self.reseeded_r or {}
        return pd.DataFrame(
            {
                "feature": np.arange(self.n_features),
                "universality": self.universality[model_k],
                **{
                    f"excess_{name}": self.excess[name][model_k] if name in self.excess else np.nan
                    for name in BASELINES
                },
                "partial_r": over_others(self.partial_r())[a],
                "n_mutual": self.mutual[a].sum(0),
                "n_one_to_one": self._arrays["one_to_one"][a].sum(0),
                "reseeded_r": reseeded.get(model_k, np.nan),
                "group": self._group_of[a],
            }
        )

    @cached_property
    def groups(self) -> "pd.DataFrame":
        """One row per group, highest mean r first: one feature per model, all of them mutual best matches.

        group, its number; gpt_K, the feature of GPT K; mean_r, min_r over all pairs of the group; partial_r,
        mean; over_shuffled, mean r above the shuffled quizzes; excess, mean r above the highest baseline.
        """
        return self._group_table(self._members)

    @cached_property
    def smaller_groups(self) -> "pd.DataFrame":
        """The same of the groups that lack some of the models, numbered on from `groups`, the largest first;
        gpt_K is -1 where GPT K has no feature in it."""
        members = find_smaller_groups(self.best_feature)
        mean_r = np.nanmean(pair_values(self.best_r(), members), axis=1)
        order = np.lexsort((-mean_r, -(members != NO_GROUP).sum(1)))
        return self._group_table(members[order], first=len(self._members))

    def _group_table(self, members: NDArray[np.int32], first: int = 0) -> "pd.DataFrame":
        import pandas as pd

        r, partial = pair_values(self.best_r(), members), pair_values(self.partial_r(), members)
        baselines = {
            name: pair_values(self._arrays[f"{name}_r"], members)
            for name in BASELINES
            if f"{name}_r" in self._arrays
        }
        over = {name: np.nanmean(r - baseline, axis=1) for name, baseline in baselines.items()}
        return pd.DataFrame(
            {
                "group": first + np.arange(len(r)),
                **{f"gpt_{k}": members[:, a] for a, k in enumerate(self.models)},
                "mean_r": np.nanmean(r, axis=1),
                "min_r": np.nanmin(r, axis=1, initial=1),
                "partial_r": np.nanmean(partial, axis=1),
                "over_shuffled": over[PERMUTATION],
                "excess": np.min(list(over.values()), axis=0),
            }
        )

    def group_of(self, model_k: int, feature: int) -> int | None:
        """The group a feature belongs to, if any."""
        group = int(self._group_of[self.models.index(model_k), feature])
        return None if group == NO_GROUP else group

    def in_group(self, model_k: int) -> NDArray[np.bool_]:
        """(f,) whether each feature of a model belongs to a group."""
        return self._group_of[self.models.index(model_k)] != NO_GROUP

    def group_features(self, group: int) -> dict[int, int]:
        """The feature of each model in a group."""
        return dict(zip(self.models, self._members[group].tolist(), strict=True))

    @cached_property
    def _members(self) -> NDArray[np.int32]:
        """(g, m) features of the groups, highest mean r first."""
        members = find_groups(self.best_feature)
        mean_r = pair_values(self.best_r(), members).mean(1)
        return members[np.argsort(-mean_r, kind="stable")]

    @cached_property
    def _group_of(self) -> NDArray[np.int64]:
        """(m, f) the group of every feature, -1 for none."""
        group_of = np.full(self.best_feature.shape[1:], NO_GROUP)
        group_of[np.arange(len(self.models)), self._members] = np.arange(len(self._members))[:, None]
        return group_of

    def _by_model(self, values: NDArray[Any]) -> dict[int, NDArray[Any]]:
        return dict(zip(self.models, values, strict=True))

    @cached_property
    def _overlays(self) -> list[Overlays]:
        return [
            unpack(self._arrays, self._partner_maximum(b), f"partner_{k}") for b, k in enumerate(self.models)
        ]

    def _partner_maximum(self, b: int) -> NDArray[np.float32]:
        n_rows = len(self._arrays[f"partner_{self.models[b]}_length"])
        return partner_maximum(self.best_feature[:, b], self._arrays["maximum"][b], n_rows)

    def partner_overlays(self, model_k: int, feature: int) -> dict[int, NDArray[np.float32]]:
        """By other model: (q, 404) activations of the best match there on the first q top quizzes of the
        feature (q is 4 in new matches), each to within 1/510 of its maximum."""
        row = self.models.index(model_k) * self.n_features + feature
        each = (len(self._overlays[0].indptr) - 1) // self.best_feature[:, 0].size
        return {
            other: self._overlays[b].dense(row * each, each)
            for b, other in enumerate(self.models)
            if other != model_k
        }


def _widened(array: NDArray[Any]) -> NDArray[Any]:
    """Half floats, kept small on disk, as single ones, in which means are exact enough."""
    return array.astype(np.float32) if array.dtype == np.float16 else array
