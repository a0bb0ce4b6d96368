"""Reading the joint dictionary of a hook point, from a notebook or the dashboard."""

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from culture_core.artifacts import PopulationFolder
from culture_core.universality.joint.store import joint_artifact

if TYPE_CHECKING:
    import pandas as pd

    from culture_core.universality.matching.reader import MatchReader

# a latent is used by a GPT in which its decoder row is at least this share of the longest
USED = 0.5


class JointReader:
    """The joint dictionary of one hook point, as `culture joint` wrote it.

    models: ids of the m GPTs, in the order of every array.
    """

    def __init__(self, manifest: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> None:
        self.manifest = manifest
        self.models: list[int] = manifest["models"]
        self._arrays = arrays

    @property
    def n_latents(self) -> int:
        return len(self._arrays["norms"])

    @property
    def explained(self) -> dict[int, float]:
        """By model: the share of the variance of its states that the dictionary reconstructs."""
        return dict(zip(self.models, self._arrays["explained"].tolist(), strict=True))

    @cached_property
    def alive(self) -> NDArray[np.bool_]:
        """(n,) whether each latent fires."""
        return np.any(self._arrays["feature"] >= 0, axis=0)

    @cached_property
    def relative_norms(self) -> NDArray[np.float32]:
        """(n, m) the length of each latent's decoder row in each GPT, over the longest of them."""
        norms = self._arrays["norms"].astype(np.float32)
        return norms / np.maximum(norms.max(1, keepdims=True), 1e-12)

    @cached_property
    def n_users(self) -> NDArray[np.int64]:
        """(n,) in how many GPTs a latent's decoder row is at least half as long as the longest."""
        return (self.relative_norms >= USED).sum(1)

    @cached_property
    def shares_by_users(self) -> dict[int, float]:
        """By number of GPTs, the most first: the share of latents that fire which so many use."""
        users = self.n_users[self.alive]
        m = len(self.models)
        return {n: float((users == n).mean()) if len(users) else float("nan") for n in range(m, 0, -1)}

    def latent_of(self, model_k: int) -> NDArray[np.int32]:
        """(f,) the latent most correlated with each feature of a model, -1 for one that never fires."""
        return self._arrays["latent"][self.models.index(model_k)]

    def latent_r(self, model_k: int) -> NDArray[np.float32]:
        """(f,) its r."""
        return self._arrays["latent_r"][self.models.index(model_k)].astype(np.float32)

    def shuffled_r(self, model_k: int) -> NDArray[np.float32]:
        """(f,) the highest r of each feature with any latent, the quizzes shuffled."""
        return self._arrays["shuffled_r"][self.models.index(model_k)].astype(np.float32)

    @cached_property
    def universality(self) -> dict[int, NDArray[np.float32]]:
        """By model (f,): r of each feature with its latent where all GPTs use that latent, else 0; NaN for a
        feature that never fires."""
        shared = np.append(self.n_users == len(self.models), False)
        found = {}
        for k in self.models:
            latent = self.latent_of(k)
            r = np.where(shared[latent], self.latent_r(k), 0.0).astype(np.float32)
            found[k] = np.where(latent >= 0, r, np.nan).astype(np.float32)
        return found

    def share_above(self, threshold: float) -> dict[int, float]:
        """By model: the share of features that fire whose latent all GPTs use, at an r that is above the one
        with shuffled quizzes by more than the threshold."""
        shares = {}
        for k, r in self.universality.items():
            fires = np.isfinite(r)
            shares[k] = float((r[fires] - self.shuffled_r(k)[fires] > threshold).mean())
        return shares

    @cached_property
    def table(self) -> "pd.DataFrame":
        """One row per latent.

        latent; fires; users, of how many GPTs; for each GPT norm_K (relative), feature_K, the most correlated
        feature of GPT K, -1 for none, and r_K.
        """
        import pandas as pd

        columns: dict[str, Any] = {
            "latent": np.arange(self.n_latents),
            "fires": self.alive,
            "users": self.n_users,
        }
        for a, k in enumerate(self.models):
            columns[f"norm_{k}"] = self.relative_norms[:, a]
            columns[f"feature_{k}"] = self._arrays["feature"][a]
            columns[f"r_{k}"] = self._arrays["feature_r"][a].astype(np.float32)
        return pd.DataFrame(columns)

    def groups(self, matches: "MatchReader") -> "pd.DataFrame":
        """One row per matched group of all GPTs: group; latent, that of most of its features (the first of
        several); members, how many of its features have that latent; users, of the latent."""
        import pandas as pd

        members = matches.groups[[f"gpt_{k}" for k in self.models]].to_numpy()
        latents = np.stack([self.latent_of(k)[members[:, a]] for a, k in enumerate(self.models)], axis=1)
        same = (latents[:, :, None] == latents[:, None, :]).sum(2)
        best = same.argmax(1)
        latent = latents[np.arange(len(latents)), best] if len(latents) else np.empty(0, dtype=np.int32)
        return pd.DataFrame(
            {
                "group": matches.groups["group"].to_numpy(),
                "latent": latent,
                "members": same.max(1) if len(same) else np.empty(0, dtype=np.int64),
                "users": self.n_users[latent],
            }
        )


def open_joint(population: PopulationFolder, hook: str) -> JointReader:
    """Open the joint dictionary of a hook point.

    Errors: CultureError that says what to run when it is missing, damaged or of other matches, and for a
    population of a single GPT.
    """
    return JointReader(*joint_artifact(population, hook).open())
