"""The table of the joint dictionary's latents agrees with the readers, and its filter with a plain look."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from culture_core.artifacts import JOINT
from culture_core.population import open_population
from dashboard.data.universal import latents
from dashboard.data.universal.latents import NO_GROUP, LatentFilter, groups_of_latents

HOOK = "blocks.1.hook_resid_post"


@pytest.fixture
def measured(measured_population):
    return open_population(measured_population.root)


def test_the_table_repeats_the_readers(measured):
    table, joint = latents.latents(measured, HOOK).set_index("latent"), measured.joint(HOOK)
    index, grades = measured.index(HOOK, 0, JOINT), measured.grades(HOOK, 0, JOINT)
    assert set(table.index) == set(np.flatnonzero(joint.alive))
    for latent in list(table.index)[::40]:
        row = table.loc[latent]
        assert row.density == index.table.density[latent] > 0
        assert row.users == joint.n_users[latent]
        norms = [row[f"norm_{k}"] for k in measured.models]
        np.testing.assert_array_equal(norms, joint.relative_norms[latent])
        best = grades.of_feature(latent)
        assert (
            (row.concept, row.f1) == (best[0].name, pytest.approx(best[0].f1)) if best else row.concept == ""
        )


def test_a_latent_is_the_group_whose_features_all_have_it():
    joint = SimpleNamespace(
        models=[0, 1, 2],
        n_latents=5,
        groups=lambda _: pd.DataFrame(
            {"group": [0, 1, 2, 3], "latent": [4, 1, 1, 0], "members": [3, 2, 3, 3], "users": 3}
        ).assign(latent=lambda table: table.latent.astype(np.int32)),
    )
    assert groups_of_latents(joint, None).tolist() == [3, 2, NO_GROUP, NO_GROUP, 0]
    none = SimpleNamespace(models=[0], n_latents=2, groups=lambda _: joint.groups(_).iloc[:0])
    assert groups_of_latents(none, None).tolist() == [NO_GROUP] * 2


@pytest.mark.parametrize("by", ["f1", "-f1", "-norm_3", "concept", "latent"])
@pytest.mark.parametrize("users", ["any", "4"])
def test_the_filter_leaves_what_it_says_in_order(by, users):
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "latent": np.arange(20),
            "users": rng.integers(3, 6, 20),
            "f1": np.where(np.arange(20) % 7 == 0, np.nan, rng.random(20)),
            "norm_3": rng.random(20).round(1),
            "concept": rng.choice(["", "a", "b"], 20),
        }
    )
    chosen = LatentFilter.parse({"by": by, "users": users}, [0, 1, 2, 3, 4])
    assert chosen.order == by
    found = chosen.of(table)
    assert set(found.latent) == {row.latent for row in table.itertuples() if users in ("any", str(row.users))}
    column = by.removeprefix("-")
    values = [value for value in found[column] if value == value and value != ""]
    assert values == sorted(values, reverse=by.startswith("-"))
    assert all(value != value or value == "" for value in found[column][len(values) :])
