"""Who shares what: the tables count feature by feature, and every number's link leaves as many features."""

from urllib.parse import parse_qsl

import numpy as np
import pandas as pd
import pytest

from dashboard.components.matches.sharing import _groups, _kinds, _owners, sharing_words
from dashboard.components.page.scope import Scope
from dashboard.data import tables
from dashboard.data.feature.feature_filter import FeatureFilter, choose_features
from dashboard.data.feature.feature_table import with_notes
from dashboard.data.universal.group_filter import GroupFilter
from dashboard.data.universal.sharing import by_kind, by_owner, by_size

MODELS = [0, 2, 5]


@pytest.fixture
def features() -> pd.DataFrame:
    """Ninety features of three GPTs; some never fire."""
    chance = np.random.default_rng(1)
    n = 90
    dead = chance.random(n) < 0.2
    gpts = chance.integers(1, 4, n)
    gpt = np.repeat(MODELS, n // 3)
    others = np.array([chance.choice([k for k in MODELS if k != own]) for own in gpt])
    columns = {
        "gpts": np.where(dead, np.nan, gpts),
        "lacks": np.where(dead, np.nan, np.where(gpts == 2, others, -1)),
        "alone": (chance.random(n) < 0.4) & (gpts == 1),
        "kind": chance.choice(["rule", "colour", "none"], n),
        **{f"r_{k}": 0.5 for k in MODELS},
        "density": np.where(dead, 0, 0.1),
    }
    return pd.DataFrame({"gpt": gpt, "feature": np.tile(np.arange(n // 3), 3), "dead": dead, **columns})


def test_tables_count_feature_by_feature(features):
    kinds, owners = by_kind(features, 3), by_owner(features, MODELS)
    assert list(kinds.index) == ["colour", "rule", "none"] and list(kinds.columns) == [1, 2, 3]
    firing = [row for row in features.itertuples() if not row.dead]
    for kind, row in kinds.iterrows():
        for n in (1, 2, 3):
            assert row[n] == sum(one.kind == kind and one.gpts == n for one in firing)
    for k in MODELS:
        assert owners.fires[k] == sum(one.gpt == k for one in firing)
        assert owners.only[k] == sum(one.gpt == k and one.gpts == 1 for one in firing)
        assert owners.lacks[k] == sum(one.lacks == k for one in firing) > 0
    only = sum(one.gpts == 1 for one in firing) / len(firing)
    alone = sum(one.alone for one in firing) / len(firing)
    told = sharing_words(features, 3)
    assert f"**Of the features that fire, {alone:.1%} have no like in any other GPT**" in told
    assert f"{only:.1%} are found in no other beyond the baselines" in told and 0 < alone < only


def test_every_number_opens_as_many_features(features, population):
    scope, table = Scope(population, population.main_hook), with_notes(features, [])
    panels = [_kinds(scope, features, 3), _owners(scope, features, MODELS)]
    cells = [cell for panel in panels for row in panel["rows"] for cell in row["cells"] if "href" in cell]
    assert len(cells) == 15
    for cell in cells:
        page, _, query = cell["href"].partition("?")
        found = choose_features(table, FeatureFilter.parse(dict(parse_qsl(query)), table))
        assert page == "features" and cell["text"].split()[0] == str(len(found))


def test_groups_are_counted_by_size_and_linked(population):
    scope = Scope(population, population.main_hook)
    table = tables.groups(population, population.main_hook)
    sizes = by_size(table)
    assert sizes.to_dict() == {n: int((table.n_gpts == n).sum()) for n in set(table.n_gpts)}
    assert list(sizes.index) == sorted(sizes.index, reverse=True) and 5 in sizes.index
    for cell in _groups(scope, 5)["rows"][0]["cells"]:
        parameters = dict(parse_qsl(cell["href"].partition("?")[2]))
        assert cell["text"] == f"{len(GroupFilter.parse(parameters, table).of(table)):,}"


def test_a_population_has_these_columns(population):
    table = tables.features(population, population.main_hook)
    firing = table[~table.dead]
    assert firing.gpts.between(1, 5).all() and table.gpts[table.dead].isna().all()
    assert (firing.lacks[firing.gpts != 4] == -1).all()
    assert ((table.kind == "none") == ~(table.f1 >= 0.3)).all()
