"""Universality by measures other than correlation, as far as a population has them."""

import pandas as pd

from culture_core.universality import measures
from culture_core.universality.families.reader import FamilyReader
from culture_core.universality.joint.reader import JointReader
from culture_core.universality.transfer.reader import TransferReader
from dashboard.data.cached import shared
from dashboard.data.population.populations import Population

TRANSFER, JOINT, FAMILIES = "transfer", "joint", "families"
KINDS = (TRANSFER, JOINT, FAMILIES)


def has(chosen: Population, kind: str, hook: str) -> bool:
    """Whether one of KINDS was measured at a hook point."""
    return chosen.has(kind, hook)


def transfer(chosen: Population, hook: str) -> TransferReader:
    """What each SAE finds in the mapped states of the other GPTs."""
    return chosen.transfer(hook)


def joint(chosen: Population, hook: str) -> JointReader:
    """The dictionary of all GPTs together."""
    return chosen.joint(hook)


def families(chosen: Population, hook: str) -> FamilyReader:
    """What groups and families of features do to the answer."""
    return chosen.families(hook)


def _written(chosen: Population, hook: str) -> tuple[int | None, ...]:
    return tuple(chosen.artifact(kind, hook).written() for kind in ("matches", TRANSFER, JOINT))


@shared(_written, at_most=8)
def excess(chosen: Population, hook: str) -> dict[int, pd.DataFrame]:
    """By GPT, the excess of every feature by correlation, transfer and the joint dictionary.

    Errors: CultureError when one of them was not measured.
    """
    readers = chosen.matches(hook), chosen.transfer(hook), chosen.joint(hook)
    return {k: measures.excess_by_measure(*readers, k) for k in readers[0].models}


def mean_shares(chosen: Population, hook: str) -> dict[str, float]:
    """The share of features that are universal, mean over GPTs: by measure, "all three" and "at least one".

    Errors: as excess.
    """
    return measures.mean_shares(excess(chosen, hook))
