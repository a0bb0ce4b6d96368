"""Do the GPTs know which rectangles touch? The margin of a border over no border at the first corner of each.

In *contact*, each of two rectangles gets a border where it touches a third one, and at least one does. At the
first cell of either rectangle in f(B), the margin of the border's colour over the rectangle's own is compared
between rectangles that touch and rectangles that do not: the AUC, and how often a border is expected. The
rectangle that comes second can be told by the first: if that got no border, the second must.

python scripts/contact_rectangles.py --population cache/world-1M
"""

import argparse
from dataclasses import dataclass

import numpy as np
import torch
from scipy.stats import mannwhitneyu

from culture_core import open_population
from culture_core.models.mygpt import MyGPT
from culture_core.world.quizzes import QuizBatch, generate_quizzes
from culture_core.world.vocabulary import GRID_SIDE, LAST_GRID

BATCH_SIZE, ANCHOR, OTHERS = 100, 0, (1, 2)


@dataclass(frozen=True)
class Corners:
    """The first corners of the m rectangles that may get a border.

    quiz, position: where; border, own: the two colours; touches: whether it gets one; second: whether the
    other rectangle comes before it; other_touches: whether that one gets a border. All (m,).
    """

    quiz: np.ndarray
    position: np.ndarray
    border: np.ndarray
    own: np.ndarray
    touches: np.ndarray
    second: np.ndarray
    other_touches: np.ndarray


def corners(batch: QuizBatch) -> Corners:
    """The corners in f(B) of *contact* quizzes A, f(A), B, f(B)."""
    rectangles = batch.rectangles[:, 1].numpy().astype(int)
    colours = batch.colours[:, 1].numpy()
    first = rectangles[:, OTHERS, 0] * GRID_SIDE + rectangles[:, OTHERS, 2]
    position = LAST_GRID.start + first
    quiz = np.arange(len(batch))[:, None].repeat(2, axis=1)
    border = colours[:, ANCHOR, None].repeat(2, axis=1)
    touches = batch.tokens.numpy()[quiz, position] == border
    second = first > first[:, ::-1]
    columns = (quiz, position, border, colours[:, OTHERS], touches, second, touches[:, ::-1])
    return Corners(*(column.ravel() for column in columns))


@torch.no_grad()
def margins(model: MyGPT, batch: QuizBatch, at: Corners) -> np.ndarray:
    """(m,) the logit of the border's colour minus that of the rectangle's own, at each corner."""
    pieces = [model(batch.tokens[i : i + BATCH_SIZE]) for i in range(0, len(batch), BATCH_SIZE)]
    logits = torch.cat(pieces).numpy()
    return logits[at.quiz, at.position, at.border] - logits[at.quiz, at.position, at.own]


def told_apart(margin: np.ndarray, touches: np.ndarray) -> str:
    """The AUC of a margin, and the share of corners at which a border is expected, touching and not."""
    yes, no = margin[touches], margin[~touches]
    auc = mannwhitneyu(yes, no).statistic / len(yes) / len(no)
    return f"AUC {auc:.3f}, border expected at {np.mean(yes > 0):.0%} and {np.mean(no > 0):.0%}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--population", default="cache/world-1M")
    parser.add_argument("--quizzes", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=44)
    args = parser.parse_args()
    batch = generate_quizzes(("contact",), args.quizzes, args.seed, structure="A,f_A,B,f_B")
    at, population = corners(batch), open_population(args.population)
    print(f"{len(at.quiz)} rectangles, of which {at.touches.mean():.1%} touch")
    groups = {
        "first rectangle": ~at.second,
        "second, after a border": at.second & at.other_touches,
        "second": at.second,
    }
    for k in population.models:
        margin = margins(population.gpt(k), batch, at)
        for name, chosen in groups.items():
            print(f"GPT {k}, {name}: {told_apart(margin[chosen], at.touches[chosen])}")


if __name__ == "__main__":
    main()
