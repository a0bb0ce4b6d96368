import json

import numpy as np
import pytest
from culture_helpers import SETTINGS, leaning_population

from culture_core.cli.main import main
from culture_core.culture.bounds import kept_shares, played_runs
from culture_core.culture.published import adopt, open_store
from culture_core.culture.rounds import invent_quizzes
from culture_core.culture.settings import RoundSettings, VerdictSettings
from culture_core.culture.store import CultureStore, empty_table
from culture_core.culture.verdicts import DUPLICATE, KEPT, TOO_MANY_FAIL
from culture_core.errors import CultureError
from culture_core.intervals import wilson_interval
from culture_core.world.quizzes import generate_quizzes
from culture_core.world.vocabulary import WORLD_TASKS

HIGH, LOW = (1e-55, 1e-60, 1e-66), (1e-65, 1e-70)


def shares_of(population, sample, seed=5):
    """Kept shares of a run of which a part is stored, and its store."""
    settings = RoundSettings(
        seed, round_size=8, sample=sample, inventing=SETTINGS.inventing, verdicts=SETTINGS.verdicts
    )
    invent_quizzes(population, 1000, settings, limit=64)
    store = open_store(population)
    return kept_shares(store, len(store.runs) - 1, HIGH, LOW), store


@pytest.fixture(scope="module")
def all_stored(tmp_path_factory):
    return shares_of(leaning_population(tmp_path_factory.mktemp("cache") / "all"), 1.0)


def test_at_the_bounds_of_the_run_the_share_is_that_of_the_run(all_stored):
    shares, store = all_stored
    kept = (store.table.reason == KEPT).sum()
    (same,) = [one for one in shares if (one.understands, one.fails) == (1e-60, 1e-65)]
    assert kept > 0
    assert same.share == kept / store.runs[0]["candidates"]


def test_other_bounds_give_what_a_run_with_those_bounds_keeps(tmp_path):
    other = VerdictSettings(understands=1e-55, fails=1e-70, max_failures=1)
    stores = []
    for name, verdicts in (("loose", SETTINGS.verdicts), ("other", other)):
        population = leaning_population(tmp_path / name)
        # without seeds that grow from what was rejected, candidates do not depend on the bounds
        settings = RoundSettings(5, 8, 0, 1.0, 0.1, SETTINGS.inventing, verdicts)
        invent_quizzes(population, 1000, settings, limit=64)
        stores.append(open_store(population))
    (expected,) = kept_shares(stores[0], 0, [other.understands], [other.fails])
    assert expected.share * 64 == (stores[1].table.reason == KEPT).sum()


def store_of(reasons, probability, n_rejected, n_invalid):
    """A store of one run with these stored rows and so many candidates in all."""
    n = len(reasons)
    table = empty_table(2, n)
    table.reason[:], table.probability[:], table.sampled[:] = reasons, probability, True
    n_kept = int((np.array(reasons) == KEPT).sum())
    counts = {
        "0": {"fresh": {"kept": n_kept, "too many fail": n_rejected, "invalid": n_invalid}, "grown": {}}
    }
    settings = {
        "verdicts": {"understands": 0.9, "fails": 0.1, "min_failures": 1, "max_failures": 1},
        "inventing": {"hot": 1.5, "cold": 1.0},
    }
    run = {"candidates": n_kept + n_rejected + n_invalid, "counts": counts, "settings": settings}
    return CultureStore((0, 1), table, (run,))


def test_a_sampled_rejection_stands_for_all_that_were_rejected():
    store = store_of([KEPT, TOO_MANY_FAIL, TOO_MANY_FAIL], [[0.95, 0.05], [0.8, 0.05], [0.01, 0.02]], 100, 50)
    (loose,) = kept_shares(store, 0, [0.8], [0.1])
    assert loose.share == pytest.approx((1 + 100 * 1 / 2) / 151)
    assert loose.hits == 2
    assert loose.interval[0] < loose.share < loose.interval[1]


def test_at_stricter_bounds_no_rejection_would_have_been_kept():
    store = store_of([KEPT, KEPT, TOO_MANY_FAIL], [[0.95, 0.05], [0.92, 0.05], [0.5, 0.02]], 100, 50)
    (strict,) = kept_shares(store, 0, [0.93], [0.1])
    assert (strict.share, strict.hits) == (1 / 152, 1)
    assert strict.interval == pytest.approx(wilson_interval(1, 152))


def test_duplicates_and_those_not_asked_are_never_kept():
    probability = [[0.95, 0.05], [0.95, 0.05], [np.nan, np.nan], [0.95, np.nan]]
    store = store_of([KEPT, DUPLICATE, TOO_MANY_FAIL, TOO_MANY_FAIL], probability, 3, 0)
    (one,) = kept_shares(store, 0, [0.5], [0.1])
    assert one.hits == 1


def test_bounds_in_the_wrong_order_are_left_out():
    store = store_of([KEPT, TOO_MANY_FAIL], [[0.95, 0.05], [0.0, 0.0]], 1, 0)
    assert [(one.understands, one.fails) for one in kept_shares(store, 0, [0.4, 0.9], [0.5, 0.1])] == [
        (0.4, 0.1),
        (0.9, 0.5),
        (0.9, 0.1),
    ]


def test_a_run_without_a_sample_cannot_tell():
    store = store_of([KEPT], [[0.95, 0.05]], 10, 0)
    with pytest.raises(CultureError, match="--sample"):
        kept_shares(store, 0)


def test_without_a_sample_stricter_bounds_are_known():
    store = store_of([KEPT], [[0.95, 0.05]], 10, 0)
    (strict,) = kept_shares(store, 0, [0.95], [0.05])
    assert strict.hits == 1 and strict.share == pytest.approx(1 / 11)
    with pytest.raises(CultureError, match="no bound of failing is below"):
        kept_shares(store, 0, [0.3], [0.5])


def test_imported_quizzes_are_no_run(tmp_path):
    population = leaning_population(tmp_path / "population")
    tokens = generate_quizzes(WORLD_TASKS, 1, seed=0).tokens
    store = adopt(open_store(population), tokens, tokens[:0], "file")
    assert played_runs(store) == []
    with pytest.raises(CultureError, match="imported"):
        kept_shares(store, 0)


def test_the_command_prints_a_table_for_each_run(tmp_path, capsys):
    population = leaning_population(tmp_path / "population")
    shares_of(population, 0.5)
    report = tmp_path / "bounds.json"
    words = ["--population", str(population.root), "--understands", "1e-55,1e-60", "--fails", "1e-65"]
    assert main(["bounds", *words, "--json", str(report)]) == 0
    assert "fails 1e-65" in capsys.readouterr().out
    (record,) = json.loads(report.read_text())["runs"]
    assert [one["understands"] for one in record["grid"]] == [1e-55, 1e-60]
    assert main(["bounds", *words, "--run", "7"]) == 2
