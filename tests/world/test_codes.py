"""Quizzes as text and back."""

import re

import numpy as np
import pytest
import torch

from culture_core.errors import CultureError
from culture_core.world.codes import CODE_LENGTH, LETTERS, decode_quiz, encode_quiz, tokens_from_text
from culture_core.world.quizzes import generate_quizzes
from culture_core.world.vocabulary import TASKS


@pytest.fixture(scope="module")
def quizzes():
    return generate_quizzes(TASKS, 6, seed=3, structure="mixed", noise=0.3).tokens


def test_a_code_gives_its_quiz_back_and_fits_into_a_link(quizzes):
    for tokens in quizzes:
        code = encode_quiz(tokens)
        assert re.fullmatch(r"[A-Za-z0-9_-]{232}", code)
        assert torch.equal(decode_quiz(code), tokens)


def test_the_extreme_quizzes_have_codes(quizzes):
    for cell in (0, 10):
        tokens = torch.full_like(quizzes[0], cell)
        tokens[::101] = quizzes[0, ::101]
        assert torch.equal(decode_quiz(encode_quiz(tokens)), tokens)


@pytest.mark.parametrize(
    "code",
    [
        *("", "0", "x" * CODE_LENGTH, "0" + "_" * (CODE_LENGTH - 1), "0" + "A" * 10**4, "../" * 80),
        *("5" + "A" * (CODE_LENGTH - 1), "0" + "A" * (CODE_LENGTH - 2) + "\n", "0" + "A" * 230 + "é"),
    ],
)
def test_what_is_no_code_is_refused(code):
    with pytest.raises(CultureError, match="is not the code of a quiz"):
        decode_quiz(code)


def test_random_letters_are_a_quiz_or_refused():
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    generator = torch.Generator().manual_seed(0)
    for _ in range(50):
        draws = torch.randint(64, (CODE_LENGTH - 1,), generator=generator).tolist()
        code = "1" + "".join(letters[i] for i in draws)
        try:
            assert encode_quiz(decode_quiz(code))[0] == "1"
        except CultureError:
            continue


@pytest.mark.parametrize(
    "write",
    [
        lambda tokens: str(tokens),
        lambda tokens: "\n".join(map(str, tokens)),
        lambda tokens: f"tensor([[0, {', '.join(map(str, tokens))}]])",
        lambda tokens: str(torch.tensor(tokens, dtype=torch.uint8)),
        lambda tokens: repr(np.array(tokens, np.uint8)),
        lambda tokens: "".join(LETTERS[token] for token in tokens),
        lambda tokens: " ".join(
            {10: "a", 11: "X", 12: "f_X", 13: "Y", 14: "f_Y"}.get(t, str(t)) for t in tokens
        ),
        lambda tokens: "; ".join({11: "A", 12: "f_A", 13: "B", 14: "f_B"}.get(t, str(t)) for t in tokens),
    ],
)
def test_a_pasted_quiz_is_read_in_many_forms(quizzes, write):
    for tokens in quizzes[:3]:
        assert torch.equal(tokens_from_text(write(tokens.tolist())), tokens)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "here are 0"),
        ("1 2 3", "here are 3"),
        ("0 " * 404, "markers"),
        ("15 " * 404, "'15', number 1 of the list, is not a token"),
        ("1, 2, drop table", "'drop', number 3"),
        ("-1 " * 404, "is not a token"),
        ("٣ " * 404, "is not a token"),
        ("9" * 30_000, "30,000 characters"),
    ],
)
def test_junk_is_told_what_is_wrong_with_it(text, words):
    with pytest.raises(CultureError, match=re.escape(words)):
        tokens_from_text(text)
