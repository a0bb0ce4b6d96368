"""The measures beside correlation on the Universal page: conclusions, what is missing, disagreements."""

import pytest

from culture_core import artifacts
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
    joint, shares = measured.joint(HOOK), measures.mean_shares(measured, HOOK)
    conclusions = {
        "transfer": f"explains **{measured.transfer(HOOK).mean_over_others('explained', 'affine'):.0%}**",
        "joint": f"{joint.shares_by_users[5]:.0%} are used by all 5",
        "families": "move the answer towards that quiz's answer",
    }
    for measure, conclusion in conclusions.items():
        told = text(open_page("universal", view="measures", measure=measure, gpt=1, feature=3))
        assert shares_words(shares) in told and conclusion in told


@pytest.mark.parametrize("measure", ["transfer", "joint", "families"])
def test_a_measure_that_is_missing_names_its_command(population, open_page, measure):
    app = open_page("universal", view="measures", measure=measure)
    (command,) = [code.value for code in app.code]
    assert command.split()[1] == measure and str(population.folder.root) in command


def test_a_link_opens_a_latent(measured, open_page):
    latent = int(measured.joint(HOOK).alive.argmax())
    app = open_page("universal", view="measures", measure="joint", latent=latent)
    assert not app.exception
    assert measured.grades(HOOK, 0, "joint").sentence(latent) in text(app)
    assert f"of {int(measured.joint(HOOK).alive.sum()):,} latents that fire" in text(app)


def test_a_latent_leads_to_the_group_that_it_is(measured, copy_population, open_page, monkeypatch):
    population = open_population(copy_population(measured.folder).root)
    path, latent = population.artifact("joint", HOOK).arrays_path, int(population.joint(HOOK).alive.argmax())
    arrays = artifacts.read_arrays(path, "")
    members = population.matches(HOOK).group_features(1)
    arrays["latent"][range(5), list(members.values())] = latent
    arrays["feature"][:, latent] = list(members.values())
    artifacts.write_arrays(path, arrays)
    monkeypatch.setenv(CACHE_VARIABLE, str(population.folder.root.parent))
    app = open_page("universal", view="measures", measure="joint", latent=latent)
    assert not app.exception
    assert "It is matched group 1" in [link.proto.label for link in app.get("page_link")]


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"latent": 10**6}, "no latent"),
        ({"users": 6}, "no number of GPTs"),
        ({"by": "-nothing"}, "no column"),
        ({"measure": "taste"}, "no measure"),
    ],
)
@pytest.mark.usefixtures("measured")
def test_a_link_to_no_latent_is_refused_in_words(open_page, parameters, words):
    app = open_page("universal", **{"view": "measures", "measure": "joint", **parameters})
    assert not app.exception and any(words in warning.value for warning in app.warning)
