"""What the Lab is asked for, read from a link and written into one: plain functions, without Streamlit."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from culture_core.errors import CultureError
from culture_core.features.interventions import Change, Intervention
from culture_core.world.quizzes import generate_stream
from culture_core.world.vocabulary import TASKS
from dashboard.data.quoted import quoted

LEAVE, ZERO, SCALE, ADD = "leave", "zero", "scale", "add"
ACTIONS = {
    ZERO: "set them to zero",
    SCALE: "multiply them by",
    ADD: "add to them",
    LEAVE: "leave them as they are",
}
MOST_FEATURES = 10
MOST_PARTS = 100
LARGEST_AMOUNT = 1000.0
LARGEST_SEED = 999_999
LARGEST_TOP = 64
_AMOUNT = re.compile(r"-?[0-9]{1,4}(\.[0-9]{1,3})?", re.ASCII)


@dataclass(frozen=True, order=True)
class FeatureName:
    """A feature of a GPT; written 0.12: GPT, feature."""

    model_k: int
    feature: int

    def __str__(self) -> str:
        return f"{self.model_k}.{self.feature}"


@dataclass(frozen=True)
class Steering:
    """What is done to the chosen features, in every GPT that has one of them.

    action: a key of ACTIONS; amount: of SCALE and ADD. keep_top: only so many features are kept at each
    token, or None; where no feature is chosen, in every GPT. keep_error: of the SAE.
    """

    action: str = ZERO
    amount: float = 0.0
    keep_top: int | None = None
    keep_error: bool = True

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
        return ", ".join(parts)


def read_features(text: str, n_features: Mapping[int, int]) -> tuple[list[FeatureName], CultureError | None]:
    """The features in a list such as "0.12,3.7", each once, in the order of the list; and what is wrong with
    the first that is left out, because there is no such GPT or feature, or they are too many.

    n_features: by GPT, how many features its SAE has.
    """
    names: dict[FeatureName, None] = {}
    problem = None
    for part in text.split(",")[:MOST_PARTS]:
        try:
            if part.strip():
                names[_read_feature(part, n_features)] = None
        except CultureError as error:
            problem = problem or error
    if len(names) > MOST_FEATURES:
        problem = problem or CultureError(
            f"more than {MOST_FEATURES} features at a time: the rest is left out"
        )
    return list(names)[:MOST_FEATURES], problem


def _read_feature(text: str, n_features: Mapping[int, int]) -> FeatureName:
    found = re.fullmatch(r"\s*([0-9]{1,3})\.([0-9]{1,7})\s*", text, re.ASCII)
    if found is None:
        raise CultureError(f"{quoted(text)} is no feature: write GPT and feature, as in 0.12")
    model_k, feature = int(found[1]), int(found[2])
    if model_k not in n_features:
        raise CultureError(f"there is no GPT {model_k}; there are: {', '.join(map(str, n_features))}")
    if feature >= n_features[model_k]:
        raise CultureError(
            f"GPT {model_k} has no feature {feature}: they run from 0 to {n_features[model_k] - 1}"
        )
    return FeatureName(model_k, feature)


def write_features(names: Sequence[FeatureName]) -> str | None:
    """The list that `read_features` reads; None for an empty one."""
    return ",".join(map(str, names)) or None


def read_amount(text: str | None, default: float, *, largest: float = LARGEST_AMOUNT) -> float:
    """A number with up to three decimals.

    Errors: CultureError that names the range.
    """
    if text is None:
        return default
    if _AMOUNT.fullmatch(text) and abs(float(text)) <= largest:
        return float(text)
    raise CultureError(f"{quoted(text)} is no number from {-largest:g} to {largest:g}")


def start_quiz(task: str, structure: str, seed: int) -> Tensor:
    """The quiz (404,) of a task, structure and seed, without noise."""
    assert task in TASKS
    return generate_stream((task,), 0, 1, seed, structure=structure, noise=0.0).tokens[0]


def measured_quizzes(task: str, n: int, seed: int) -> Tensor:
    """n quizzes (n, 404) of one task to measure accuracy on, as `culture evaluate` draws them."""
    from culture_core.evaluation.accuracy import evaluation_quizzes

    return evaluation_quizzes(n, seed, (task,)).tokens


def empty_cells(tokens: Tensor) -> Tensor:
    """The quiz with every cell background, its markers kept."""
    markers = torch.zeros_like(tokens)
    markers[::101] = tokens[::101]
    return markers


def probability_words(p: float) -> str:
    """A probability with two decimals, as in 0.93; "<0.01" for a small one."""
    return f"{p:.2f}" if p >= 0.005 else "<0.01"
