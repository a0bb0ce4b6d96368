"""Quizzes as text: a short code for links, and lists of tokens as people paste them."""

import base64
import re

import torch
from torch import Tensor

from culture_core.errors import CultureError
from culture_core.world.structures import structure_of
from culture_core.world.vocabulary import (
    BLOCK_LENGTH,
    FIRST_MARKER,
    GRID_NAMES,
    N_COLOURS,
    N_TOKENS,
    QUIZ_LENGTH,
    STRUCTURES,
)

N_ALL_CELLS = QUIZ_LENGTH - len(GRID_NAMES)
N_BYTES = ((N_COLOURS**N_ALL_CELLS).bit_length() + 7) // 8
CODE_LENGTH = 1 + -(-N_BYTES * 4 // 3)
LETTERS = "0123456789abcde"
# names of the tokens that are not digits: of the study's tokenizer, and of this package
NAMES = {
    "a": 10,
    **{name: FIRST_MARKER + i for i, name in enumerate(("X", "f_X", "Y", "f_Y"))},
    **{name: FIRST_MARKER + i for i, name in enumerate(GRID_NAMES)},
}
LONGEST_TEXT = 20_000

_IS_CELL = [position % BLOCK_LENGTH != 0 for position in range(QUIZ_LENGTH)]


def encode_quiz(tokens: Tensor) -> str:
    """A quiz (404,) as a code of 232 letters, digits, "-" and "_": its structure, then its cells as one
    number to the base 11.

    Errors: CultureError when the tokens are not a quiz.
    """
    structure = int(structure_of(tokens[None])[0])
    number = 0
    for cell in tokens[torch.tensor(_IS_CELL)].tolist():
        number = number * N_COLOURS + cell
    packed = base64.urlsafe_b64encode(number.to_bytes(N_BYTES, "big")).decode().rstrip("=")
    return f"{structure}{packed}"


def decode_quiz(code: str) -> Tensor:
    """The quiz (404,) uint8 of a code.

    Errors: CultureError when it is not the code of a quiz.
    """
    wrong = CultureError(f"{code[:12]!r}... is not the code of a quiz: part of the link may be missing")
    if not re.fullmatch(rf"[0-{len(STRUCTURES) - 1}][A-Za-z0-9_-]{{{CODE_LENGTH - 1}}}", code, re.ASCII):
        raise wrong
    number = int.from_bytes(base64.urlsafe_b64decode(code[1:] + "=" * (-(CODE_LENGTH - 1) % 4)), "big")
    if number >= N_COLOURS**N_ALL_CELLS:
        raise wrong
    cells = []
    for _ in range(N_ALL_CELLS):
        number, cell = divmod(number, N_COLOURS)
        cells.append(cell)
    grids = torch.tensor(cells[::-1], dtype=torch.uint8).unflatten(0, (len(GRID_NAMES), -1))
    markers = torch.tensor(STRUCTURES[int(code[0])].grids, dtype=torch.uint8) + FIRST_MARKER
    return torch.cat([markers[:, None], grids], dim=1).flatten()


def tokens_from_text(text: str) -> Tensor:
    """The quiz (404,) uint8 in a text: 404 tokens as numbers or names, parted by anything; or 404 letters of
    0-9 and a-e in a row.

    A 0 in front, as the models read it, is left out.
    Errors: CultureError that says what is wrong with the text.
    """
    if len(text) > LONGEST_TEXT:
        raise CultureError(f"a quiz has {QUIZ_LENGTH} tokens, but this text has {len(text):,} characters")
    letters = re.sub(r"\s", "", text)
    if re.fullmatch(rf"[{LETTERS}]{{{QUIZ_LENGTH},{QUIZ_LENGTH + 1}}}", letters):
        values = [LETTERS.index(letter) for letter in letters]
    else:
        bare = re.sub(r"tensor\(|array\(|,\s*dtype=[\w.]+", "", text)
        words = re.findall(r"[^\s,;|\[\](){}\"']+", bare)
        values = [_value(word, place) for place, word in enumerate(words)]
    if len(values) == QUIZ_LENGTH + 1 and values[0] == 0:
        values = values[1:]
    if len(values) != QUIZ_LENGTH:
        raise CultureError(f"a quiz has {QUIZ_LENGTH} tokens, but there are {len(values)}")
    tokens = torch.tensor(values, dtype=torch.uint8)
    structure_of(tokens[None])
    return tokens


def _value(word: str, place: int) -> int:
    if word in NAMES:
        return NAMES[word]
    if word.isascii() and word.isdigit() and len(word) <= 3 and int(word) < N_TOKENS:
        return int(word)
    raise CultureError(
        f"{word[:20]!r}, number {place + 1} of the list, is not a token: they are 0 to {N_TOKENS - 1}"
    )
