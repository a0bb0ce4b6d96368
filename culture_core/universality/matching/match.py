"""The best match of one feature in another model."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from culture_core.universality.matching.baselines import PERMUTATION


@dataclass(frozen=True)
class Match:
    """The best match of a feature in another model.

    one_to_one: the one-to-one assignment of the two models pairs them too. partial_r: r with position and
    token regressed out. baselines: by name the highest r the feature finds in that model's stand-in; only
    those that were measured. None: not measured.
    """

    model_k: int
    feature: int
    r: float
    mutual: bool
    one_to_one: bool | None = None
    partial_r: float | None = None
    baselines: Mapping[str, float] = field(default_factory=dict)

    @property
    def baseline_r(self) -> float | None:
        """The highest r with the other model's quizzes shuffled."""
        return self.baselines.get(PERMUTATION)

    @property
    def highest_baseline(self) -> tuple[str, float] | None:
        """Name and r of the highest baseline that was measured; None: none was."""
        return max(self.baselines.items(), key=lambda named: named[1]) if self.baselines else None

    @property
    def excess(self) -> float | None:
        """r above the highest baseline."""
        return None if self.highest_baseline is None else self.r - self.highest_baseline[1]
