"""The gallery of what was invented: its rows are the kept candidates, its words are its numbers."""

from types import SimpleNamespace

import numpy as np
import pytest

from culture_core.artifacts import PopulationFolder
from culture_core.culture.nearest.gallery import Gallery
from culture_core.world.quizzes import generate_quizzes
from dashboard.components.quizzes.gallery import gallery_row
from dashboard.data.choices import EVERYTHING
from dashboard.data.quiz import gallery, quiz_sets


@pytest.fixture(scope="module")
def made() -> Gallery:
    import pandas as pd

    frame = pd.DataFrame(
        {
            "distance": [0, 7, 1],
            "task": ["grow", "frame", "contact"],
            "guess": ["grow", "detect", "contact"],
            "guess_p": [0.9, 0.4, 0.7],
            "unusual": [0.1, 0.5, 0.95],
            "author": [1, -1, 1],
        }
    )
    return Gallery(generate_quizzes(("grow",), 3, 1), frame, (0, 1))


def test_orders_put_the_farthest_or_the_strangest_first(made):
    assert gallery.in_order(made, gallery.NEWEST).tolist() == [1, 2, 0]
    assert gallery.in_order(made, gallery.STRANGEST).tolist() == [2, 1, 0]
    assert gallery.in_order(made, gallery.IN_TURN).tolist() == [0, 1, 2]


def test_filters_leave_what_fits_all_of_them(made):
    everything = {"task": EVERYTHING, "author": EVERYTHING, "rule": EVERYTHING}
    assert gallery.authors(made) == {"not known": -1, "GPT 1": 1}
    for choice, expected in (
        ({}, [0, 1, 2]),
        ({"task": "frame"}, [1]),
        ({"author": "GPT 1"}, [0, 2]),
        ({"author": "not known"}, [1]),
        ({"rule": gallery.NEW}, [1, 2]),
        ({"rule": gallery.EXPLAINED}, [0]),
        ({"rule": gallery.NEW, "author": "GPT 1"}, [2]),
    ):
        assert np.flatnonzero(gallery.fitting(made, **everything | choice)).tolist() == expected


def test_the_words_say_how_many_are_new_and_what_contradicts_a_rule(made):
    assert gallery.novelty_words(made).startswith("**2 of 3 kept quizzes** (67%")
    assert "contradicts it in 1 of its 400 cells" in gallery.novelty_words(made)
    assert gallery.row_words(made, 0).startswith("its rule explains every cell · looks like grow (90%)")
    assert gallery.row_words(made, 1).startswith("7 cells contradict its rule")
    assert gallery.row_words(made, 2).startswith("1 cell contradicts its rule")
    old = Gallery(made.quizzes[:1], made.frame[:1], made.models)
    assert gallery.novelty_words(old).startswith("**Nothing new**")


@pytest.mark.parametrize("name", ["candidates", "culture"])
def test_culture_is_read_again_where_either_file_is_written(tmp_path, name):
    population = SimpleNamespace(folder=PopulationFolder(tmp_path))
    before = quiz_sets.culture_written(population)
    file = population.folder.quizzes(name)
    file.parent.mkdir()
    file.write_bytes(b"")
    assert quiz_sets.culture_written(population) != before


def test_every_kept_quiz_of_the_shipped_population_stands_beside_its_own_verdicts(shipped):
    found, places = gallery.gallery(shipped), gallery.kept_places(shipped)
    stored, frame = quiz_sets.culture_quizzes(shipped), quiz_sets.culture(shipped).frame()
    assert len(found) == len(places) > 0
    for row, place in enumerate(places):
        assert np.array_equal(found.quizzes.tokens[row].numpy(), stored.tokens[place])
        drawn = gallery_row(shipped, found, row, int(place))
        assert frame.split[place] in ("train", "test")
        assert f"nearest to {found.frame.task[row]}" == drawn.caption
        assert "understood by" in drawn.detail
