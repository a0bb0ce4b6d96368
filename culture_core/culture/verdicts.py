"""Every GPT's verdict on a candidate (understood, failed or neither), and whether the candidate is kept.

A GPT's probability for a quiz is that of the right f_B in A, f_A, B, f_B times that of the right B in
f_A, A, f_B, B: it must know the rule both ways. The shown third grid is noisy; the probability is the mean
over some noise draws. Source: docs/reference/culture.md, "Verdicts".
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from culture_core.culture.settings import VerdictSettings
from culture_core.models.mygpt import KeyValueCache, MyGPT, shift_right
from culture_core.world.noise import add_prompt_noise
from culture_core.world.randomness import Draws, quiz_keys
from culture_core.world.structures import is_trivial, reconfigure, structure_of
from culture_core.world.vocabulary import BLOCK_LENGTH, LAST_GRID, N_CELLS, QUIZ_LENGTH

FAILS, UNDECIDED, UNDERSTANDS, NOT_ASKED = range(4)
VERDICTS = ("fails", "undecided", "understands", "not asked")

KEPT, OF_ONE_MIND, TOO_MANY_FAIL, ONE_UNDECIDED, TRIVIAL, INVALID, DUPLICATE = range(7)
REASONS = ("kept", "too few fail", "too many fail", "undecided", "trivial", "invalid", "duplicate")

N_ALIKE = 2 + 2 * BLOCK_LENGTH  # inputs before the third grid: the 0 in front, two blocks, a marker
DIRECTIONS = ("A,f_A,B,f_B", "f_A,A,f_B,B")
_NOISE_STREAM = 2_000


def noisy_views(quizzes: Tensor, number: Tensor, seed: int, settings: VerdictSettings) -> Tensor:
    """What the GPTs are shown of each quiz: (draws, 2 directions, n, 404) uint8.

    quizzes: (n, 404) in any structure. number: (n,) int64; noise depends on the seed and this number alone,
    so that every GPT sees the same.
    """
    views = []
    for draw in range(settings.n_draws):
        for d, direction in enumerate(DIRECTIONS):
            clean = reconfigure(quizzes, direction)
            draws = Draws(quiz_keys(seed, _NOISE_STREAM + draw * len(DIRECTIONS) + d, number))
            views.append(add_prompt_noise(clean, structure_of(clean), draws, settings.noise)[0])
    return torch.stack(views).unflatten(0, (settings.n_draws, len(DIRECTIONS)))


def understanding(model: MyGPT, views: Tensor, *, batch_size: int = 64) -> Tensor:
    """A GPT's probability for each quiz: (draws, 2, n, 404) -> (n,) float64."""
    both = [_one_direction(model, views[:, d], batch_size) for d in range(len(DIRECTIONS))]
    return torch.stack(both).sum(dim=0).exp().mean(dim=0)


@torch.inference_mode()
def _one_direction(model: MyGPT, views: Tensor, batch_size: int) -> Tensor:
    """Log-probability of the last grid on the CPU: (draws, n, 404) -> (draws, n) float64."""
    device = next(model.parameters()).device
    batches = views.split(batch_size, dim=1)
    return torch.cat(
        [_log_probability(model, batch.to(device, torch.long)).cpu() for batch in batches], dim=1
    )


def _log_probability(model: MyGPT, tokens: Tensor) -> Tensor:
    """Log-probability of the last grid: (draws, n, 404) -> (draws, n) float64.

    Draws differ in the third grid only: what comes before it is read once for all of them.
    """
    inputs = shift_right(tokens)
    cache = KeyValueCache(model, tokens.shape[1], QUIZ_LENGTH)
    model.read(inputs[0, :, :N_ALIKE], cache)
    rows = []
    for shown, true in zip(inputs[:, :, N_ALIKE:], tokens[:, :, LAST_GRID], strict=True):
        cache.filled = N_ALIKE
        log_probability = model.read(shown, cache)[:, -N_CELLS:].float().log_softmax(-1)
        rows.append(log_probability.gather(-1, true.unsqueeze(-1)).double().sum(dim=(1, 2)))
    return torch.stack(rows)


def judge(probability: Tensor, settings: VerdictSettings) -> Tensor:
    """Verdicts from probabilities of any shape, NaN for a GPT not asked: uint8 index into VERDICTS."""
    verdict = torch.full(probability.shape, UNDECIDED, dtype=torch.uint8)
    verdict[probability >= settings.understands] = UNDERSTANDS
    verdict[probability <= settings.fails] = FAILS
    verdict[probability.isnan()] = NOT_ASKED
    return verdict


def before_asking(tokens: Tensor, valid: Tensor) -> Tensor:
    """What is plain of candidates before a GPT is asked: (n,) INVALID, TRIVIAL, or KEPT as far as that goes.

    tokens: (n, 404); valid: (n,) whether they are quizzes.
    """
    reason = torch.full((len(tokens),), INVALID, dtype=torch.uint8)
    reason[valid] = torch.where(is_trivial(tokens[valid]), TRIVIAL, KEPT).to(torch.uint8)
    return reason


def after_asking(reason: Tensor, probability: Tensor, settings: VerdictSettings) -> Tensor:
    """Reasons (n,) once the GPTs have been asked: those of `before_asking`, decided by the probabilities
    (n, m) where nothing stood against a candidate."""
    decided = decide(judge(probability, settings), settings)
    return torch.where(reason == KEPT, decided, reason)


def decide(verdict: Tensor, settings: VerdictSettings) -> Tensor:
    """Whether each candidate is kept, and if not, why: verdicts (n, m) of m GPTs -> (n,) index into REASONS.

    The reason is the first one met when the GPTs are asked in their order, so that it is the same whether or
    not the rest were asked.
    """
    reason = torch.full((len(verdict),), KEPT, dtype=torch.uint8)
    failures = torch.zeros(len(verdict), dtype=torch.long)
    for answer in verdict.T:
        failures += answer == FAILS
        reason[(reason == KEPT) & (answer == UNDECIDED)] = ONE_UNDECIDED
        reason[(reason == KEPT) & (failures > settings.max_failures)] = TOO_MANY_FAIL
    reason[(reason == KEPT) & (failures < settings.min_failures)] = OF_ONE_MIND
    return reason


def ask(
    models: Sequence[MyGPT],
    quizzes: Tensor,
    number: Tensor,
    seed: int,
    settings: VerdictSettings,
    *,
    in_full: Tensor | None = None,
    batch_size: int = 64,
) -> Tensor:
    """Probabilities (n, m) float64 of the m GPTs, asked in turn about quizzes (n, 404).

    A candidate that can no longer be kept is not put to the GPTs after: NaN. Where a GPT fails one that is
    not kept, its number may be the probability of f_B alone, which is no lower and fails already. in_full:
    (n,) bool, those that are put to every GPT and in both directions all the same (default: none).
    """
    views = noisy_views(quizzes, number, seed, settings)
    probability = torch.full((len(quizzes), len(models)), torch.nan, dtype=torch.float64)
    one_sided = torch.zeros(probability.shape, dtype=torch.bool)
    always = torch.zeros(len(quizzes), dtype=torch.bool) if in_full is None else in_full
    for m, model in enumerate(models):
        reason = decide(judge(probability[:, :m], settings), settings)
        lost = (reason == ONE_UNDECIDED) | (reason == TOO_MANY_FAIL)
        rows = (~lost | always).nonzero()[:, 0]
        if len(rows):
            answer = _enough(model, views[:, :, rows], always[rows], settings, batch_size)
            probability[rows, m], one_sided[rows, m] = answer
    kept = decide(judge(probability, settings), settings) == KEPT
    for m, model in enumerate(models):
        rows = (kept & one_sided[:, m]).nonzero()[:, 0]
        if len(rows):
            probability[rows, m] = understanding(model, views[:, :, rows], batch_size=batch_size)
    return probability


def _enough(
    model: MyGPT, views: Tensor, in_full: Tensor, settings: VerdictSettings, batch_size: int
) -> tuple[Tensor, Tensor]:
    """As much of a GPT's probability (n,) as a verdict takes, and where that is of the first direction alone.

    The second direction can only lower it: a quiz that fails in the first is not shown in the second.
    """
    first = _one_direction(model, views[:, 0], batch_size)
    probability = first.exp().mean(dim=0)
    one_sided = (probability <= settings.fails) & ~in_full
    both = ~one_sided
    if both.any():
        second = _one_direction(model, views[:, 1, both], batch_size)
        probability[both] = (first[:, both] + second).exp().mean(dim=0)
    return probability, one_sided
