"""The pages on a population that has everything: index, grades, matches, causal checks, all of this make."""

import shutil

import numpy as np
import pytest

from culture_core.errors import CultureError
from culture_core.features.index.activations import open_activations
from culture_core.features.index.reader import FeatureIndex
from culture_core.figures.style import GridStyle
from dashboard.components.downloads.pages import Look, features_page
from dashboard.components.lists.noted import notes_page
from dashboard.components.page.scope import Scope
from dashboard.data import tables
from dashboard.data.population import indexes
from dashboard.data.universal import universality
from dashboard.data.universal.pair_correlation import measured_correlation

LOOK = Look(GridStyle(), {})


@pytest.fixture
def scope(population) -> Scope:
    return Scope(population, population.hooks[0])


@pytest.mark.parametrize("view", ["features", "feature", "compare", "lists"])
def test_every_page_opens(open_page, view):
    app = open_page(view)
    assert not app.exception
    assert not app.warning


@pytest.mark.parametrize("view", ["features", "groups", "sharing", "baselines"])
def test_every_view_of_the_matches_opens(open_page, view):
    app = open_page("universal", view=view)
    assert not app.exception
    assert not app.warning


def test_a_feature_is_told_by_its_sentence(open_page, scope):
    grades = indexes.grades(scope.population, scope.hook, 1)
    alive = indexes.index(scope.population, scope.hook, 1).table.query("not dead").feature.tolist()
    app = open_page("feature", gpt=1, feature=alive[0])
    assert any(grades.sentence(alive[0]) in words.value for words in app.markdown)


def test_the_table_has_every_column_and_all_filters_work_together(open_page, scope):
    table = tables.features(scope.population, scope.hook)
    assert {"concept", "f1", "gain", "universality", "excess", "promoted", "partial_r", "r_4"} <= set(table)
    row = table[(table.concept != "") & (table.task != "") & (table.gpt == 0)].iloc[0]
    chosen = {
        "concept": row.concept,
        "promoted": row.promoted or "any",
        "matched": 1,
        "r": f"{table.loc[row.name, ['r_1', 'r_2', 'r_3', 'r_4']].max() - 1e-6}",
        "task": row.task,
        "models": int(row.gpt),
        "f1": f"{row.f1 - 1e-6}..{row.f1 + 1e-6}",
        "excess": f"{row.excess - 1e-6}..",
    }
    app = open_page("features", **chosen)
    assert not app.exception
    words = next(element.value for element in app.markdown if "features" in element.value)
    assert int(words.split("**")[1]) >= 1


def test_the_table_agrees_with_the_artifacts(scope):
    table = tables.features(scope.population, scope.hook).set_index(["gpt", "feature"])
    for model_k in scope.population.models:
        index = indexes.index(scope.population, scope.hook, model_k)
        grades = indexes.grades(scope.population, scope.hook, model_k)
        matches = universality.matches(scope.population, scope.hook)
        for feature in index.table.query("not dead").feature[:5]:
            row = table.loc[(model_k, feature)]
            best = grades.of_feature(feature)
            assert row.concept == (best[0].name if best else "")
            assert row.universality == pytest.approx(float(matches.universality[model_k][feature]))
            excess = [by_model[model_k][feature] for by_model in matches.excess.values()]
            assert row.excess == pytest.approx(float(min(excess)))


def test_quizzes_at_every_strength_are_kept_in_the_link(open_page, scope):
    alive = indexes.index(scope.population, scope.hook, 0).table.query("not dead").feature.tolist()
    app = open_page("feature", gpt=0, feature=alive[0], examples="spread")
    assert not app.exception
    assert app.button_group(key="bound.examples").value == "spread"


def test_two_features_are_compared_in_any_order(open_page, scope):
    match = next(
        match
        for feature in range(8)
        for match in universality.matches(scope.population, scope.hook).best(0, feature)
    )
    one, other = {"gpt": match.model_k, "feature": match.feature}, {"gpt2": 0, "feature2": 0}
    app = open_page("compare", **one, **other)
    assert not app.exception
    assert app.number_input(key="bound.feature").value == match.feature
    assert app.number_input(key="bound.feature2").value == 0


def test_a_feature_stands_beside_its_best_match_until_another_is_chosen(open_page, scope):
    matches = universality.matches(scope.population, scope.hook)
    feature = next(feature for feature in range(8) if len(matches.best(0, feature)) > 1)
    best, *others = sorted(matches.best(0, feature), key=lambda match: -match.r)
    app = open_page("compare", gpt=0, feature=feature)
    assert app.selectbox(key="bound.gpt2").value == best.model_k
    assert app.number_input(key="bound.feature2").value == best.feature
    app = open_page("compare", gpt=0, feature=feature, gpt2=others[0].model_k)
    assert app.number_input(key="bound.feature2").value == others[0].feature
    app = open_page("compare", gpt=0, feature=feature, gpt2=0, feature2=feature)
    assert any("one feature twice" in text.value for text in app.markdown)


@pytest.fixture
def without_activations(scope, monkeypatch):
    """A population as it ships: without its sparse activations."""

    def missing(*_):
        raise CultureError("no activations")

    monkeypatch.setattr(FeatureIndex, "activations", missing)
    return scope


def test_the_correlation_of_any_two_features_is_measured_where_it_is_not_stored(without_activations):
    scope = without_activations
    alive = [indexes.index(scope.population, scope.hook, k).table.fires.argmax() for k in (0, 2)]
    a, b = (0, int(alive[0])), (2, int(alive[1]))
    found = measured_correlation(scope.population, scope.hook, a, b)
    dense = []
    for model_k, feature in (a, b):
        values = np.zeros(24 * 404)
        token, value = open_activations(scope.population.folder, scope.hook, model_k).of_feature(feature)
        values[token] = value
        dense.append(values.reshape(24, 404)[:, :403].ravel())
    assert found.n_quizzes == 24
    assert found.r == pytest.approx(np.corrcoef(*dense)[0, 1], abs=1e-3)
    assert found.firing == tuple(int((values > 0).sum()) for values in dense)


def test_a_dead_feature_is_called_dead_on_the_page_that_compares(open_page, scope):
    table = tables.features(scope.population, scope.hook)
    dead = table[table.dead].iloc[0]
    alive = table[~table.dead & (table.gpt != dead.gpt)].iloc[0]
    pair = {"gpt": dead.gpt, "feature": dead.feature, "gpt2": alive.gpt, "feature2": alive.feature}
    app = open_page("compare", **pair)
    assert not app.exception
    assert any(f"GPT {dead.gpt} · {dead.feature} is dead" in text.value for text in app.markdown)


def test_one_quiz_is_shown_large_and_the_others_of_the_feature_can_be_chosen(open_page, scope):
    feature = int(indexes.index(scope.population, scope.hook, 0).table.fires.argmax())
    quiz = int(indexes.index(scope.population, scope.hook, 0).top(feature).quiz[1])
    app = open_page("universal", gpt=0, feature=feature, quiz=quiz)
    assert not app.exception
    assert app.selectbox(key="bound.quiz").value == str(quiz)
    assert any("Click a cell in it to see which fire" in text.value for text in app.caption)


def test_another_feature_is_shown_on_all_its_quizzes(open_page, scope):
    index = indexes.index(scope.population, scope.hook, 0)
    feature = int(index.table.fires.argmax())
    app = open_page("universal", gpt=0, feature=feature, quiz=int(index.top(feature).quiz[1]))
    app.button(key="step.Next").click().run()
    assert not app.exception and not app.warning
    assert "quiz" not in app.query_params
    never = open_page("universal", gpt=0, feature=feature, quiz=10**6)
    assert not never.warning
    assert never.selectbox(key="bound.quiz").value == "all"


def test_a_list_and_a_group_are_exported_as_one_page(scope):
    table = tables.features(scope.population, scope.hook)
    rows = table[~table.dead].head(2).assign(name=["corner finder", ""], note=["fires <here>", ""])
    page = notes_page(scope, rows, LOOK)
    assert page.count("<svg") == 2
    assert "corner finder" in page
    assert "fires &lt;here&gt;" in page
    matches = universality.matches(scope.population, scope.hook)
    features = list(matches.group_features(0).items())
    page = features_page(scope, "Group 0", features, [[]] * len(features), LOOK)
    assert all(f"GPT {k} · {feature}" in page for k, feature in features)
    assert page.count("<svg") == len(features)


def test_near_misses_are_told_with_their_share(open_page, scope):
    grades = indexes.grades(scope.population, scope.hook, 1)
    feature = int(grades.table.f1.argmax())
    app = open_page("feature", gpt=1, feature=feature, examples="misses")
    assert not app.exception
    assert any(grades.table.words[feature] in text.value for text in app.caption)


def test_the_causal_check_is_shown_for_its_groups(scope):
    from dashboard.components.matches.causal import causal_panels

    causal = universality.causal(scope.population, scope.hook)
    features = universality.matches(scope.population, scope.hook).group_features(causal.groups[0])
    model_k = scope.population.models[2]
    accuracy, loss = causal_panels(scope, model_k, features[model_k])
    profile = causal.of_group(causal.groups[0])
    assert accuracy["columns"] == loss["columns"] == causal.tasks
    assert len(accuracy["rows"]) == len(scope.population.models)
    shown = [[cell["text"] for cell in row["cells"]] for row in loss["rows"]]
    assert shown == [[f"{value:+.3f}" for value in row] for row in profile.loss]


def test_a_page_without_grades_matches_or_causal_checks_says_what_to_run(
    full_population, open_page, tmp_path, monkeypatch
):
    root = tmp_path / "cache" / "bare"
    shutil.copytree(full_population.root, root)
    for folder in ("concepts", "matches", "causal"):
        shutil.rmtree(root / folder)
    monkeypatch.setenv("CULTURE_CACHE", str(root.parent))
    for view in ("features", "feature", "compare", "lists"):
        app = open_page(view)
        assert not app.exception
        assert not app.warning
    app = open_page("universal")
    assert "culture match" in app.warning[0].value
