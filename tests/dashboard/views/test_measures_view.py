"""The measures beside correlation on the Universal page: conclusions, what is missing, disagreements."""

import pytest

from culture_core.population import open_population
from dashboard.components.matches.measures import shares_words
from dashboard.data.population.populations import CACHE_VARIABLE
from dashboard.data.universal import measures

HOOK = "blocks.1.hook_resid_post"


@pytest.fixture
def measured(measured_population, monkeypatch):
    monkeypatch.setenv(CACHE_VARIABLE, str(measured_population.root.parent))
    return open_population(measured_population.root)


def text(app) -> str:
    return " ".join(element.value for element in (*app.markdown, *app.caption))


def test_each_measure_concludes(measured, open_page):
    app = open_page("universal", view="measures", gpt=1, feature=3)
    joint, shares = measured.joint(HOOK), measures.mean_shares(measured, HOOK)
    told = text(app)
    assert shares_words(shares) in told
    assert f"{joint.shares_by_users[5]:.0%} are used by all 5" in told
    assert f"explains **{measured.transfer(HOOK).mean_over_others('explained', 'affine'):.0%}**" in told
    assert "move the answer towards that quiz's answer" in told


def test_a_measure_that_is_missing_names_its_command(population, open_page):
    app = open_page("universal", view="measures")
    commands = [code.value for code in app.code]
    assert [command.split()[1] for command in commands] == ["transfer", "joint", "families"]
    assert all(str(population.folder.root) in command for command in commands)
