import numpy as np
import pytest
import torch
from culture_helpers import SETTINGS, leaning_population

from culture_core.artifacts import provenance
from culture_core.culture.published import export_published, import_published, open_store
from culture_core.culture.reader import open_culture
from culture_core.culture.rounds import invent_quizzes
from culture_core.culture.store import TEST, TRAIN
from culture_core.errors import CultureError
from culture_core.models.checkpoints import read_culture_quizzes, write_culture_quizzes
from culture_core.models.population import save_population
from culture_core.models.sources import resolve_source
from culture_core.world.quizzes import generate_quizzes


@pytest.fixture
def published(tmp_path):
    """A c_quizzes.pth of 5 training and 2 test quizzes, and its quizzes."""
    tokens = generate_quizzes(("frame",), 7, seed=1).tokens
    path = tmp_path / "c_quizzes.pth"
    write_culture_quizzes(path, tokens[:5], tokens[5:])
    return path, tokens[:5], tokens[5:]


def test_published_quizzes_come_out_as_they_went_in(published, tmp_path):
    path, train, test = published
    population = leaning_population(tmp_path / "population")
    assert import_published(population, path) == (5, 2)
    out = tmp_path / "again.pth"
    assert export_published(population, out) == (5, 2)
    for ours, theirs in zip(read_culture_quizzes(out), (train, test), strict=True):
        assert torch.equal(ours, theirs)


def test_quizzes_that_are_there_already_are_not_added_again_nor_put_into_the_other_split(published, tmp_path):
    path, train, test = published
    population = leaning_population(tmp_path / "population")
    import_published(population, path)
    assert import_published(population, path) == (0, 0)
    new = generate_quizzes(("grow",), 2, seed=2).tokens
    other = tmp_path / "other.pth"
    write_culture_quizzes(other, torch.cat([test, new[:1]]), torch.cat([train, new[1:], new[1:]]))
    assert import_published(population, other) == (1, 1)
    store = open_store(population)
    kept = [{quiz.tobytes() for quiz in store.kept(split)} for split in (TRAIN, TEST)]
    assert [len(part) for part in kept] == [6, 3] and not kept[0] & kept[1]
    assert [len(store.kept(split)) for split in (TRAIN, TEST)] == [6, 3]


def test_imported_quizzes_stay_beside_invented_ones(published, tmp_path):
    path = published[0]
    population = leaning_population(tmp_path / "population")
    invent_quizzes(population, 1000, SETTINGS, limit=16)
    before = open_store(population)
    import_published(population, path)
    report = invent_quizzes(population, 1000, SETTINGS, limit=24)
    after = open_store(population)
    assert report["candidates"] == 24, "the run before the import goes on"
    assert [run["candidates"] for run in after.runs] == [24, 7]
    assert len(after.kept(TRAIN)) >= len(before.kept(TRAIN)) + 5
    assert len(set(after.table.number.tolist())) == len(after.table)


def test_quizzes_that_came_with_a_population_are_taken_in(published, tmp_path):
    _, train, test = published
    models = resolve_source(leaning_population(tmp_path / "a").root).load_models()
    population = save_population(
        tmp_path / "b", models, made_by=provenance("test"), culture_quizzes=(train, test)
    )
    invent_quizzes(population, 1000, SETTINGS, limit=8)
    store = open_store(population)
    np.testing.assert_array_equal(store.kept(TRAIN)[:5], train)
    np.testing.assert_array_equal(store.kept(TEST)[:2], test)
    assert set(store.table[store.table.run == 0].author) == {-1}


def test_the_reader_gives_quizzes_and_a_table_row_by_row(published, tmp_path):
    population = leaning_population(tmp_path / "population")
    invent_quizzes(population, 1000, SETTINGS, limit=32)
    import_published(population, published[0])
    opened = open_culture(population)
    frame = opened.frame()
    assert len(frame) == len(opened.quizzes) == len(opened.table)
    np.testing.assert_array_equal(opened.quizzes.index, frame["number"])
    assert set(opened.quizzes.task_names()) == {"culture"}
    kept = frame[frame["split"] != ""]
    assert set(kept["reason"]) == {"kept"}
    invented = kept[kept["author"] >= 0]
    assert set(invented["verdict_2"]) == {"fails"}
    assert (invented["p_0"] >= SETTINGS.verdicts.understands).all()
    imported = frame[frame["author"] == -1]
    assert imported["p_0"].isna().all()
    assert set(imported["verdict_0"]) == {"not asked"}


def test_a_population_without_culture_quizzes_is_told_what_to_run(tmp_path):
    population = leaning_population(tmp_path / "population")
    with pytest.raises(CultureError, match="culture invent"):
        open_culture(population)
    with pytest.raises(CultureError, match="no culture quizzes"):
        export_published(population, tmp_path / "out.pth")
    assert not (tmp_path / "out.pth").exists()
