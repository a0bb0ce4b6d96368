"""What a head does in one sentence, made from its numbers alone."""

import numpy as np

from culture_core.circuits.heads.catalogue import Heads
from culture_core.circuits.heads.matching import HeadMatches
from culture_core.circuits.heads.targets import TARGETS

MOST, LEAST_NAMED = 0.5, 0.2
COPIES = 1.0
LEAST_LOSS = 0.01


def head_sentence(heads: Heads, block: int, head: int) -> str:
    """One sentence, over the tasks that GPTs are trained on: where the head looks, what it does to the colour
    there, and which task loses most without it."""
    return "; ".join(
        (
            looks_words(heads.overall(heads.looks)[block, head]),
            copy_words(float(heads.overall(heads.copies)[block, head])),
            ablation_words(heads, block, head),
        )
    )


def looks_words(shares: np.ndarray) -> str:
    """Where a head looks, from its attention by target (targets,): one or two targets, or that it is
    spread."""
    first, second = np.argsort(-shares, kind="stable")[:2]
    phrases = list(TARGETS.values())
    named = f"{phrases[first]} ({shares[first]:.0%})"
    if shares[first] >= MOST:
        return f"looks at {named}"
    if shares[second] >= LEAST_NAMED:
        return f"looks at {named} and {phrases[second]} ({shares[second]:.0%})"
    return f"looks widely, most at {named}"


def copy_words(score: float) -> str:
    """What a head does directly to the logit of the colour that it attends to."""
    if score >= COPIES:
        return f"copies the colour it sees ({score:+.1f} logits)"
    if score <= -COPIES:
        return f"suppresses the colour it sees ({score:+.1f} logits)"
    return "copies no colour directly"


def ablation_words(heads: Heads, block: int, head: int) -> str:
    """The task whose loss rises most without the head, and how far."""
    worst = most_hurt(heads, block, head)
    change = heads.loss[heads.tasks.index(worst), block, head]
    if change < LEAST_LOSS:
        return f"no task needs it (less than {LEAST_LOSS} nats)"
    return f"without it {worst} loses {change:.2f} nats per cell"


def most_hurt(heads: Heads, block: int, head: int) -> str:
    """The task, of those that GPTs are trained on, whose loss rises most without the head."""
    return heads.tasks[int(np.where(heads.known, heads.loss[:, block, head], -np.inf).argmax())]


def matches_sentence(matches: HeadMatches) -> str:
    """How alike the paired heads of several GPTs are, against chance."""
    if len(matches.models) == 1:
        return "One GPT has no others to compare its heads with."
    by_chance = round(matches.random, 2) + 0.0
    return (
        f"Paired one to one, the heads of two GPTs have a mean similarity of {matches.mean:.2f}; "
        f"{np.mean(matches.shuffled):.2f} with shuffled profiles (97.5% of draws below "
        f"{np.quantile(matches.shuffled, 0.975):.2f}), {by_chance:.2f} paired at random. "
        f"{matches.in_same_block:.0%} of pairs are in the same block."
    )
