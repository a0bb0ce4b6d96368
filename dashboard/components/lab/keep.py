"""The quiz of a page, in its link."""

import numpy as np
import torch

from culture_core.world.codes import encode_quiz
from dashboard.components.page import permalink

# query parameters that lose their meaning with another quiz
OF_A_QUIZ = ("quiz", "cell", "position", "measured", "on", "change", "token", "against")


def keep_quiz(tokens: np.ndarray) -> None:
    """Put a quiz (404,) into the link. For callbacks."""
    code = encode_quiz(torch.from_numpy(np.asarray(tokens, dtype=np.uint8)))
    permalink.write(**{**dict.fromkeys(OF_A_QUIZ), "quiz": code})
