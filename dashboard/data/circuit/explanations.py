"""Why a GPT answers as it does: the features its answer depends on, its attention, what its layers know."""

import numpy as np
import pandas as pd
import torch

from culture_core.evaluation.attention import attention_patterns, logit_lens
from culture_core.features.attribution import N_FEATURES, Attribution, Margin, attribute, choose_margin
from culture_core.world.pairs import deciding_cell
from culture_core.world.vocabulary import LAST_GRID
from dashboard.data.cached import shared
from dashboard.data.feature.firing_features import feature_words
from dashboard.data.population import gpts
from dashboard.data.population.populations import Population
from dashboard.data.quiz.answers import GivenAnswers, batch_of_one
from dashboard.data.workers import in_turn


def cell_to_explain(tokens: np.ndarray, intact: GivenAnswers) -> int:
    """The deciding cell of a quiz (404,) as drawn, or of the first answer that has one."""
    candidates = [deciding_cell(torch.from_numpy(tokens.copy()))]
    for predicted in intact.predicted:
        answered = torch.from_numpy(np.concatenate([tokens[: LAST_GRID.start], predicted]))
        candidates.append(deciding_cell(answered))
    return next((cell for cell in candidates if cell is not None), LAST_GRID.start)


def attribution_table(chosen: Population, hook: str, model_k: int, found: Attribution) -> pd.DataFrame:
    """The features an answer depends on: their effect two ways, and what they are."""
    return pd.DataFrame(
        {
            "feature": found.feature,
            "by ablation": found.ablation,
            "by gradient": found.gradient,
            "signs": np.where(found.disagree, "⚠ opposite", ""),
            "detects": [feature_words(chosen, hook, model_k, int(one)) for one in found.feature],
        }
    )


def margin(chosen: Population, model_k: int, tokens: np.ndarray, position: int) -> Margin:
    """What a GPT answers at a position, and the alternative."""
    return choose_margin(gpts.model(chosen, model_k), torch.from_numpy(tokens.copy()), position)


def attribution(
    chosen: Population,
    hook: str,
    model_k: int,
    tokens: np.ndarray,
    explained: Margin,
    *,
    n_features: int = N_FEATURES,
    also: int | None = None,
) -> Attribution:
    """Which features of a GPT its answer at a position depends on; n_features, also: see `attribute`."""
    return _attribution(chosen, hook, model_k, tokens.tobytes(), explained, n_features, also)


def attention(chosen: Population, model_k: int, tokens: np.ndarray) -> np.ndarray:
    """Attention (blocks, heads, 404, 404) of a GPT on a quiz; see `attention_patterns`."""
    return _attention(chosen, model_k, tokens.tobytes())


def lens(chosen: Population, model_k: int, tokens: np.ndarray) -> np.ndarray:
    """Probabilities (blocks + 1, 404, 15) by layer of a GPT on a quiz; see `logit_lens`."""
    return _lens(chosen, model_k, tokens.tobytes())


def _explained_with(
    chosen: Population,
    hook: str,
    model_k: int,
    tokens: bytes,  # noqa: ARG001 - as the function it serves
    explained: Margin,  # noqa: ARG001
    n_features: int,  # noqa: ARG001
    also: int | None,  # noqa: ARG001
) -> tuple[tuple[str, ...], int | None]:
    return gpts.versions(chosen), gpts.sae_written(chosen, hook, model_k)


@shared(_explained_with, at_most=100, spinner="Ablating one feature after the other")
def _attribution(
    chosen: Population,
    hook: str,
    model_k: int,
    tokens: bytes,
    explained: Margin,
    n_features: int,
    also: int | None,
) -> Attribution:
    model, sae = gpts.model(chosen, model_k), gpts.sae(chosen, hook, model_k)
    quiz = batch_of_one(tokens)[0]
    return in_turn(lambda: attribute(model, sae, hook, quiz, explained, n_features=n_features, also=also))


@shared(lambda chosen, model_k, tokens: gpts.versions(chosen), at_most=8)  # noqa: ARG005
def _attention(chosen: Population, model_k: int, tokens: bytes) -> np.ndarray:
    return attention_patterns(gpts.model(chosen, model_k), batch_of_one(tokens))[0].numpy()


@shared(lambda chosen, model_k, tokens: gpts.versions(chosen), at_most=50)  # noqa: ARG005
def _lens(chosen: Population, model_k: int, tokens: bytes) -> np.ndarray:
    return logit_lens(gpts.model(chosen, model_k), batch_of_one(tokens))[0].numpy()
