"""Section of the results page: what is universal by every measure, and where the measures disagree."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from culture_core.artifacts import UNTRAINED
from culture_core.errors import CultureError
from culture_core.intervals import jackknife_interval, wilson_interval
from culture_core.population import Population
from culture_core.results.markdown import percent, table
from culture_core.results.pictures import latent_picture, matches_picture
from culture_core.results.place import Place
from culture_core.results.present import if_there
from culture_core.universality.contrasts import Contrast, find_contrasts
from culture_core.universality.excess import HIGH
from culture_core.universality.families.choice import FAMILY, GROUP
from culture_core.universality.families.effects import INTERCHANGE
from culture_core.universality.families.reader import FamilyReader
from culture_core.universality.joint.reader import JointReader
from culture_core.universality.matching.baselines import PERMUTATION
from culture_core.universality.matching.reader import MatchReader
from culture_core.universality.measures import (
    CORRELATION,
    JOINT,
    TRANSFER,
    excess_by_measure,
    shares_universal,
)
from culture_core.universality.transfer.reader import TransferReader

TITLE = "Universality by every measure"
ByModel = dict[int, NDArray[np.floating]]
DEFINITIONS = (
    f"Features: the share of those that fire whose value is more than {HIGH} above the highest baseline, "
    "mean and interval over GPTs. The measures have different baselines, so correlation stands above "
    "transfer and the joint dictionary once more, over the same ones. Groups and families, those with the "
    "most influence: the share that moves the answer further than as many other features of like density in "
    "every GPT, with Wilson's interval. Value and baseline are means, of r or in nats."
)
RULES = (
    "Where they disagree, the example of each kind that disagrees most: universal by correlation and not by "
    "transfer, with the highest excess by correlation; without an r above "
    f"{HIGH} in any other GPT but universal by transfer, with "
    "the highest excess by transfer; a latent of the joint dictionary that all GPTs use and that no matched "
    "group has for most of its features, with the highest excess in the GPT where it is lowest; of the "
    "matched groups whose effect was measured, the one with the highest excess that is not above its "
    "controls in every GPT, and the one with the lowest r that is. Each picture shows the top-activating "
    "quiz of the feature, of a group that of the first GPT's, with one row per GPT; of a latent the three "
    "top-activating quizzes. The area of a black square is the activation after reading that cell."
)


@dataclass(frozen=True)
class Measured:
    """What one measure calls universal.

    of: what is counted. share: of it, with a 95% interval. value, baseline: means of what is measured and of
    its baseline, as written; against: what the baseline is.
    """

    measure: str
    of: str
    share: float
    interval: tuple[float, float]
    value: str
    baseline: str
    against: str


@dataclass(frozen=True)
class Readers:
    """The measures of one hook point; None for one that is not there."""

    matches: MatchReader
    transfer: TransferReader | None
    joint: JointReader | None
    families: FamilyReader | None

    @classmethod
    def of(cls, population: Population, hook: str) -> "Readers":
        """Errors: CultureError when there are no matches."""
        return cls(
            population.matches(hook),
            if_there(lambda: population.transfer(hook)),
            if_there(lambda: population.joint(hook)),
            if_there(lambda: population.families(hook)),
        )


def universal_section(population: Population, hook: str, place: Place) -> str:
    """What each measure calls universal beside its baseline, by GPT, and examples on which they disagree."""
    readers = Readers.of(population, hook)
    rows = [_row(one) for one in measured(readers)]
    parts = [DEFINITIONS, table(rows)] if rows else []
    if readers.transfer is not None and readers.joint is not None:
        parts += [f"By GPT, features with an excess above {HIGH}:", table(_by_model(readers))]
    parts += _contrasts(population, hook, readers, place)
    parts += [f"Not measured: {error}." for error in _missing(population, hook)]
    return "\n\n".join(parts)


def measured(readers: Readers) -> list[Measured]:
    """What every measure that is there calls universal."""
    matches, transfer, joint, families = readers.matches, readers.transfer, readers.joint, readers.families
    found = []
    if matches.lowest_excess:
        against = "the highest of shuffled quizzes, an untrained GPT and rotated states, where measured"
        found.append(_correlation(matches, tuple(matches.excess), against))
    if transfer is not None:
        against = "the higher of shuffled quizzes and an untrained GPT"
        if {PERMUTATION, UNTRAINED} <= matches.excess.keys():
            name = f"{CORRELATION}, over the baselines of {TRANSFER}"
            found.append(_correlation(matches, (PERMUTATION, UNTRAINED), against, name))
        found.append(_features(TRANSFER, transfer.universality, transfer.excess, against))
    if joint is not None:
        if PERMUTATION in matches.excess:
            name = f"{CORRELATION}, over the baseline of the {JOINT}"
            found.append(_correlation(matches, (PERMUTATION,), "shuffled quizzes", name))
        excess = {k: r - joint.shuffled_r(k) for k, r in joint.universality.items()}
        found.append(_features(JOINT, joint.universality, excess, "the latents' quizzes shuffled"))
    if families is not None:
        found += [_effect(families, kind, words) for kind, words in EFFECTS.items() if kind in families.kind]
    return found


EFFECTS = {GROUP: "matched groups", FAMILY: "families"}


def _correlation(
    matches: MatchReader, baselines: Sequence[str], against: str, name: str = CORRELATION
) -> Measured:
    """Correlation above the highest of some baselines."""
    fires = {k: np.where(alive, 0.0, np.nan) for k, alive in matches.alive.items()}
    value = {k: r + fires[k] for k, r in matches.universality.items()}
    excess = {k: np.min([matches.excess[one][k] for one in baselines], axis=0) + fires[k] for k in value}
    return _features(name, value, excess, against)


def _features(measure: str, value: ByModel, excess: ByModel, against: str) -> Measured:
    """value, excess: by GPT (f,), NaN for a feature that does not fire."""
    fires = {k: np.isfinite(r) for k, r in excess.items()}
    shares = [float((r[fires[k]] > HIGH).mean()) for k, r in excess.items()]
    without = [float(np.mean([*shares[:a], *shares[a + 1 :]])) for a in range(len(shares))]
    low, high = jackknife_interval(float(np.mean(shares)), without)
    means = [value[k][fires[k]].mean() for k in value]
    baselines = [(value[k] - excess[k])[fires[k]].mean() for k in value]
    return Measured(
        measure,
        f"{sum(int(one.sum()) for one in fires.values()):,} features",
        float(np.mean(shares)),
        (max(low, 0.0), min(high, 1.0)),
        f"r {np.mean(means):.3f}",
        f"r {np.mean(baselines):.3f}",
        against,
    )


def _effect(families: FamilyReader, kind: str, words: str) -> Measured:
    of_kind = np.array(families.kind) == kind
    beats = families.beats_controls(INTERCHANGE)[of_kind]
    value, baseline = (
        families.effects(INTERCHANGE, controls=controls)[of_kind, :, 0].mean() for controls in (False, True)
    )
    return Measured(
        "effect",
        f"{len(beats)} {words}",
        float(beats.mean()),
        wilson_interval(int(beats.sum()), len(beats)),
        f"{value:+.3f} nats",
        f"{baseline:+.3f} nats",
        "as many other features of like density",
    )


def _row(one: Measured) -> dict[str, Any]:
    return {
        "universal by": one.measure,
        "of": one.of,
        "share": percent(one.share),
        "95% interval": " to ".join(percent(end) for end in one.interval),
        "value": one.value,
        "baseline": one.baseline,
        "the baseline is": one.against,
    }


def _by_model(readers: Readers) -> list[dict[str, Any]]:
    assert readers.transfer is not None and readers.joint is not None
    rows = []
    for k in readers.matches.models:
        excess = excess_by_measure(readers.matches, readers.transfer, readers.joint, k)
        shares = shares_universal(excess)
        rows.append({"GPT": k, **{name: percent(value) for name, value in shares.items()}})
    return rows


def _contrasts(population: Population, hook: str, readers: Readers, place: Place) -> list[str]:
    """The examples with a picture each; nothing where there is none."""
    place.remove_pictures("contrast_*.png")
    found = find_contrasts(readers.matches, readers.transfer, readers.joint, readers.families)
    parts = [RULES] if found else []
    for one in found:
        name = f"contrast_{one.name}.png"
        drawn = if_there(partial(_picture, population, hook, readers, one))
        parts += [f"**{one.title}.** {one.words}{_detects(population, hook, one)}"]
        if drawn is not None:
            parts.append(f"![{one.title}]({place.write_picture(name, drawn)})")
    return parts


def _picture(population: Population, hook: str, readers: Readers, one: Contrast) -> bytes:
    if one.latent is not None:
        return latent_picture(population.index(hook, population.models[0], "joint"), one.latent)
    indexes = {k: population.index(hook, k) for k in population.models}
    return matches_picture(readers.matches, indexes, one.model_k, one.feature)


def _detects(population: Population, hook: str, one: Contrast) -> str:
    """What it detects, as a sentence of its own; "" where it was not graded."""
    whose = (population.models[0], "joint") if one.latent is not None else (one.model_k, "")
    number = one.feature if one.latent is None else one.latent
    sentence = if_there(lambda: population.grades(hook, *whose).sentence(number))
    return f" {sentence}" if sentence else ""


def _missing(population: Population, hook: str) -> list[str]:
    """Why a measure is not there, with what to run."""
    errors = []
    readings: tuple[Callable[[str], Any], ...] = (population.transfer, population.joint, population.families)
    for read in readings:
        try:
            read(hook)
        except CultureError as error:
            errors.append(str(error))
    return errors
