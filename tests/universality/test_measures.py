"""Measures side by side, their disagreements, and the sections that tell them."""

import numpy as np
import pandas as pd
import pytest

from culture_core import open_population
from culture_core.cli.main import main
from culture_core.population import Population
from culture_core.results.measures import families_section, joint_section, transfer_section
from culture_core.universality.measures import (
    CORRELATION,
    JOINT,
    MEASURES,
    TRANSFER,
    disagreements,
    excess_by_measure,
    shares_universal,
)

HOOK = "blocks.1.hook_resid_post"


@pytest.fixture
def population(measured_population) -> Population:
    return open_population(measured_population.root)


def frame(correlation, transfer, joint) -> pd.DataFrame:
    values = {CORRELATION: correlation, TRANSFER: transfer, JOINT: joint}
    return pd.DataFrame({"feature": range(len(correlation)), **values}, dtype=float)


def test_excess_is_that_of_the_readers(population):
    matches, transfer, joint = population.matches(HOOK), population.transfer(HOOK), population.joint(HOOK)
    excess = excess_by_measure(matches, transfer, joint, 2)
    fires = matches.alive[2]
    lowest = np.min([one[2] for one in matches.excess.values()], axis=0)
    np.testing.assert_allclose(excess[CORRELATION][fires], lowest[fires])
    assert excess[CORRELATION][~fires].isna().all()
    np.testing.assert_allclose(excess[TRANSFER], transfer.excess[2])
    shares = shares_universal(excess)
    assert set(shares) == {*MEASURES, "all three", "at least one"}


def test_shares_leave_out_features_that_never_fire():
    excess = frame([0.9, 0.1, np.nan, 0.6], [0.9, 0.6, np.nan, 0.6], [0.9, 0.2, np.nan, 0.1])
    shares = shares_universal(excess)
    assert shares == {
        CORRELATION: pytest.approx(2 / 3),
        TRANSFER: pytest.approx(1),
        JOINT: pytest.approx(1 / 3),
        "all three": pytest.approx(1 / 3),
        "at least one": pytest.approx(1),
    }


def test_disagreements_are_the_widest_of_every_two_measures():
    excess = {0: frame([0.9, 0.7], [0.2, 0.6], [0.6, 0.6]), 3: frame([0.4], [0.8], [0.1])}
    found = {(one.high, one.low): (one.model_k, one.feature) for one in disagreements(excess)}
    assert found == {
        (CORRELATION, TRANSFER): (0, 0),
        (JOINT, TRANSFER): (0, 0),
        (TRANSFER, CORRELATION): (3, 0),
        (TRANSFER, JOINT): (3, 0),
    }


def test_sections_repeat_the_artifacts(population):
    transfer, joint, families = (
        getattr(population, kind)(HOOK) for kind in ("transfer", "joint", "families")
    )
    assert f"{transfer.mean_over_others('explained', 'affine'):.3f}" in transfer_section(population, HOOK)
    told = joint_section(population, HOOK)
    assert all(f"| {k} | {share:.3f} |" in told for k, share in joint.explained.items())
    assert f"{int(joint.alive.sum()):,} of {joint.n_latents:,} latents fire" in told
    assert f"| {families.share_real('family', 'interchange'):.0%} |" in families_section(population, HOOK)


def test_the_page_has_every_measure(population, tmp_path):
    page = tmp_path / "results.md"
    assert main(["results", "--population", str(population.folder.root), "--out", str(page)]) == 0
    text = page.read_text()
    for title in ("Groups and families", "Transfer", "Joint dictionary", "Universality by every measure"):
        section = text.split(f"## {title}\n")[1].split("\n## ")[0]
        assert "Not measured" not in section and "|" in section
