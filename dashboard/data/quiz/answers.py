"""What the GPTs answer to a quiz, with and without interventions, and what features do on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from culture_core.features.interventions import Intervention
from culture_core.features.strength import StrengthCurve, strength_curve
from culture_core.models.guessing import Answers, greedy_answers
from culture_core.models.steering import edit_at
from culture_core.world.vocabulary import LAST_GRID
from dashboard.data.cached import shared
from dashboard.data.population import gpts
from dashboard.data.population.populations import Population
from dashboard.data.words.number_words import probability_words
from dashboard.data.workers import side_by_side

Planned = tuple[tuple[int, Intervention], ...]


@dataclass(frozen=True)
class GivenAnswers:
    """The last grids that m GPTs write.

    predicted: (m, 100) uint8. probability: (m, 100) of each cell when it was written.
    """

    predicted: np.ndarray
    probability: np.ndarray

    def of(self, places: Sequence[int]) -> "GivenAnswers":
        """The answers of some of the GPTs, by their places."""
        return GivenAnswers(self.predicted[list(places)], self.probability[list(places)])

    def sureness(self, place: int) -> str:
        """How probable a GPT finds its whole answer, in words."""
        return probability_words(float(np.prod(self.probability[place].astype(np.float64))))


def answers(chosen: Population, tokens: np.ndarray) -> GivenAnswers:
    """What every GPT answers to a quiz (404,), greedily."""
    return _answers(chosen, tokens.tobytes())


def steered_answers(
    chosen: Population,
    hook: str,
    interventions: Mapping[int, Intervention],
    tokens: np.ndarray,
    positions: range | None = None,
) -> GivenAnswers:
    """What the GPTs answer under their interventions, in the order of these; positions: see `only_at`."""
    return _steered_answers(chosen, hook, tuple(interventions.items()), tokens.tobytes(), positions)


def strength_curves(
    chosen: Population,
    hook: str,
    interventions: Mapping[int, Intervention],
    tokens: np.ndarray,
    cell: int,
    positions: range | None,
) -> list[StrengthCurve]:
    """What each GPT expects as its features are scaled, 0 to 15 times; in the order of `interventions`."""
    return _strength_curves(chosen, hook, tuple(interventions.items()), tokens.tobytes(), cell, positions)


def activations(
    chosen: Population, hook: str, names: Sequence[tuple[int, int]], tokens: np.ndarray
) -> np.ndarray:
    """Activations (n, 404) of n features, given as (GPT, feature), on a quiz (404,)."""
    readings = {k: gpts.reading(chosen, hook, k, tokens) for k in dict.fromkeys(k for k, _ in names)}
    rows = [readings[k].of_feature(feature) for k, feature in names]
    return np.stack(rows) if rows else np.empty((0, len(tokens)), np.float32)


def batch_of_one(tokens: bytes) -> Tensor:
    """A quiz as the GPTs take it: (1, 404) uint8."""
    return torch.frombuffer(bytearray(tokens), dtype=torch.uint8)[None]


@shared(lambda chosen, tokens: gpts.versions(chosen), at_most=200)  # noqa: ARG005
def _answers(chosen: Population, tokens: bytes) -> GivenAnswers:
    models = [gpts.model(chosen, k) for k in chosen.models]
    quiz = batch_of_one(tokens)
    return _together(side_by_side(lambda model: greedy_answers(model, quiz), models))


def _steered_with(
    chosen: Population,
    hook: str,
    planned: Planned,
) -> tuple[tuple[str, ...], tuple[int | None, ...]]:
    return gpts.versions(chosen), tuple(gpts.sae_written(chosen, hook, k) for k, _ in planned)


@shared(
    lambda chosen, hook, planned, tokens, positions: _steered_with(chosen, hook, planned),  # noqa: ARG005
    at_most=200,
)
def _steered_answers(
    chosen: Population, hook: str, planned: Planned, tokens: bytes, positions: range | None
) -> GivenAnswers:
    models = [gpts.model(chosen, k) for k, _ in planned]
    saes = [gpts.sae(chosen, hook, k) for k, _ in planned]
    quiz = batch_of_one(tokens)

    def answer(place: int) -> Answers:
        replace = planned[place][1].on(saes[place])
        return greedy_answers(models[place], quiz, edit=edit_at(hook, replace), positions=positions)

    return _together(side_by_side(answer, range(len(models))))


@shared(
    lambda chosen, hook, planned, tokens, cell, positions: _steered_with(chosen, hook, planned),  # noqa: ARG005
    at_most=50,
    spinner="Scaling the features, strength by strength",
)
def _strength_curves(
    chosen: Population, hook: str, planned: Planned, tokens: bytes, cell: int, positions: range | None
) -> list[StrengthCurve]:
    models = [gpts.model(chosen, k) for k, _ in planned]
    saes = [gpts.sae(chosen, hook, k) for k, _ in planned]
    quiz = batch_of_one(tokens)[0]

    def curve(place: int) -> StrengthCurve:
        intervention = planned[place][1]
        return strength_curve(models[place], saes[place], hook, quiz, intervention, cell, positions=positions)

    return side_by_side(curve, range(len(models)))


def _together(given: Sequence[Answers]) -> GivenAnswers:
    return GivenAnswers(
        np.stack([one.tokens[0, LAST_GRID].numpy() for one in given]),
        np.stack([one.probability[0].numpy() for one in given]),
    )
