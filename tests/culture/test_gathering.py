"""Runs of the same GPTs, made in two folders, gathered in one."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from culture_helpers import SETTINGS, leaning_gpt, leaning_population

from culture_core.artifacts import PopulationFolder, provenance
from culture_core.cli.main import main
from culture_core.culture.gathering import add_runs
from culture_core.culture.published import import_published, open_store
from culture_core.culture.rounds import invent_quizzes
from culture_core.culture.store import NEITHER, save_store
from culture_core.errors import CultureError
from culture_core.models.checkpoints import write_culture_quizzes
from culture_core.models.population import save_population
from culture_core.models.sources import resolve_source
from culture_core.world.quizzes import generate_quizzes

LIMIT = 3 * SETTINGS.round_size
OTHER_SEED = replace(SETTINGS, seed=6)


@pytest.fixture
def two(tmp_path):
    """Two folders of the same GPTs, each with a run of its own seed."""
    populations = [leaning_population(tmp_path / name) for name in ("one", "two")]
    for population, settings in zip(populations, (SETTINGS, OTHER_SEED), strict=True):
        invent_quizzes(population, 1000, settings, limit=LIMIT)
    return populations


def _kept(store):
    return {tokens.tobytes() for tokens in store.table.tokens[store.table.split != NEITHER]}


def test_all_kept_quizzes_come_with_authors_and_verdicts(two):
    one, two = two
    ours, theirs = open_store(one), open_store(two)
    n_added, n_twice = add_runs(one, two)
    both = open_store(one)
    assert _kept(both) == _kept(ours) | _kept(theirs)
    assert (n_added, n_twice) == (len(_kept(both)) - len(_kept(ours)), len(_kept(ours) & _kept(theirs)))
    assert n_added > 0
    assert [run["settings"]["seed"] for run in both.runs] == [5, 6]
    rows = both.table[both.table.run == 1]
    np.testing.assert_array_equal(rows.probability, theirs.table.probability)
    np.testing.assert_array_equal(rows.author, theirs.table.author)
    np.testing.assert_array_equal(rows.number - both.runs[1]["added"], theirs.table.number)
    assert len(set(both.table.number.tolist())) == len(both.table)
    train, test = resolve_source(one.root).load_culture_quizzes()
    assert len(train) + len(test) == len(_kept(both))


def test_copies_that_went_on_by_themselves_are_gathered(two, tmp_path):
    one, _ = two
    copies = []
    for seed in (7, 8):
        shutil.copytree(one.root, tmp_path / f"copy{seed}")
        copies.append(PopulationFolder(tmp_path / f"copy{seed}"))
        invent_quizzes(copies[-1], 1000, replace(SETTINGS, seed=seed), limit=LIMIT)
    wanted = set.union(*(_kept(open_store(copy)) for copy in copies))
    added = [add_runs(one, copy)[0] for copy in copies]
    both = open_store(one)
    assert [run["settings"]["seed"] for run in both.runs] == [5, 7, 8]
    assert _kept(both) == wanted and all(n > 0 for n in added)
    assert len(set(both.table.number.tolist())) == len(both.table)
    for run_k, copy in enumerate(copies, start=1):
        ours, theirs = both.table[both.table.run == run_k], open_store(copy).table
        theirs = theirs[theirs.run == 1]
        np.testing.assert_array_equal(ours.tokens, theirs.tokens)
        np.testing.assert_array_equal(ours.number - both.runs[run_k]["added"], theirs.number)
    invent_quizzes(copies[0], 1000, replace(SETTINGS, seed=7), limit=2 * LIMIT)
    with pytest.raises(CultureError, match="already has runs"):
        add_runs(one, copies[0])


def test_a_quiz_kept_in_both_comes_once(two):
    one, two = two
    ours, theirs = open_store(one), open_store(two)
    kept = np.flatnonzero(theirs.table.split != NEITHER)[0]
    theirs.table.tokens[kept] = ours.table.tokens[ours.table.split != NEITHER][0]
    save_store(two, theirs)
    assert add_runs(one, two)[1] >= 1
    both = open_store(one).table
    assert len(np.unique(both.tokens[both.split != NEITHER], axis=0)) == int((both.split != NEITHER).sum())


def test_inventing_goes_on_where_it_was(two):
    one, two = two
    add_runs(one, two)
    invent_quizzes(one, 1000, SETTINGS, limit=2 * LIMIT)
    runs = open_store(one).runs
    assert len(runs) == 2
    assert [run["candidates"] for run in runs] == [2 * LIMIT, LIMIT]


def test_the_command_adds_them_once(two, capsys):
    one, two = two
    words = ["invent", "--population", str(one.root), "--add-runs", str(two.root)]
    assert main(words) == 0
    assert "quizzes added from" in capsys.readouterr().out
    assert main(words) != 0
    assert "already has runs" in capsys.readouterr().err


def test_runs_of_other_weights_are_refused(two, tmp_path):
    _, two = two
    torch.manual_seed(0)
    other = save_population(tmp_path / "other", [leaning_gpt(9, 1.0)], made_by=provenance("test"))
    with pytest.raises(CultureError, match="other weights"):
        add_runs(other, two)
    with pytest.raises(CultureError, match="no run of"):
        add_runs(two, other)


def test_imports_of_equal_names_are_told_apart_by_their_quizzes(two, tmp_path):
    one, two = (leaning_population(tmp_path / name) for name in ("first", "second"))
    for population, seed in ((one, 1), (two, 2)):
        tokens = generate_quizzes(("frame",), 6, seed=seed).tokens
        write_culture_quizzes(tmp_path / str(seed) / "c_quizzes.pth", tokens[:4], tokens[4:])
        import_published(population, tmp_path / str(seed) / "c_quizzes.pth")
    assert add_runs(one, two) == (6, 0)
    with pytest.raises(CultureError, match="already has runs"):
        add_runs(one, two)


def test_imports_of_another_number_of_gpts_are_refused(two, tmp_path):
    one, _ = two
    single = save_population(tmp_path / "single", [leaning_gpt(0, 1.0)], made_by=provenance("test"))
    tokens = generate_quizzes(("frame",), 3, seed=1).tokens
    write_culture_quizzes(tmp_path / "c_quizzes.pth", tokens[:2], tokens[2:])
    import_published(single, tmp_path / "c_quizzes.pth")
    with pytest.raises(CultureError, match="other weights"):
        add_runs(one, single)
