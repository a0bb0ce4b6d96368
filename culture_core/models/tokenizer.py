"""The tokenizer of the study, for Hugging Face tools, and the preparation of quizzes as model input.

Names of tokens: 0-9 and a for the colours, X, f_X, Y, f_Y for the markers. The study used "0", the background
colour, as padding and as start token, which made attention masks swallow background cells; here padding has
its own id and there is no start token. The 0 in front of a quiz is part of the model's input (prep_quiz), not
a special token.
"""

from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor

from culture_core.models.mygpt import N_CTX
from culture_core.world.vocabulary import LAST_GRID, N_TOKENS

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

TOKEN_NAMES = (*"0123456789a", "X", "f_X", "Y", "f_Y")
UNKNOWN, PADDING = "[UNK]", "[PAD]"
QUESTION_LENGTH = LAST_GRID.start


def create_tokenizer() -> "PreTrainedTokenizerFast":
    """A word-level tokenizer: names separated by spaces, ids 0..14 as in a quiz, [UNK] = 15, [PAD] = 16.

    It is a standard transformers tokenizer: save_pretrained and push_to_hub work as usual.
    """
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import WhitespaceSplit
    from transformers import PreTrainedTokenizerFast

    names = {name: token for token, name in enumerate(TOKEN_NAMES)}
    tokenizer = Tokenizer(WordLevel({**names, UNKNOWN: N_TOKENS, PADDING: N_TOKENS + 1}, unk_token=UNKNOWN))
    tokenizer.pre_tokenizer = WhitespaceSplit()
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        unk_token=UNKNOWN,
        pad_token=PADDING,
        model_max_length=N_CTX,
        clean_up_tokenization_spaces=False,
    )


def prep_quiz(quizzes: Any, prefix_0: bool = True, slice_at: int | None = QUESTION_LENGTH) -> Tensor:
    """Quizzes as input of a HookedTransformer: int64 (n, slice_at + 1).

    quizzes: QuizBatch or tokens (n, 404) (or one quiz, (404,)). slice_at: how many tokens of the quiz to
    keep; 304 is the question (three grids and the last marker), None the whole quiz. prefix_0: put the 0 in
    front.
    """
    tokens = getattr(quizzes, "tokens", quizzes)
    tokens = torch.atleast_2d(tokens)[:, :slice_at].long()
    return F.pad(tokens, (1, 0)) if prefix_0 else tokens
