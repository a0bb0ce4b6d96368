"""Which GPTs fire at a cell is told by number and by name."""

import numpy as np

from dashboard.data.universal.firing_gpts import firing_words, n_firing

ACTIVATIONS = {k: np.zeros(404) for k in (0, 1, 3, 4)}
for k in (0, 1, 4):
    ACTIVATIONS[k] = np.where(np.arange(404) == 7, 0.5, 0.0)
for k in ACTIVATIONS:
    ACTIVATIONS[k] = np.where(np.arange(404) == 9, 1.0, ACTIVATIONS[k])


def test_a_cell_says_who_fires_and_who_is_silent():
    assert firing_words(ACTIVATIONS, 7) == "fires in 3: GPT 0, 1, 4; silent in GPT 3"
    assert firing_words(ACTIVATIONS, 9) == "fires in all 4"
    assert firing_words(ACTIVATIONS, 8) == "silent in all of them"


def test_the_count_is_of_gpts_at_each_token():
    assert n_firing(ACTIVATIONS)[[7, 8, 9]].tolist() == [3, 0, 4]
