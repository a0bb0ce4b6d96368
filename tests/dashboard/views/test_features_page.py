"""The Features page as a reader uses it, without a browser."""

import json
import shutil

import pytest

from dashboard.components.feature_list.rows import row_cells
from dashboard.components.page.notes import feature_key
from dashboard.components.page.scope import Scope
from dashboard.data import tables
from dashboard.data.feature.feature_table import with_notes
from dashboard.data.population import populations
from dashboard.data.population.populations import CACHE_VARIABLE, Population
from dashboard.data.universal.sharing import by_kind
from dashboard.notes.book import note_book


@pytest.fixture
def table(population):
    return tables.features(population, population.hooks[0])


def count(app) -> int:
    words = next(element.value for element in app.markdown if "features" in element.value)
    return int(words.split("**")[1].replace(",", ""))


def test_the_table_holds_the_features_of_all_gpts(open_page, population, table):
    app = open_page("features", fires="any")
    assert not app.exception
    assert count(app) == len(table)
    assert set(table.gpt) == set(population.models)


def test_a_link_restores_every_filter(open_page, table):
    task = table[table.gpt.isin([0, 2]) & (table.task != "")].task.iloc[0]
    least = float(f"{table[table.task == task].density.median():.3g}")
    app = open_page("features", models="0,2", task=task, density=f"{least}..", fires="any")
    chosen = table[table.gpt.isin([0, 2]) & (table.task == task) & (table.density >= least)]
    assert count(app) == len(chosen)
    assert app.selectbox(key="bound.task").value == task
    assert app.select_slider(key="bound.density").value[0] == least


def test_choosing_writes_the_link_and_clearing_empties_it(open_page, table):
    app = open_page("features", sort="max")
    everything = count(app)
    task = table[(table.gpt == 3) & (table.task != "")].task.iloc[0]
    app.selectbox(key="bound.task").set_value(task).run()
    app.button_group[0].set_value([3]).run()
    assert app.query_params["task"] == task
    assert app.query_params["models"] == "3"
    assert count(app) < everything
    app.button[0].click().run()
    assert app.query_params == {"sort": "max"}
    assert count(app) == everything


def test_a_starred_feature_is_found_by_its_star(open_page, population, table):
    book = note_book()
    model_k = population.models[1]
    alive = int(table[(table.gpt == model_k) & ~table.dead].feature.iloc[0])
    key = feature_key(Scope(population, population.hooks[0]), model_k, alive)
    book.change(book.note(key), starred=True, lists=("mine",))
    assert count(open_page("features", starred=1)) == 1
    assert count(open_page("features", listed="mine")) == 1


def test_no_feature_at_all_is_told(open_page):
    app = open_page("features", words="no feature has these words")
    assert "No feature passes" in app.info[0].value


@pytest.mark.parametrize(
    "parameters",
    [
        {"task": "x"},
        {"density": "x"},
        {"sort": "x"},
        {"models": "x"},
        {"fires": "x"},
        {"f1": "x"},
        {"page": "x"},
    ],
)
def test_a_filter_that_does_not_exist_is_a_friendly_page(open_page, parameters):
    app = open_page("features", **parameters)
    assert not app.exception
    assert app.warning


@pytest.mark.parametrize(
    ("page", "parameters"),
    [
        ("features", {}),
        ("features", {"sort": "f1"}),
        ("features", {"words": "cell"}),
        ("features", {"concept": "after_red", "map": 1}),
        ("features", {"kind": "colour"}),
        ("universal", {"view": "sharing"}),
        ("universal", {"view": "groups"}),
        ("home", {}),
        ("lists", {}),
    ],
)
def test_gpts_of_which_one_is_not_graded_are_shown_together(
    population, copy_population, open_page, monkeypatch, page, parameters
):
    show_partly_graded(population, copy_population, monkeypatch)
    assert not open_page(page, **parameters).exception


def show_partly_graded(population, copy_population, monkeypatch) -> Population:
    """The population as it is shown from now on: a copy in which GPT 0 is not graded."""
    copy = copy_population(population.folder)
    shutil.rmtree(copy.concepts(population.hooks[0], 0))
    monkeypatch.setenv(CACHE_VARIABLE, str(copy.root.parent))
    return populations.population(populations.population_names()[0])


def test_rows_of_a_partly_graded_population_can_be_sent_to_a_browser(
    population, copy_population, monkeypatch
):
    shown = show_partly_graded(population, copy_population, monkeypatch)
    hook = shown.hooks[0]
    features = tables.features(shown, hook)
    assert (features.concept_words[features.gpt == 0] == "").all()
    records = with_notes(features, []).itertuples()
    json.dumps([row_cells(Scope(shown, hook), record, {}) for record in records], allow_nan=False)


def test_features_that_were_not_graded_are_of_no_kind(population, copy_population, monkeypatch):
    shown = show_partly_graded(population, copy_population, monkeypatch)
    features = tables.features(shown, shown.hooks[0])
    graded = features[~features.dead & (features.gpt != 0)]
    assert by_kind(features, len(shown.models)).to_numpy().sum() == len(graded)
