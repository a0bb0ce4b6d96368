import json
from pathlib import Path

import numpy as np
import pytest
import torch

from culture_core.artifacts import PopulationFolder, provenance
from culture_core.cli.main import main
from culture_core.culture.nearest.classifier import TaskClassifier
from culture_core.culture.nearest.gallery import Gallery, novelty, open_gallery
from culture_core.culture.nearest.store import find_nearest, stored_nearest
from culture_core.culture.published import adopt
from culture_core.culture.store import load_store, save_store
from culture_core.errors import CultureError
from culture_core.models.mygpt import MyGPT, MyGPTConfig
from culture_core.models.population import save_population
from culture_core.world.quizzes import generate_quizzes
from culture_core.world.vocabulary import WORLD_TASKS

N_CHANGED = 3
SHIPPED = Path(__file__).parents[3] / "cache" / "world-1M"


@pytest.fixture(scope="module")
def population(tmp_path_factory) -> PopulationFolder:
    """Two GPTs with eight world quizzes as if they had invented them, and eight with a few cells changed."""
    models = [MyGPT(MyGPTConfig(8, 4, 8, 2, 1)) for _ in range(2)]
    for k, model in enumerate(models):
        model.id = k
    folder = save_population(
        tmp_path_factory.mktemp("cache") / "two", models, made_by=provenance("test"), dtype="float32"
    )
    store = load_store(folder)
    tokens = generate_quizzes(WORLD_TASKS, 2, seed=8).tokens
    tokens[8:, 399 : 399 + N_CHANGED] = torch.where(tokens[8:, 399 : 399 + N_CHANGED] == 9, 10, 9).to(
        torch.uint8
    )
    save_store(folder, adopt(store, tokens[:12], tokens[12:], "test"))
    return folder


@pytest.fixture(scope="module")
def gallery(population) -> Gallery:
    return open_gallery(population, classifier=TaskClassifier(n_train=60, n_test=20))


def test_every_kept_quiz_is_in_the_gallery_with_its_nearest_task(gallery):
    assert len(gallery) == len(gallery.frame) == 16
    assert gallery.frame.task.tolist()[:8] == list(WORLD_TASKS)
    assert (gallery.frame.distance[:8] == 0).all()
    assert gallery.frame.distance[8:].between(1, N_CHANGED).all()
    assert gallery.frame.split.tolist() == ["train"] * 12 + ["test"] * 4


def test_the_distance_is_the_least_of_those_to_each_task(gallery):
    by_task = gallery.frame[[f"to_{task}" for task in WORLD_TASKS]]
    np.testing.assert_array_equal(by_task.min(axis=1), gallery.frame.distance)


def test_rows_and_quizzes_go_together(gallery):
    np.testing.assert_array_equal(gallery.quizzes.index.numpy(), gallery.frame.number)


def test_imported_quizzes_have_no_author_verdicts_or_temperatures(gallery):
    assert (gallery.frame.author == -1).all()
    assert (gallery.frame.verdict_0 == "not asked").all()
    assert gallery.frame[["p_0", "p_1", "hot", "fails"]].isna().all(axis=None)


def test_novelty_counts_what_no_rule_explains(gallery):
    report = novelty(gallery.frame)
    assert (report["kept"], report["new"], report["share_new"]) == (16, 8, 0.5)
    assert 1 <= report["smallest"] <= N_CHANGED
    assert report["distances"]["0"] == 8
    assert sum(report["distances"].values()) == 16
    assert sum(row["explained"] for row in report["by_task"]) == 8


def test_novelty_of_world_quizzes_is_none(gallery):
    report = novelty(gallery.frame[:8])
    assert (report["new"], report["smallest"]) == (0, None)


def test_shipped_culture_quizzes_carry_author_probabilities_and_temperatures():
    shipped = open_gallery(PopulationFolder(SHIPPED))
    assert set(shipped.frame.author) <= set(shipped.models)
    assert shipped.frame[[f"p_{k}" for k in shipped.models]].notna().all(axis=None)
    assert shipped.frame.hot.notna().all()


def test_the_command_reports_how_many_are_new(population, tmp_path, capsys):
    report = tmp_path / "novelty.json"
    assert main(["novelty", "--population", str(population.root), "--list", "2", "--json", str(report)]) == 0
    assert "8 of 16 kept quizzes obey no rule of the world (50.0%" in capsys.readouterr().out
    assert json.loads(report.read_text())["new"] == 8


def test_what_is_saved_is_what_is_computed_and_is_of_these_quizzes_alone(population, gallery, capsys):
    words = ["novelty", "--population", str(population.root), "--save", "--if-stale"]
    assert main(words) == 0
    tokens = gallery.quizzes.tokens
    stored, computed = stored_nearest(population, tokens), find_nearest(tokens)
    for name, values in vars(computed).items():
        np.testing.assert_array_equal(getattr(stored, name), values, err_msg=name)
    assert open_gallery(population).frame.unusual.tolist() == stored.unusual.tolist()
    assert main(words) == 0
    assert "is up to date" in capsys.readouterr().out
    assert stored_nearest(population, tokens[1:]) is None


def test_without_kept_quizzes_the_command_to_run_is_told(tmp_path):
    model = MyGPT(MyGPTConfig(8, 4, 8, 2, 1))
    model.id = 0
    folder = save_population(tmp_path / "none", [model], made_by=provenance("test"))
    with pytest.raises(CultureError, match="culture invent"):
        open_gallery(folder)
