"""The matches between the GPTs of a population, and what ablating matched features does."""

import pandas as pd

from culture_core.universality.causal.reader import CausalReader
from culture_core.universality.matching.store import MatchReader
from culture_core.universality.sharing import sharing_of
from dashboard.data.cached import shared, written
from dashboard.data.feature.feature_table import with_excess
from dashboard.data.population.populations import Population


def matches_written(chosen: Population, hook: str) -> int | None:
    """What tells the matches of a hook point from others made in their place."""
    return written(chosen.folder.matches(hook))


def causal_written(chosen: Population, hook: str) -> int | None:
    """What tells the causal check of a hook point from another one."""
    return written(chosen.folder.causal(hook))


def matches(chosen: Population, hook: str) -> MatchReader:
    """The matches between the GPTs at a hook point."""
    return chosen.matches(hook)


def has_matches(chosen: Population, hook: str) -> bool:
    """Whether the features of a hook point have been matched."""
    return matches_written(chosen, hook) is not None


@shared(lambda chosen, hook, model_k: matches_written(chosen, hook), at_most=40)  # noqa: ARG005
def match_table(chosen: Population, hook: str, model_k: int) -> pd.DataFrame:
    """One GPT's table of matches, with the excess over the highest baseline and the best r in each other GPT
    (r_K; NaN in its own); gpts, lacks, alone: in how many GPTs a feature is found, the only one without it,
    and whether it has no like in any other (see `Sharing`)."""
    found = matches(chosen, hook)
    sharing = sharing_of(found, model_k)
    best_r = {f"r_{k}": r for k, r in found.best_r_of(model_k).items()}
    shared = {"gpts": sharing.n_gpts, "lacks": sharing.lacked_by, "alone": sharing.alone}
    return with_excess(found.table(model_k).assign(**best_r, **shared))


def match_tables(chosen: Population, hook: str) -> pd.DataFrame:
    """The tables of matches of all GPTs below one another, as they are downloaded."""
    models = matches(chosen, hook).models
    return pd.concat([match_table(chosen, hook, k).assign(gpt=k) for k in models], ignore_index=True)


def causal(chosen: Population, hook: str) -> CausalReader:
    """What ablating matched features does to each GPT."""
    return chosen.causal(hook)


def has_causal(chosen: Population, hook: str) -> bool:
    """Whether matched features have been ablated."""
    return causal_written(chosen, hook) is not None
