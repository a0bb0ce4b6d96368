"""The catalogue of heads as tables: one row per head, the same head in other GPTs."""

from collections.abc import Mapping

import pandas as pd

from culture_core.circuits.heads.catalogue import Heads
from culture_core.circuits.heads.matching import HeadMatches, match_heads
from culture_core.circuits.heads.targets import TARGETS
from culture_core.circuits.heads.words import head_sentence, most_hurt
from dashboard.data.cached import shared
from dashboard.data.population import measurements
from dashboard.data.population.populations import Population

LOSS, WORST, LOOKS, SHARE, COPIES, DIRECT = (
    "loss without it",
    "most on",
    "looks most at",
    "share",
    "copies",
    "adds to the answer",
)
SAME, LIKENESS, WORDS = "the same head in the other GPTs", "likeness", "in words"


def _made_from(chosen: Population) -> tuple[int | None, ...]:
    return tuple(chosen.artifact("heads", k).written() for k in chosen.models)


@shared(_made_from, at_most=8)
def head_matches(chosen: Population) -> HeadMatches:
    """The heads of all GPTs, paired with those of every other."""
    return match_heads(measurements.heads(chosen))


def catalogue_table(catalogue: Mapping[int, Heads], matches: HeadMatches) -> pd.DataFrame:
    """One row per head of all GPTs, those first whose ablation costs most loss over the tasks that GPTs are
    trained on."""
    rows = [
        {"GPT": k, "head": name, **_numbers(heads, number), **_partners(matches, k, number)}
        for k, heads in catalogue.items()
        for number, name in enumerate(heads.names)
    ]
    table = pd.DataFrame(rows)
    table[WORDS] = [sentence_of(catalogue, k, name) for k, name in zip(table.GPT, table["head"], strict=True)]
    return table.sort_values(LOSS, ascending=False, kind="stable", ignore_index=True)


def sentence_of(catalogue: Mapping[int, Heads], model_k: int, name: str) -> str:
    """What a head does, in words."""
    block, head = map(int, name.split("."))
    return head_sentence(catalogue[model_k], block, head)


def partner_table(
    catalogue: Mapping[int, Heads], matches: HeadMatches, model_k: int, name: str
) -> pd.DataFrame:
    """One row per other GPT: the head paired with this one, their likeness, and what it does in words."""
    place, number = matches.models.index(model_k), matches.names.index(name)
    rows = []
    for other, k in enumerate(matches.models):
        if other != place:
            paired = matches.names[matches.partner[place, other, number]]
            likeness = float(matches.similarity[place, other, number])
            rows.append(
                {"GPT": k, "head": paired, LIKENESS: likeness, WORDS: sentence_of(catalogue, k, paired)}
            )
    return pd.DataFrame(rows, columns=["GPT", "head", LIKENESS, WORDS])


def _numbers(heads: Heads, number: int) -> dict[str, object]:
    block, head = divmod(number, heads.loss.shape[2])
    looks = heads.overall(heads.looks)[block, head]
    return {
        LOSS: float(heads.overall(heads.loss)[block, head]),
        WORST: most_hurt(heads, block, head),
        LOOKS: list(TARGETS)[int(looks.argmax())],
        SHARE: float(looks.max()),
        COPIES: float(heads.overall(heads.copies)[block, head]),
        DIRECT: float(heads.overall(heads.direct)[block, head]),
    }


def _partners(matches: HeadMatches, model_k: int, number: int) -> dict[str, object]:
    """The paired heads in words, as in "1: 1.1 · 2: 1.0", and their mean likeness."""
    place = matches.models.index(model_k)
    others = [other for other in range(len(matches.models)) if other != place]
    names = [f"{matches.models[b]}: {matches.names[matches.partner[place, b, number]]}" for b in others]
    likeness = matches.similarity[place, others, number].mean() if others else float("nan")
    return {SAME: " · ".join(names), LIKENESS: float(likeness)}
