import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from culture_helpers import SETTINGS, leaning_gpt, leaning_population

from culture_core.culture.inventing import invent
from culture_core.culture.published import open_store
from culture_core.culture.rounds import Round, add_round, invent_quizzes, play_round
from culture_core.culture.store import TEST, TRAIN, CultureStore, Seeds, empty_table, save_store, sole_writer
from culture_core.culture.verdicts import INVALID, KEPT, REASONS, TRIVIAL, decide, noisy_views, understanding
from culture_core.errors import CultureError
from culture_core.models.api import load_quizzes
from culture_core.models.population import read_manifest, save_population
from culture_core.models.sources import resolve_source
from culture_core.world.structures import is_trivial

ROUNDS = 6
LIMIT = ROUNDS * SETTINGS.round_size


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """A population, its store and the report after six rounds in one go."""
    population = leaning_population(tmp_path_factory.mktemp("cache") / "leaning")
    report = invent_quizzes(population, 1000, SETTINGS, limit=LIMIT)
    return population, open_store(population), report


def assert_same_store(ours: CultureStore, theirs: CultureStore) -> None:
    for name, values in ours.table.columns().items():
        np.testing.assert_array_equal(values, theirs.table.columns()[name], err_msg=name)
    np.testing.assert_array_equal(ours.seeds.grids, theirs.seeds.grids)
    np.testing.assert_array_equal(ours.seeds.age, theirs.seeds.age)
    for run, other in zip(ours.runs, theirs.runs, strict=True):
        for key in ("candidates", "rounds", "counts", "settings", "models"):
            assert run[key] == other[key], key


def test_some_are_kept_and_some_rejected_for_several_reasons(played):
    _, _, report = played
    assert report["candidates"] == LIMIT
    assert report["kept"] >= 4
    assert report["by_reason"]["too many fail"] > 0
    assert report["by_reason"]["trivial"] > 0


def test_kept_quizzes_stand_up_to_being_judged_again(played):
    population, store, _ = played
    kept = store.table[store.table.split > 0]
    views = noisy_views(
        torch.from_numpy(kept.tokens), torch.from_numpy(kept.number), SETTINGS.seed, SETTINGS.verdicts
    )
    for m, model in enumerate(resolve_source(population.root).load_models()):
        np.testing.assert_allclose(kept.probability[:, m], understanding(model, views).float(), rtol=1e-3)
    decisions = decide(torch.from_numpy(kept.verdict), SETTINGS.verdicts)
    assert set(decisions.tolist()) == {KEPT}
    assert not is_trivial(torch.from_numpy(kept.tokens)).any()


def test_authors_take_turns_and_every_candidate_is_counted(played):
    _, store, report = played
    assert [row["author"] for row in report["by_author"]] == [0, 1, 2]
    assert [row["candidates"] for row in report["by_author"]] == [LIMIT // 3] * 3
    assert sum(report["by_reason"].values()) == LIMIT
    assert sum(row["candidates"] for row in report["by_origin"].values()) == LIMIT
    np.testing.assert_array_equal(store.table.author, store.table.round % 3)
    np.testing.assert_array_equal(store.table.round, store.table.number // SETTINGS.round_size)


def test_stored_are_all_kept_and_a_sample_of_the_rejected_with_every_probability(played):
    _, store, report = played
    table = store.table
    assert (table.reason == KEPT).sum() == report["kept"]
    rejected = table[table.reason != KEPT]
    assert rejected.sampled.all()
    assert 0.25 * (LIMIT - report["kept"]) < len(rejected) < 0.75 * (LIMIT - report["kept"])
    asked = table[~np.isin(table.reason, (TRIVIAL, INVALID))]
    assert not np.isnan(asked.probability).any()
    assert np.isnan(table.probability[table.reason == TRIVIAL]).all()


def test_kept_quizzes_are_split_and_read_by_the_models(played):
    population, store, report = played
    n_test = int(report["kept"] * SETTINGS.test)
    assert (store.table.split == TEST).sum() == n_test
    assert report["kept_in_all"] == {"train": report["kept"] - n_test, "test": n_test}
    train, test = resolve_source(population.root).load_culture_quizzes()
    np.testing.assert_array_equal(train, store.kept(TRAIN))
    np.testing.assert_array_equal(test, store.kept(TEST))
    assert len(load_quizzes("culture", source=population.root)) == report["kept"]
    assert read_manifest(population.root)["culture_quizzes"] == [len(train), len(test)]


def test_a_run_in_pieces_gives_what_one_in_one_go_gives(played, tmp_path):
    population = leaning_population(tmp_path / "pieces")
    for limit in (SETTINGS.round_size, 3 * SETTINGS.round_size, LIMIT):
        report = invent_quizzes(population, 1000, SETTINGS, limit=limit)
        assert report["candidates"] == limit
    assert_same_store(open_store(population), played[1])
    assert invent_quizzes(population, 1, SETTINGS)["candidates"] == LIMIT, "enough are kept already"


KILLED_RUN = """
import sys
from culture_helpers import SETTINGS
from culture_core.artifacts import PopulationFolder
from culture_core.culture.rounds import invent_quizzes
from pathlib import Path
invent_quizzes(PopulationFolder(Path(sys.argv[1])), 100_000, SETTINGS)
"""


def test_a_killed_run_goes_on_to_the_same_result(played, tmp_path):
    population = leaning_population(tmp_path / "killed")
    paths = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    run = subprocess.Popen(
        [sys.executable, "-c", KILLED_RUN, str(population.root)], env={**os.environ, "PYTHONPATH": paths}
    )
    while not population.quizzes("candidates").exists():
        assert run.poll() is None, "the run ended by itself"
        time.sleep(0.01)
    run.send_signal(signal.SIGKILL)
    run.wait()
    done = open_store(population).runs[0]["rounds"]
    assert done > 0
    limit = max(done * SETTINGS.round_size, LIMIT)
    invent_quizzes(population, 100_000, SETTINGS, limit=limit)
    stored = open_store(population)
    in_six = stored.table.round < ROUNDS
    np.testing.assert_array_equal(stored.table[in_six].tokens, played[1].table.tokens)
    np.testing.assert_array_equal(stored.table[in_six].probability, played[1].table.probability)


def test_a_kill_before_the_kept_quizzes_of_a_round_are_written_is_mended(tmp_path, monkeypatch):
    population = leaning_population(tmp_path / "killed")
    invent_quizzes(population, 1000, SETTINGS, limit=SETTINGS.round_size)
    monkeypatch.setattr("culture_core.culture.store._save_kept", lambda *_: None)
    invent_quizzes(population, 1000, SETTINGS, limit=LIMIT)
    kept = [len(open_store(population).kept(split)) for split in (TRAIN, TEST)]
    assert read_manifest(population.root)["culture_quizzes"] != kept
    monkeypatch.undo()
    invent_quizzes(population, 1000, SETTINGS, limit=LIMIT)
    assert read_manifest(population.root)["culture_quizzes"] == kept
    assert [len(part) for part in resolve_source(population.root).load_culture_quizzes()] == kept


def test_rejected_candidates_seed_the_next_round_once():
    models = [leaning_gpt(0, 6.0), leaning_gpt(1, 1.5)]
    first = play_round(models, 1, Seeds(), 0, SETTINGS)
    assert not np.isin(first.table.reason, (KEPT, INVALID)).any()
    np.testing.assert_array_equal(first.seeds.grids, first.table.tokens[:, 304:])
    some = Seeds(first.seeds.grids[:3], first.seeds.age[:3])
    second = play_round(models, 1, some, 8, SETTINGS)
    np.testing.assert_array_equal(second.table.grown, np.arange(8) < 3)
    np.testing.assert_array_equal(second.seeds.grids, second.table.tokens[3:, 304:])
    older = play_round(models, 1, some, 8, replace(SETTINGS, max_age=2))
    assert older.seeds.age.tolist() == [1, 1, 1, 0, 0, 0, 0, 0]
    never = play_round(models, 1, Seeds(), 0, replace(SETTINGS, max_age=0))
    assert len(never.seeds) == 0


def test_candidates_of_a_round_are_those_its_author_invents():
    models = [leaning_gpt(0, 6.0), leaning_gpt(1, 6.0)]
    rounds = [play_round(models, author, Seeds(), 0, SETTINGS).table for author in (0, 1, 0)]
    np.testing.assert_array_equal(rounds[0].tokens, rounds[2].tokens)
    assert (rounds[0].tokens != rounds[1].tokens).any()
    assert set(rounds[1].author) == {1}
    again = invent(models[0], 8, torch.Generator().manual_seed(1), SETTINGS.inventing)
    assert (again.tokens.numpy() != rounds[0].tokens).any(), "the round has a seed of its own"


def test_other_settings_begin_a_new_run_and_leave_the_old_quizzes(tmp_path):
    population = leaning_population(tmp_path / "two")
    invent_quizzes(population, 1000, SETTINGS, limit=24)
    before = open_store(population)
    report = invent_quizzes(population, 1000, replace(SETTINGS, seed=6), limit=16)
    after = open_store(population)
    assert report["candidates"] == 16
    assert [run["candidates"] for run in after.runs] == [24, 16]
    old = after.table[after.table.run == 0]
    np.testing.assert_array_equal(old.tokens, before.table.tokens)
    assert after.table.number[after.table.run == 1].min(initial=24) >= 24


def test_other_models_begin_a_new_run(tmp_path):
    population = leaning_population(tmp_path / "models")
    invent_quizzes(population, 1000, SETTINGS, limit=8)
    store = open_store(population)
    models = resolve_source(population.root).load_models()
    with torch.no_grad():
        models[0].readout.bias[0] += 0.5
    save_population(population.root, models, made_by={}, force=True)
    save_store(population, store)
    invent_quizzes(population, 1000, SETTINGS, limit=8)
    assert len(open_store(population).runs) == 2


def test_a_quiz_that_is_kept_already_is_a_duplicate(played):
    store = played[1]
    kept = store.table[store.table.split > 0]
    table = replace(kept, split=np.zeros_like(kept.split))
    again = add_round(store, 0, Round(table, Seeds()), SETTINGS, 1.0)
    assert len(again.kept(TRAIN)) + len(again.kept(TEST)) == len(kept)
    counts = again.runs[0]["counts"]
    n_duplicates = sum(reasons.get("duplicate", 0) for o in counts.values() for reasons in o.values())
    assert n_duplicates == len(kept)


def test_verdicts_reported_are_those_of_the_sample(played):
    _, store, report = played
    sampled = store.table[store.table.sampled & ~np.isnan(store.table.probability).any(axis=1)]
    for m, row in enumerate(report["verdicts"]):
        assert row["sampled"] == len(sampled)
        assert row["fails"] == pytest.approx((sampled.verdict[:, m] == 0).mean(), abs=1e-6)
        logarithms = np.log10(sampled.probability[:, m].clip(min=2**-149).astype(np.float64))
        assert row["median_log10_probability"] == pytest.approx(np.median(logarithms), abs=0.01)
        assert row["fails"] + row["undecided"] + row["understands"] == pytest.approx(1, abs=1e-5)
    json.dumps(report)


def test_settings_out_of_range_and_damaged_stores_are_told_in_one_line(tmp_path):
    with pytest.raises(CultureError, match="out of range"):
        replace(SETTINGS, sample=1.5)
    population = leaning_population(tmp_path / "damaged")
    population.quizzes("candidates").parent.mkdir()
    population.quizzes("candidates").write_bytes(b"nothing")
    with pytest.raises(CultureError, match="cannot be read"):
        open_store(population)
    save_store(population, CultureStore((0, 1), empty_table(2)))
    with pytest.raises(CultureError, match=r"was made by the GPTs \(0, 1\)"):
        open_store(population)


def test_two_commands_do_not_write_one_population_at_once(tmp_path):
    population = leaning_population(tmp_path / "busy")
    with sole_writer(population), pytest.raises(CultureError, match="is running on"):
        invent_quizzes(population, 1, SETTINGS, limit=8)
    invent_quizzes(population, 1, SETTINGS, limit=8)
    assert open_store(population).next_number == 8


def test_every_reason_in_the_store_has_a_name(played):
    assert set(played[2]["by_reason"]) == set(REASONS)
