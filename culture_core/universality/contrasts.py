"""Examples on which the measures of universality disagree, one of each kind, each chosen by a rule.

The rule of a kind names what must hold and which of those for which it holds is taken: always the one that
disagrees most.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from culture_core.universality.excess import HIGH
from culture_core.universality.families.choice import GROUP
from culture_core.universality.families.effects import INTERCHANGE
from culture_core.universality.families.reader import FamilyReader
from culture_core.universality.joint.reader import JointReader
from culture_core.universality.matching.reader import MatchReader
from culture_core.universality.sharing import sharing_of
from culture_core.universality.transfer.reader import TransferReader


@dataclass(frozen=True)
class Contrast:
    """One example. name: in short, for a file; title; words: a sentence with its numbers; model_k, feature:
    whose quiz shows it, with its matches; latent: of the joint dictionary, in place of a feature."""

    name: str
    title: str
    words: str
    model_k: int = -1
    feature: int = -1
    latent: int | None = None


def find_contrasts(
    matches: MatchReader,
    transfer: TransferReader | None,
    joint: JointReader | None,
    families: FamilyReader | None,
) -> list[Contrast]:
    """One example of each kind for which there is one; None: that measure is not there."""
    found: list[Contrast | None] = []
    if transfer is not None and matches.lowest_excess:
        found += [correlated_only(matches, transfer), transferred_only(matches, transfer)]
    if joint is not None:
        found.append(latent_only(matches, joint))
    if families is not None:
        found += [without_effect(matches, families), effect_at_low_r(matches, families)]
    return [one for one in found if one is not None]


def correlated_only(matches: MatchReader, transfer: TransferReader) -> Contrast | None:
    """Universal by correlation and not by transfer: the feature with the highest excess by correlation."""
    score = {
        k: np.where(matches.alive[k] & (excess > HIGH) & (transfer.excess[k] <= HIGH), excess, -np.inf)
        for k, excess in matches.lowest_excess.items()
    }
    if (best := _highest(score)) is None:
        return None
    k, feature = best
    return Contrast(
        "correlation",
        "It correlates but does not transfer",
        f"Feature {feature} of GPT {k} has a mean r of {matches.universality[k][feature]:.2f} with its best "
        f"matches, {matches.lowest_excess[k][feature]:+.2f} over the highest baseline, but an r of only "
        f"{transfer.universality[k][feature]:.2f} when it is read from the mapped states of the other GPTs, "
        f"{transfer.excess[k][feature]:+.2f} over the baselines.",
        k,
        feature,
    )


def transferred_only(matches: MatchReader, transfer: TransferReader) -> Contrast | None:
    """Alone in its GPT (see `Sharing`), yet universal by transfer: the feature with the highest excess by
    transfer."""
    score = {
        k: np.where(sharing_of(matches, k).alone & (excess > HIGH), excess, -np.inf)
        for k, excess in transfer.excess.items()
    }
    if (best := _highest(score)) is None:
        return None
    k, feature = best
    highest = max(match.r for match in matches.best(k, feature))
    return Contrast(
        "transfer",
        "One GPT has it, yet it transfers",
        f"Feature {feature} of GPT {k} has an r of at most {highest:.2f} in any other GPT, but it is read "
        f"from their mapped states with a mean r of {transfer.universality[k][feature]:.2f}, "
        f"{transfer.excess[k][feature]:+.2f} over the baselines.",
        k,
        feature,
    )


def latent_only(matches: MatchReader, joint: JointReader) -> Contrast | None:
    """Used by all GPTs, and the latent of most features of no matched group: the latent whose lowest excess
    is the highest.

    Its excess in a GPT: its r with the feature most like it there, above the highest r of that feature with
    any latent, the quizzes shuffled.
    """
    table, m = joint.table, len(joint.models)
    r = np.stack([table[f"r_{k}"] for k in joint.models])
    chance = np.stack([joint.shuffled_r(k)[table[f"feature_{k}"]] for k in joint.models])
    shared = table.fires & (table.users == m) & ~table.latent.isin(joint.groups(matches).latent)
    excess = np.where(shared, (r - chance).min(0), -np.inf)
    if not shared.any():
        return None
    latent = int(excess.argmax())
    return Contrast(
        "latent",
        "One latent of all GPTs, no matched group",
        f"Latent {latent} is used by all {m} GPTs, and the feature most like it in each has an r of at least "
        f"{r[:, latent].min():.2f} ({excess[latent]:+.2f} over shuffled quizzes), but no matched group has "
        "it for most of its features.",
        latent=latent,
    )


def without_effect(matches: MatchReader, families: FamilyReader) -> Contrast | None:
    """Not above its controls in every GPT when interchanged: the matched group with the highest excess."""
    numbers = _groups(families, ~families.beats_controls(INTERCHANGE))
    if len(numbers) == 0:
        return None
    group = int(numbers[matches.groups.excess.to_numpy()[numbers].argmax()])
    effect = f"{_effect_words(families, group)}, not above them in every GPT"
    return _of_group(matches, group, "no_effect", "A matched group without effect", "", effect)


def effect_at_low_r(matches: MatchReader, families: FamilyReader) -> Contrast | None:
    """Above its controls in every GPT when interchanged: the matched group with the lowest mean r."""
    numbers = _groups(families, families.beats_controls(INTERCHANGE))
    if len(numbers) == 0:
        return None
    group = int(numbers[matches.groups.mean_r.to_numpy()[numbers].argmin()])
    effect = f"{_effect_words(families, group)}, above them in every GPT"
    return _of_group(matches, group, "low_r", "An effect at a low r", "only ", effect)


def _groups(families: FamilyReader, holds: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Numbers of the groups whose effects were measured and for which it holds; holds: (s,) of all sets."""
    chosen = zip(families.kind, families.name, holds, strict=True)
    return np.array([int(name) for kind, name, held in chosen if kind == GROUP and held], dtype=np.int64)


def _effect_words(families: FamilyReader, group: int) -> str:
    """How far interchanging a group moves the answer, and how far its controls."""
    place = list(zip(families.kind, families.name, strict=True)).index((GROUP, str(group)))
    effect, controls = (
        families.effects(INTERCHANGE, controls=controls)[place, :, 0].mean() for controls in (False, True)
    )
    return (
        f"taken from another quiz it moves the answer by {effect:+.3f} nats, its controls by {controls:+.3f}"
    )


def _of_group(matches: MatchReader, group: int, name: str, title: str, only: str, effect: str) -> Contrast:
    """A group, shown by the feature of its first GPT. only: what is said before its mean r; effect: what it
    does, in words."""
    row = matches.groups.loc[group]
    first, feature = next(iter(matches.group_features(group).items()))
    words = (
        f"Group {group} has a mean r of {only}{row.mean_r:.2f}, {row.excess:+.2f} over the highest baseline, "
        f"but {effect}."
    )
    return Contrast(name, title, words, first, feature)


def _highest(score: dict[int, NDArray[np.floating]]) -> tuple[int, int] | None:
    """The GPT and the feature with the highest score, the first of several; None where all are -inf."""
    k = max(score, key=lambda k: float(score[k].max()))
    return (k, int(score[k].argmax())) if np.isfinite(score[k].max()) else None
