"""Does an answer follow its example? The example pair of a quiz is edited, and the answer should change.

*replace_color*: the new colour in f(A) becomes a third one that the quiz does not have; f(B) should take it.
*translate*: in f(A) the rectangle moves the other way; in f(B) it should too. An answer counts when all its
cells are the most likely ones, given the right cells before them.

python scripts/edited_examples.py --population cache/world-1M
"""

import argparse
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from culture_core import open_population
from culture_core.intervals import wilson_interval
from culture_core.models.mygpt import MyGPT
from culture_core.world.quizzes import QuizBatch, generate_quizzes
from culture_core.world.vocabulary import BLOCK_LENGTH, GRID_SIDE, LAST_GRID, N_COLOURS

BATCH_SIZE, MOVED = 100, 2
A, F_A, B, F_B = (slice(i * BLOCK_LENGTH + 1, (i + 1) * BLOCK_LENGTH) for i in range(4))


def recoloured(batch: QuizBatch) -> tuple[Tensor, Tensor]:
    """*replace_color* quizzes and the same with a third colour as the new one, (m, 404) both."""
    before, after = batch.tokens.clone(), batch.tokens.clone()
    for quiz in after:
        free = sorted(set(range(1, N_COLOURS)) - set(quiz.tolist()))
        for given, changed in ((A, F_A), (B, F_B)):
            cells = quiz[changed]
            cells[cells != quiz[given]] = free[0]
    return before, after


def moved_back(batch: QuizBatch) -> tuple[Tensor, Tensor]:
    """*translate* quizzes whose rectangles can move the other way too, and the same with that, (m, 404)."""
    pairs = [pair for quiz in range(len(batch)) if (pair := _other_way(batch, quiz)) is not None]
    before, after = zip(*pairs, strict=True)
    return torch.stack(before), torch.stack(after)


def _other_way(batch: QuizBatch, number: int) -> tuple[Tensor, Tensor] | None:
    """A quiz and the same with its rectangle moved the other way; None if that leaves a grid, or
    reaches its last row or column, which no quiz does."""
    quiz = batch.tokens[number]
    di, dj = (int(batch.params[name][number]) for name in ("di", "dj"))
    after = quiz.clone()
    for pair, (given, changed) in enumerate(((A, F_A), (B, F_B))):
        i1, i2, j1, j2 = batch.rectangles[number, pair, MOVED].tolist()
        if min(i1 - di, j1 - dj) < 0 or max(i2 - di, j2 - dj) >= GRID_SIDE:
            return None
        grid = quiz[given].reshape(GRID_SIDE, GRID_SIDE).clone()
        colour = int(grid[i1, j1])
        grid[i1:i2, j1:j2] = 0
        grid[i1 - di : i2 - di, j1 - dj : j2 - dj] = colour
        after[changed] = grid.flatten()
    return quiz, after


@torch.no_grad()
def solved(model: MyGPT, tokens: Tensor) -> np.ndarray:
    """(m,) whether every cell of the last grid is the most likely one."""
    found = []
    for part in tokens.split(BATCH_SIZE):
        answer = model(part)[:, LAST_GRID].argmax(-1)
        found.append((answer == part[:, LAST_GRID]).all(1).numpy())
    return np.concatenate(found)


def told(hits: np.ndarray) -> str:
    low, high = wilson_interval(int(hits.sum()), len(hits))
    return f"{hits.mean():.1%} ({low:.1%} to {high:.1%})"


EDITS: dict[str, Callable[[QuizBatch], tuple[Tensor, Tensor]]] = {
    "replace_color": recoloured,
    "translate": moved_back,
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--population", default="cache/world-1M")
    parser.add_argument("--quizzes", type=int, default=400)
    parser.add_argument("--seed", type=int, default=45)
    args = parser.parse_args()
    population = open_population(args.population)
    for task, edit in EDITS.items():
        before, after = edit(generate_quizzes((task,), args.quizzes, args.seed, structure="A,f_A,B,f_B"))
        for k in population.models:
            model = population.gpt(k)
            print(
                f"{task}, GPT {k}, {len(before)} quizzes: right with the example as it was "
                f"{told(solved(model, before))}, with the edited one {told(solved(model, after))}"
            )


if __name__ == "__main__":
    main()
