"""Generated quizzes are distributed as those of the public code, of which there are 64 a task.

Statistics are taken of one pair at a time, since the two pairs of a quiz share parameters: two-sample
Kolmogorov-Smirnov for numbers, chi-square for categories. Seeds are fixed, so that nothing is left to chance.
"""

from collections import Counter

import numpy as np
import pytest
from builders import public_quizzes
from inference import explain
from scipy import stats

from culture_core.world.quizzes import generate_quizzes
from culture_core.world.structures import canonical_grids, structure_of
from culture_core.world.vocabulary import TASKS

N_OURS = 2048
N_READ_OFF = 256
SMALLEST_P = 1e-3


def grids_of(tokens):
    """(n, 4, 10, 10) in the order A, f_A, B, f_B."""
    return canonical_grids(tokens, structure_of(tokens)).numpy().reshape(-1, 4, 10, 10)


def mean_position(cells, axis):
    """Mean row or column of the cells that are True, -1 for none: cells (n, 10, 10) -> (n,)."""
    weights = np.arange(10)[:, None] if axis == 0 else np.arange(10)[None, :]
    count = cells.sum(axis=(1, 2))
    return np.where(count > 0, (cells * weights).sum(axis=(1, 2)) / np.maximum(count, 1), -1)


def colours_used(grid):
    return np.stack([(grid == colour).any(axis=(1, 2)) for colour in range(1, 11)], axis=1).sum(axis=1)


def edges_between_colours(grid):
    across = (grid[:, :, 1:] != grid[:, :, :-1]).sum(axis=(1, 2))
    return across + (grid[:, 1:] != grid[:, :-1]).sum(axis=(1, 2))


def statistics_of(x, f):
    """Simple numbers about pairs X, f(X): each (n,). x, f: (n, 10, 10)."""
    changed = x != f
    return {
        "painted cells of X": (x > 0).sum(axis=(1, 2)),
        "painted cells of f(X)": (f > 0).sum(axis=(1, 2)),
        "changed cells": changed.sum(axis=(1, 2)),
        "colours of X": colours_used(x),
        "colours of f(X)": colours_used(f),
        "edges in X": edges_between_colours(x),
        "edges in f(X)": edges_between_colours(f),
        "mean row of X": mean_position(x > 0, 0),
        "mean column of X": mean_position(x > 0, 1),
        "mean changed row": mean_position(changed, 0),
        "mean changed column": mean_position(changed, 1),
        "rows touched": (x > 0).any(axis=2).sum(axis=1),
        "columns touched": (x > 0).any(axis=1).sum(axis=1),
    }


@pytest.mark.parametrize("task", TASKS)
def test_simple_statistics_of_pairs_match_those_of_the_public_quizzes(task):
    public = grids_of(public_quizzes(task))
    ours = grids_of(generate_quizzes((task,), N_OURS, seed=5).tokens)
    unlikely = {}
    for pair, (x, f) in enumerate(((0, 1), (2, 3))):
        theirs = statistics_of(public[:, x], public[:, f])
        for name, values in statistics_of(ours[:, x], ours[:, f]).items():
            p = stats.ks_2samp(theirs[name], values).pvalue
            if p < SMALLEST_P:
                unlikely[pair, name] = p
    assert unlikely == {}


@pytest.mark.parametrize("task", TASKS)
def test_colours_are_as_often_used_as_in_the_public_quizzes(task):
    tables = [
        [(grids[:, 0] == colour).any(axis=(1, 2)).sum() for colour in range(1, 11)]
        for grids in (
            grids_of(public_quizzes(task)),
            grids_of(generate_quizzes((task,), N_OURS, seed=6).tokens),
        )
    ]
    assert stats.chi2_contingency(tables).pvalue > SMALLEST_P


def read_off(task, tokens):
    """What was drawn for the last rectangle of pair A, and the parameters, as far as the grids tell."""
    quizzes = [explain(task, grids.reshape(4, 100)) for grids in grids_of(tokens)]
    i1, i2, j1, j2 = np.array([quiz.pairs[0].rectangles[-1] for quiz in quizzes]).T
    numbers = {"first row": i1, "first column": j1, "height": i2 - i1, "width": j2 - j1}
    params = {name: Counter(quiz.params[name] for quiz in quizzes) for name in quizzes[0].params}
    return numbers, params


@pytest.mark.parametrize("task", TASKS)
def test_rectangles_and_parameters_are_drawn_as_in_the_public_quizzes(task):
    their_numbers, their_params = read_off(task, public_quizzes(task))
    our_numbers, our_params = read_off(task, generate_quizzes((task,), N_READ_OFF, seed=7).tokens)
    ps = {name: stats.ks_2samp(their_numbers[name], our_numbers[name]).pvalue for name in our_numbers}
    for name, ours in our_params.items():
        values = sorted(ours | their_params[name])
        table = [[counts[value] for value in values] for counts in (their_params[name], ours)]
        ps[name] = stats.chi2_contingency(table).pvalue
    assert {name: p for name, p in ps.items() if p < SMALLEST_P} == {}
