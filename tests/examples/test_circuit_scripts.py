"""The quizzes that scripts/ change, and what they are said to be, against plain loops."""

import importlib.util
import sys
from pathlib import Path

import pytest

from culture_core.world.quizzes import generate_quizzes

SCRIPTS = Path(__file__).parents[2] / "scripts"
PAIRS = ((0, 1), (2, 3))


def load(name: str):
    spec = importlib.util.spec_from_file_location(name, SCRIPTS / f"{name}.py")
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def grid(tokens, block: int) -> list[list[int]]:
    start = 101 * block + 1
    return [tokens[start + 10 * row : start + 10 * row + 10].tolist() for row in range(10)]


def cells(rectangle) -> set[tuple[int, int]]:
    i1, i2, j1, j2 = rectangle
    return {(i, j) for i in range(i1, i2) for j in range(j1, j2)}


def test_rectangles_that_get_a_border_share_an_edge_and_come_in_reading_order():
    batch = generate_quizzes(("contact",), 40, 3, structure="A,f_A,B,f_B")
    at = load("contact_rectangles").corners(batch)
    assert len(at.quiz) == 80 and 0 < at.touches.sum() < 80
    for number in range(80):
        quiz, which = divmod(number, 2)
        rectangles = [tuple(one) for one in batch.rectangles[quiz, 1].tolist()]
        own, other, anchor = rectangles[1 + which], rectangles[2 - which], rectangles[0]
        beside = {(i + a, j + b) for i, j in cells(anchor) for a, b in ((0, 1), (1, 0), (0, -1), (-1, 0))}
        assert at.touches[number] == bool(beside & cells(own))
        assert at.other_touches[number] == bool(beside & cells(other))
        assert at.second[number] == ((own[0], own[2]) > (other[0], other[2]))
        assert at.position[number] == 304 + 10 * own[0] + own[2]
        before = grid(batch.tokens[quiz], 2)
        assert before[own[0]][own[2]] == at.own[number]
        assert before[anchor[0]][anchor[2]] == at.border[number]


def test_the_new_colour_is_a_third_one_in_both_pairs():
    batch = generate_quizzes(("replace_color",), 20, 3, structure="A,f_A,B,f_B")
    before, after = load("edited_examples").recoloured(batch)
    for old, new in zip(before, after, strict=True):
        changed = set()
        for first, second in PAIRS:
            x, f, edited = grid(old, first), grid(old, second), grid(new, second)
            assert grid(new, first) == x
            for i in range(10):
                for j in range(10):
                    if x[i][j] == f[i][j]:
                        assert edited[i][j] == f[i][j]
                    else:
                        changed.add(edited[i][j])
        assert len(changed) == 1 and not changed & set(old.tolist())


def test_the_rectangle_moves_the_other_way_in_both_pairs():
    batch = generate_quizzes(("translate",), 60, 3, structure="A,f_A,B,f_B")
    before, after = load("edited_examples").moved_back(batch)
    assert 10 <= len(before) < 60
    numbers = {tuple(tokens.tolist()): number for number, tokens in enumerate(batch.tokens)}
    for old, new in zip(before, after, strict=True):
        number = numbers[tuple(old.tolist())]
        di, dj = (int(batch.params[name][number]) for name in ("di", "dj"))
        for pair, (first, second) in enumerate(PAIRS):
            moved = cells(batch.rectangles[number, pair, 2].tolist())
            x, f = grid(old, first), grid(old, second)
            colour = {x[i][j] for i, j in moved}
            assert len(colour) == 1
            way = {True: f, False: grid(new, second)}
            for forth, shown in way.items():
                sign = 1 if forth else -1
                expected = [[0 if (i, j) in moved else x[i][j] for j in range(10)] for i in range(10)]
                for i, j in moved:
                    expected[i + sign * di][j + sign * dj] = next(iter(colour))
                assert shown == expected
            assert grid(new, first) == x


@pytest.mark.parametrize("name", ["contact_rectangles", "edited_examples"])
def test_the_scripts_run_on_the_shipped_population(name, monkeypatch, capsys):
    module = load(name)
    shipped = str(SCRIPTS.parent / "cache" / "world-1M")
    monkeypatch.setattr(sys, "argv", [name, "--population", shipped, "--quizzes", "12"])
    module.main()
    assert "GPT 4" in capsys.readouterr().out
