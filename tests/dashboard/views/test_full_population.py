"""The pages on a population that has everything: index, grades, matches, causal checks, all of this make."""

import shutil

import pytest

from dashboard.components.page.scope import Scope
from dashboard.data import indexes, tables, universality


@pytest.fixture
def scope(population) -> Scope:
    return Scope(population, population.hooks[0])


@pytest.mark.parametrize("view", ["features", "feature", "compare", "lists"])
def test_every_page_opens(open_page, view):
    app = open_page(view)
    assert not app.exception
    assert not app.warning


@pytest.mark.parametrize("view", ["features", "groups", "baselines"])
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
