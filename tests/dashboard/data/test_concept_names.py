"""Concepts are found by what they contain, whatever stands beside it."""

import pandas as pd

from culture_core.features.concepts import CONCEPTS
from dashboard.data.words.concept_names import concept_parts, concept_words, contains_all, single_concepts

NAMES = pd.Series(["on:painted & task=grow", "task=grow", "on:painted", "on:painted & row=2", "row=22", ""])


def test_a_conjunction_is_found_by_any_of_its_concepts_and_only_by_whole_ones():
    assert contains_all(NAMES, ["on:painted"]).tolist() == [True, False, True, True, False, False]
    assert contains_all(NAMES, ["on:painted", "task=grow"]).tolist() == [True] + [False] * 5
    assert contains_all(NAMES, ["row=2"]).tolist() == [False, False, False, True, False, False]
    assert contains_all(NAMES, []).all()


def test_the_choice_is_of_single_concepts_in_the_order_of_their_words():
    found = single_concepts(NAMES)
    assert set(found) == {"on:painted", "task=grow", "row=2", "row=22"}
    words = [concept_words(name) for name in found]
    assert words == sorted(words)
    assert "in grow quizzes" in words


def test_every_concept_has_words_of_its_own_and_no_name_is_cut_in_parts():
    assert len({concept_words(concept.name) for concept in CONCEPTS}) == len(CONCEPTS)
    assert all(concept_parts(concept.name) == (concept.name,) for concept in CONCEPTS)
