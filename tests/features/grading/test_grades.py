"""Grades of an SAE as `culture grade` writes them and the reader gives them."""

import numpy as np
import pytest

from culture_core import artifacts
from culture_core.cli.main import main
from culture_core.errors import CultureError
from culture_core.features.concepts import BY_NAME, concept_mask
from culture_core.features.grading.reader import NONE, Grades, open_grades
from culture_core.features.grading.sentences import ConceptGrade, feature_sentence, join_words
from culture_core.features.index.activations import open_activations
from culture_core.features.index.reader import open_index

HOOK = "blocks.1.hook_resid_post"


@pytest.fixture(scope="module")
def grades(built_population):
    return open_grades(built_population, HOOK, 1)


def test_recall_and_precision_can_be_remade_from_the_index(grades, built_population):
    quizzes = open_index(built_population, HOOK, 1).quizzes
    activations = open_activations(built_population, HOOK, 1)
    feature = int(grades.table.f1.argmax())
    for grade in grades.of_feature(feature):
        masks = [concept_mask(name, quizzes) for name in grade.name.split(" & ")]
        holds = np.logical_and.reduce(masks)[12:, :403]
        values = np.zeros(24 * 404, dtype=np.float32)
        token, value = activations.of_feature(feature)
        values[token] = value
        fires = values.reshape(24, 404)[12:, :403] >= grade.threshold
        assert grade.recall == pytest.approx((fires & holds).sum() / holds.sum())
        assert grade.precision == pytest.approx((fires & holds).sum() / fires.sum())
        assert grade.f1 == pytest.approx(2 * (fires & holds).sum() / (fires.sum() + holds.sum()))


def test_table_shows_the_first_grade_of_every_feature(grades):
    assert list(grades.table.feature) == list(range(grades.n_features))
    for row in grades.table[::9].itertuples():
        kept = grades.of_feature(row.feature)
        if kept:
            assert (row.concept, row.words, row.f1) == (
                kept[0].name,
                kept[0].words,
                pytest.approx(kept[0].f1),
            )
        else:
            assert (row.concept, row.f1) == ("", 0)


def test_concepts_name_their_best_features(grades):
    assert set(grades.concepts.concept) == set(BY_NAME)
    graded = grades.concepts[grades.concepts.graded]
    for row in graded[::20].itertuples():
        best = grades.best_features(row.concept)
        assert best[0] == (row.feature, pytest.approx(row.f1))
    with pytest.raises(CultureError, match="no concept 'nonsense'"):
        grades.best_features("nonsense")


def test_coverage_is_the_mean_of_the_best_f1_beside_its_baselines(grades):
    graded = grades.concepts[grades.concepts.graded]
    for source in ("sae", "raw_directions", "mlp_neurons"):
        assert grades.coverage[source] == pytest.approx(graded[f"coverage_{source}"].mean(), rel=1e-5)
    assert grades.coverage["n_concepts"] == len(graded)
    kinds = grades.coverage["by_kind"]
    assert set(kinds) == set(graded.kind)
    assert kinds["task"]["sae"] == pytest.approx(graded[graded.kind == "task"].coverage_sae.mean(), rel=1e-5)


def test_missing_grades_and_features_get_one_line(built_population, grades):
    with pytest.raises(CultureError, match=r"no grades of GPT 0 at nowhere.*run `culture grade"):
        open_grades(built_population, "nowhere", 0)
    with pytest.raises(CultureError, match="features run from 0 to"):
        grades.of_feature(grades.n_features)


def test_grades_of_another_sae_are_refused(built_population, copy_population):
    population = copy_population(built_population)
    path = population.sae(HOOK, 1) / artifacts.MANIFEST
    artifacts.write_json(path, {**artifacts.read_json(path), "sha256": "0" * 64})
    with pytest.raises(CultureError, match="are of another SAE; run `culture grade"):
        open_grades(population, HOOK, 1)


def test_only_stale_grades_are_made_again(built_population, copy_population):
    population = copy_population(built_population)
    manifests = [population.concepts(HOOK, k) / artifacts.MANIFEST for k in (0, 1)]
    artifacts.write_json(manifests[1], {**artifacts.read_json(manifests[1]), "registry_sha256": "of old"})
    made = [artifacts.read_json(path)["made_by"]["made_at"] for path in manifests]
    kept_bytes = manifests[0].read_bytes()
    command = [
        "grade",
        "--population",
        str(population.root),
        "--models",
        "0,1",
        "--workers",
        "1",
        "--if-stale",
    ]
    assert main(command) == 0
    assert manifests[0].read_bytes() == kept_bytes
    again = artifacts.read_json(manifests[1])
    assert again["registry_sha256"] != "of old" and again["made_by"]["made_at"] >= made[1]


def test_grades_that_name_one_conjunction_twice_in_other_orders_are_read_once(grades):
    arrays = {**grades._arrays, "parts": grades._arrays["parts"].copy()}
    arrays["parts"][3, :4] = [[9, 4, NONE], [4, 9, NONE], [4, NONE, NONE], [30, 9, 4]]
    arrays["parts"][3, 4:] = NONE
    names = [kept.name for kept in Grades(grades.manifest, arrays).of_feature(3)]
    registry = list(BY_NAME)
    assert names == [
        f"{registry[4]} & {registry[9]}",
        registry[4],
        f"{registry[4]} & {registry[9]} & {registry[30]}",
    ]


def grade(words, f1, baseline=0.05, name="x"):
    return ConceptGrade(
        name, words, f1, precision=0.94, recall=0.88, auroc=0.97, threshold=1.0, baseline_f1=baseline
    )


def test_sentence_says_what_a_feature_detects_and_how_sure_that_is():
    words = join_words(["in contact quizzes", "before the first changed cell of a second grid"])
    assert feature_sentence([grade(words, 0.91, 0.07), grade("on a red cell", 0.2)]) == (
        "Fires before the first changed cell of a second grid, in contact quizzes: "
        "F1 0.91, precision 0.94, recall 0.88; F1 0.07 with shuffled quizzes."
    )


def test_sentence_is_honest_when_nothing_fits_or_position_explains_it():
    assert feature_sentence([grade("on a red cell", 0.21)]).startswith("No listed concept above F1 0.3;")
    assert feature_sentence([grade("on a red cell", 0.04)]) == "No listed concept above F1 0.1."
    assert feature_sentence([grade("in row 2", 0.8, 0.79)]).endswith("so position alone explains it.")
    assert feature_sentence([]).startswith("Not graded")


def test_words_of_cells_come_before_places():
    assert join_words(["in row 1", "on a red cell", "before a blue cell", "in grid A"]) == (
        "on a red cell and before a blue cell, in row 1, in grid A"
    )
    assert join_words(["in row 1"]) == "in row 1"
