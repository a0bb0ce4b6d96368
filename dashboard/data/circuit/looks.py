"""Why a head looks where it does: one attention score taken apart, computed once."""

from dataclasses import dataclass

import numpy as np

from culture_core.circuits.heads.one_look import look_of, read_by, read_head
from culture_core.circuits.words import look_rows
from culture_core.figures.looks import look_sentence
from dashboard.data.cached import shared
from dashboard.data.circuit.traces import residual_saes, sae_versions
from dashboard.data.population import gpts
from dashboard.data.population.populations import Population
from dashboard.data.quiz.answers import batch_of_one
from dashboard.data.workers import in_turn

N_PAIRS = 10


@dataclass(frozen=True)
class ShownLook:
    """One look of a head in words. rows: its strongest pairs; n_weaker: how many others there are."""

    sentence: str
    rows: list[dict[str, object]]
    n_weaker: int


def look(
    chosen: Population, model_k: int, tokens: np.ndarray, position: int, head: str, key: int
) -> ShownLook:
    """One look of a head, as in "1.0", at a token that is read (0: the 0 in front) while a position of a quiz
    (404,) is predicted.

    Errors: CultureError that says what to run where the SAE before the head's block is missing.
    """
    return _look(chosen, model_k, tokens.tobytes(), position, head, key)


def _made_from(
    chosen: Population,
    model_k: int,
    tokens: bytes,  # noqa: ARG001 - as the function it serves
    position: int,  # noqa: ARG001
    head: str,  # noqa: ARG001
    key: int,  # noqa: ARG001
) -> tuple[object, ...]:
    return gpts.versions(chosen), sae_versions(chosen, model_k)


@shared(_made_from, at_most=40)
def _look(chosen: Population, model_k: int, tokens: bytes, position: int, head: str, key: int) -> ShownLook:
    model, quiz, (block, number) = gpts.model(chosen, model_k), batch_of_one(tokens)[0], read_head(head)
    saes = residual_saes(chosen, model_k) if read_by(block) is not None else {}
    found = in_turn(lambda: look_of(model, saes, quiz, position, (block, number), key))
    rows = look_rows(chosen.folder, model_k, found, N_PAIRS)
    return ShownLook(look_sentence(found), rows, found.excess.pairs.numel() - len(rows))
