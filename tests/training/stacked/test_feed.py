import torch

from culture_core.training.stacked.feed import Feed
from culture_core.training.stream import task_seed
from culture_core.world.quizzes import generate_stream
from culture_core.world.vocabulary import WORLD_TASKS

CPU = torch.device("cpu")
SEEDS = [11, 12]


def read_all(feed: Feed, n_chunks: int) -> list[set[bytes]]:
    """Every quiz of some chunks, by GPT."""
    seen: list[list[bytes]] = [[] for _ in feed.seeds]
    for _ in range(n_chunks * feed.chunk // 8):
        tokens, _ = feed.read(8)
        feed.work()
        for k, quizzes in enumerate(tokens):
            seen[k] += [quiz.numpy().tobytes() for quiz in quizzes]
    assert all(len(set(quizzes)) == len(quizzes) for quizzes in seen)
    return [set(quizzes) for quizzes in seen]


def test_no_quiz_comes_twice_for_any_gpt_over_chunks():
    one, other = read_all(Feed(SEEDS, WORLD_TASKS, CPU, 48), 3)
    assert len(one) == len(other) == 3 * 48
    assert not one & other


def test_quizzes_are_those_of_the_numbered_streams_of_each_task():
    feed = Feed(SEEDS, WORLD_TASKS, CPU, 64)
    chunk = [(tokens.clone(), structure.clone()) for tokens, structure in (feed.read(32), feed.read(32))]
    for k, seed in enumerate(SEEDS):
        mine = {quiz.numpy().tobytes() for tokens, _ in chunk for quiz in tokens[k]}
        expected = set()
        for task, n in zip(WORLD_TASKS, feed.taken[k], strict=True):
            batch = generate_stream((task,), 0, n, task_seed(seed, task))
            expected |= {quiz.numpy().tobytes() for quiz in batch.tokens}
        assert mine == expected
        assert sum(feed.taken[k]) == 64


def test_structures_are_those_of_the_quizzes():
    from culture_core.world.structures import structure_of

    tokens, structure = Feed(SEEDS, WORLD_TASKS, CPU, 32).read(32)
    assert torch.equal(structure.flatten(), structure_of(tokens.flatten(0, 1)))


def test_going_on_from_what_was_taken_brings_only_new_quizzes():
    feed = Feed(SEEDS, WORLD_TASKS, CPU, 40)
    before = read_all(feed, 2)
    again = Feed(SEEDS, WORLD_TASKS, CPU, 40, feed.taken)
    after = read_all(again, 1)
    assert not before[0] & after[0] and not before[1] & after[1]
    assert [sum(row) for row in again.taken] == [120, 120]


def test_mix_decides_the_shares_of_the_chunks_to_come_for_each_gpt():
    feed = Feed(SEEDS, WORLD_TASKS, CPU, 40)
    feed.mix[0] = torch.tensor([float(task == "contact") for task in WORLD_TASKS])
    feed.fill()
    assert feed.taken[0][WORLD_TASKS.index("contact")] == 40
    assert feed.taken[1] == [5] * len(WORLD_TASKS)
