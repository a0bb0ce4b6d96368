"""The pages on the population of the repository: nothing is missing, and Home has a story to tell."""

import re

import pytest

from dashboard.data.quiz import gallery
from dashboard.data.universal.story import NAMED_F1

PAGES = ("home", "quizzes", "features", "feature", "cell", "universal", "compare", "lab", "circuits", "lists")


@pytest.mark.usefixtures("shipped")
@pytest.mark.parametrize("page", PAGES)
def test_every_page_of_the_shipped_population_opens_without_a_warning(open_page, page):
    app = open_page(page)
    assert not app.exception
    assert not app.warning
    assert app.title[0].value


@pytest.mark.usefixtures("shipped")
def test_home_tells_its_story_with_a_feature_that_a_concept_tells_well(open_page):
    words = next(text.value for text in open_page("home").markdown if "**black square**" in text.value)
    assert "Fires " in words
    assert float(re.search(r"F1 (\d\.\d+)", words)[1]) >= NAMED_F1


def test_what_the_gpts_invented_is_shown_with_its_nearest_task(shipped, open_page):
    found = gallery.gallery(shipped)
    app = open_page("quizzes", view="inventions")
    assert not app.exception
    assert not app.warning
    assert gallery.novelty_words(found) in [text.value for text in app.markdown]
