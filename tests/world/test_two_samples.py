"""A classifier cannot tell generated quizzes from those that the public code made, 2,000 a task.

Rules that explain every public quiz can still draw from another distribution; a classifier finds that out.
"""

import numpy as np
import pytest
import torch
from builders import FIXTURES
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score

from culture_core.world.quizzes import generate_quizzes
from culture_core.world.rectangles import rectangle_table
from culture_core.world.structures import canonical_grids, structure_of
from culture_core.world.tasks import rectangle_tasks
from culture_core.world.vocabulary import TASKS

N_TRAIN, N_TEST = 1_200, 800
CHANCE = 0.5
# two samples of 800 from one distribution: the AUC has a standard error of 0.0144, of which this is 3.1
LARGEST_EXCESS = 0.045


def features_of(tokens):
    """What the classifier sees of each pair X, f(X): (2n, features).

    Painted cells of both grids, changed cells, their counts by row and by column, and cells by colour.
    """
    grids = canonical_grids(tokens, structure_of(tokens)).numpy().reshape(-1, 2, 10, 10)
    x, f = grids[:, 0], grids[:, 1]
    masks = np.stack([x > 0, f > 0, x != f], axis=1)
    by_colour = [(grid[..., None] == np.arange(11)).sum(axis=(1, 2)) for grid in (x, f)]
    per_cell = masks.reshape(len(grids), -1)
    return np.concatenate(
        [
            per_cell,
            masks.sum(axis=2).reshape(len(grids), -1),
            masks.sum(axis=3).reshape(len(grids), -1),
            *by_colour,
            np.sort(by_colour[0], axis=1),
        ],
        axis=1,
        dtype=np.uint8,
        casting="unsafe",
    )


def auc_of_a_classifier(theirs, ours):
    """How well held-out quizzes of two samples (n, 404) are told apart: 0.5 is not at all.

    A pair is one example to learn from; a quiz is judged by its two pairs together.
    """
    train = np.concatenate([features_of(tokens[:N_TRAIN]) for tokens in (theirs, ours)])
    test = np.concatenate([features_of(tokens[N_TRAIN : N_TRAIN + N_TEST]) for tokens in (theirs, ours)])
    classifier = HistGradientBoostingClassifier(max_iter=80, max_leaf_nodes=15, random_state=0)
    classifier.fit(train, np.repeat([0, 1], 2 * N_TRAIN))
    evidence = classifier.decision_function(test).reshape(-1, 2).sum(axis=1)
    return roc_auc_score(np.repeat([0, 1], N_TEST), evidence)


def public_sample(task):
    with np.load(FIXTURES / "world_public.npz") as file:
        return torch.from_numpy(file[task])


def our_sample(task):
    return generate_quizzes((task,), N_TRAIN + N_TEST, seed=31).tokens


@pytest.mark.parametrize("task", TASKS)
def test_a_classifier_does_no_better_than_chance_on_public_against_generated_quizzes(task):
    auc = auc_of_a_classifier(public_sample(task), our_sample(task))
    assert abs(auc - CHANCE) < LARGEST_EXCESS


def test_the_classifier_tells_translate_apart_where_a_rectangle_may_reach_the_last_row(monkeypatch):
    """The rule as it once was read: the moved rectangle only has to stay inside the grid."""
    table = rectangle_table(torch.device("cpu"))
    number = {tuple(box): r for r, box in enumerate(table.boxes.tolist())}
    moved = torch.tensor(
        [
            [
                [
                    number.get((i1 + di, i2 + di, j1 + dj, j2 + dj), -1)
                    for i1, i2, j1, j2 in table.boxes.tolist()
                ]
                for dj in (-1, 0, 1)
            ]
            for di in (-1, 0, 1)
        ]
    )
    lenient = type(table)(**{**vars(table), "moved": moved})
    monkeypatch.setattr(rectangle_tasks, "rectangle_table", lambda _device: lenient)
    assert auc_of_a_classifier(public_sample("translate"), our_sample("translate")) > 0.65


def test_the_classifier_finds_a_small_difference_in_parameters():
    """Shifts drawn a little unevenly: half of the quizzes moved to the right are left out."""
    theirs = public_sample("translate")
    biased = generate_quizzes(("translate",), 2 * (N_TRAIN + N_TEST), seed=32)
    keep = (biased.params["dj"] != 1) | (biased.index % 2 == 0)
    assert auc_of_a_classifier(theirs, biased.tokens[keep][: N_TRAIN + N_TEST]) > CHANCE + LARGEST_EXCESS
