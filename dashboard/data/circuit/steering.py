"""What is done to chosen features: read from a link, as an intervention, in words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from culture_core.errors import CultureError
from culture_core.features.interventions import Change, Intervention
from culture_core.world.vocabulary import LAST_GRID
from dashboard.data.feature.feature_names import FeatureName
from dashboard.data.words.foreign_text import quoted

LEAVE, ZERO, SCALE, ADD = "leave", "zero", "scale", "add"
ACTIONS = {
    ZERO: "set them to zero",
    SCALE: "multiply them by",
    ADD: "add to them",
    LEAVE: "leave them as they are",
}
STUDY_FACTOR, STUDY_TOP = 15, 3
EVERYWHERE, ANSWER, CELL = "everywhere", "answer", "cell"
PLACES = {EVERYWHERE: "everywhere", ANSWER: "in the answer grid", CELL: "at this cell"}
LARGEST_AMOUNT = 1000.0
LARGEST_TOP = 64
_AMOUNT = re.compile(r"-?[0-9]{1,4}(\.[0-9]{1,3})?", re.ASCII)


@dataclass(frozen=True)
class Steering:
    """What is done to the chosen features, in every GPT that has one of them.

    action: a key of ACTIONS; amount: of SCALE and ADD. keep_top: only so many features are kept at each
    token, or None; where no feature is chosen, in every GPT. keep_error: of the SAE. where: a key of PLACES.
    """

    action: str = ZERO
    amount: float = 0.0
    keep_top: int | None = None
    keep_error: bool = True
    where: str = EVERYWHERE

    def positions(self, cell: int) -> range | None:
        """The positions whose states are changed, see `only_at`; cell: the one that is looked at."""
        places = {ANSWER: range(LAST_GRID.start, LAST_GRID.stop), CELL: range(cell, cell + 1)}
        return places.get(self.where)

    def interventions(
        self, features: Sequence[FeatureName], models: Sequence[int]
    ) -> dict[int, Intervention]:
        """The intervention in each GPT that is steered, by its id."""
        steered = sorted({name.model_k for name in features}) or (list(models) if self.keep_top else [])
        if self.action == LEAVE and self.keep_top is None and self.keep_error:
            return {}
        return {
            k: Intervention(
                tuple(self._change(name.feature) for name in features if name.model_k == k),
                self.keep_top,
                self.keep_error,
            )
            for k in steered
        }

    def _change(self, feature: int) -> Change:
        changes = {
            ZERO: Change(feature, scale=0.0),
            SCALE: Change(feature, scale=self.amount),
            ADD: Change(feature, add=self.amount),
            LEAVE: Change(feature),
        }
        return changes[self.action]

    def words(self) -> str:
        """What is done, as in "multiplied by 15, only the top 3 kept"."""
        done = {
            ZERO: "set to zero",
            SCALE: f"multiplied by {self.amount:g}",
            ADD: f"{self.amount:g} added",
            LEAVE: "left as they are",
        }
        parts = [done[self.action]]
        if self.keep_top is not None:
            parts.append(f"only the top {self.keep_top} features of a token kept")
        if not self.keep_error:
            parts.append("without the error term")
        if self.where != EVERYWHERE:
            parts.append(f"only {PLACES[self.where]}")
        return ", ".join(parts)


def read_amount(text: str | None, default: float, *, largest: float = LARGEST_AMOUNT) -> float:
    """A number with up to three decimals.

    Errors: CultureError that names the range.
    """
    if text is None:
        return default
    if _AMOUNT.fullmatch(text) and abs(float(text)) <= largest:
        return float(text)
    raise CultureError(f"{quoted(text)} is not a number from {-largest:g} to {largest:g}")
