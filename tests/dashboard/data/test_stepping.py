"""Steps through many items miss none."""

import numpy as np

from dashboard.data.feature.stepping import next_alive, page_of


def test_steps_skip_dead_features_and_go_round():
    dead = np.array([False, True, True, False, True])
    assert next_alive(dead, 0, 1) == 3
    assert next_alive(dead, 3, 1) == 0
    assert next_alive(dead, 0, -1) == 3
    assert next_alive(np.ones(4, dtype=bool), 2, 1) == 2


def test_pages_cover_all_items_once_and_a_page_too_far_is_the_last():
    items = [i for page in (1, 2, 3) for i in range(20)[page_of(20, 8, page)]]
    assert items == list(range(20))
    assert page_of(20, 8, 99) == slice(16, 20)
    assert page_of(0, 8, 1) == slice(0, 0)
