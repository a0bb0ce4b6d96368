"""Who shares what: features by how many GPTs have them, by GPT and by concept; groups by size."""

from collections.abc import Mapping
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from culture_core.features.grading.sentences import GOOD_F1
from culture_core.universality.excess import HIGH
from dashboard.components.feature_panels.messages import MatrixCell, MatrixRow, Panel
from dashboard.components.feature_panels.panels import feature_panels
from dashboard.components.page.scope import Scope
from dashboard.data import tables
from dashboard.data.choices import EVERYTHING
from dashboard.data.feature.feature_table import NO_KIND
from dashboard.data.universal import sharing, universality
from dashboard.data.words.number_words import counted, share_words

# the shade of the largest number, on which words are still easy to read
DARKEST = 0.6
FOUND = (
    f"A feature is found in another GPT if its best match there has an r more than {HIGH} above the highest "
    "baseline of the two: shuffled quizzes, an untrained GPT, rotated states; of those, what was measured. "
    "So what even an untrained GPT has, such as the colour just read, counts as found in none. "
    "Each number opens its features."
)


def show_sharing(scope: Scope) -> None:
    """Say and draw how many features how many GPTs share."""
    features = tables.features(scope.population, scope.hook)
    models = universality.matches(scope.population, scope.hook).models
    st.markdown(sharing_words(features, len(models)))
    st.caption(FOUND)
    panels = [_owners(scope, features, models), _groups(scope, len(models))]
    if "kind" in features:
        panels.insert(0, _kinds(scope, features, len(models)))
    feature_panels(panels, key="sharing", width=560)


def sharing_words(features: pd.DataFrame, n_gpts: int) -> str:
    """How many features one GPT has alone, and how many all have, in one sentence."""
    firing = features[~features.dead]
    only, everywhere = (firing.gpts == 1).mean(), (firing.gpts == n_gpts).mean()
    return (
        f"**Of the features that fire, {share_words(firing.alone.mean())} have no like in any other GPT** "
        f"(no r above {HIGH}). {share_words(only)} are found in no other beyond the baselines, "
        f"{share_words(everywhere)} in all {n_gpts}."
    )


def _kinds(scope: Scope, features: pd.DataFrame, n_gpts: int) -> Panel:
    counts = sharing.by_kind(features, n_gpts)
    rows: list[MatrixRow] = [
        {
            "label": "no concept" if kind == NO_KIND else str(kind),
            "cells": [
                _cell(scope, int(n), n / max(row.sum(), 1), f"about {kind}", {"kind": kind, "gpts": gpts})
                for gpts, n in row.items()
            ],
        }
        for kind, row in counts.iterrows()
    ]
    return {
        "kind": "matrix",
        "title": "By what they are about",
        "help": "the kind of a feature's best concept (the first of joined ones) and in how many GPTs "
        f"it is found, with the share of the kind; no concept: none with an F1 of {GOOD_F1} or more",
        "columns": [_gpts_words(n, n_gpts) for n in counts.columns],
        "rows": rows,
    }


def _owners(scope: Scope, features: pd.DataFrame, models: list[int]) -> Panel:
    counts = sharing.by_owner(features, models)
    most = max(int(counts.lacks.max()), 1)
    rows: list[MatrixRow] = []
    for k, row in counts.iterrows():
        only = {"models": k, "gpts": 1}
        cells = [
            _cell(scope, row.only, row.only / max(row.fires, 1), f"of GPT {k} alone", only),
            _cell(scope, row.lacks, None, f"of all but GPT {k}", {"lacks": k}, row.lacks / most),
        ]
        rows.append({"label": f"GPT {k}", "cells": cells})
    return {
        "kind": "matrix",
        "title": "What one GPT alone has or lacks",
        "help": "features that are found in no other GPT beyond the baselines, with the share of those that "
        "fire; features of the others that are found in all of them and not in it",
        "columns": ["only it has", "only it lacks"],
        "rows": rows,
    }


def _groups(scope: Scope, n_gpts: int) -> Panel:
    counts = sharing.by_size(tables.groups(scope.population, scope.hook))
    cells: list[MatrixCell] = [
        {
            "text": f"{n:,}",
            "share": DARKEST * n / counts.max(),
            "title": f"{counted(int(n), 'group')} of {size} GPTs",
            "href": _address(scope, "universal", {"view": "groups", "size": size, "density": EVERYTHING}),
        }
        for size, n in counts.items()
    ]
    return {
        "kind": "matrix",
        "title": "Groups of mutual best matches",
        "help": "one feature from each of so many GPTs, every two each other's best match, at any r; part of "
        "no larger group",
        "columns": [_gpts_words(int(size), n_gpts) for size in counts.index],
        "rows": [{"label": "groups", "cells": cells}] if cells else [],
    }


def _cell(
    scope: Scope,
    n: int,
    share: float | None,
    words: str,
    filters: Mapping[str, object],
    shade: float | None = None,
) -> MatrixCell:
    """A number of features, with its share where it has one, and a link to them."""
    told = f"{n:,}" if share is None or n == 0 else f"{n:,} ({share_words(share)})"
    cell: MatrixCell = {
        "text": told,
        "share": DARKEST * float(shade if shade is not None else share or 0),
        "title": f"{counted(n, 'feature')} {words}",
    }
    if n:
        cell["href"] = _address(scope, "features", filters)
    return cell


def _address(scope: Scope, page: str, parameters: Mapping[str, object]) -> str:
    return f"{page}?{urlencode(scope.link(**parameters))}"


def _gpts_words(n: int, most: int) -> str:
    if n == most:
        return f"all {most}"
    return "one GPT" if n == 1 else f"{n} GPTs"
