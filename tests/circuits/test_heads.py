"""The catalogue of heads against loops and TransformerLens: where heads look, what they copy and add."""

import numpy as np
import pytest
import torch
from circuit_helpers import small_gpt

from culture_core.circuits.heads.catalogue import copy_scores, quizzes_for_paths
from culture_core.circuits.heads.margins import deciding_margins
from culture_core.circuits.heads.measures import HeadMeasures, measure_quizzes
from culture_core.circuits.heads.paths import head_hook, n_paths, path_effects
from culture_core.circuits.heads.targets import TARGETS, UNSEEN, targets_of_inputs
from culture_core.circuits.stage import right_margin
from culture_core.evaluation.ablation import mean_values
from culture_core.evaluation.accuracy import evaluation_quizzes
from culture_core.evaluation.attention import attention_patterns
from culture_core.models.hooked import to_hooked
from culture_core.models.mygpt import PRESETS, shift_right
from culture_core.world.pairs import deciding_cell
from culture_core.world.vocabulary import TASKS, WORLD_TASKS

N_QUIZZES, N_BLOCKS, N_HEADS = 2, 3, 2


@pytest.fixture(scope="module")
def gpt():
    return small_gpt().requires_grad_(False)


@pytest.fixture(scope="module")
def quizzes():
    return evaluation_quizzes(N_QUIZZES, seed=4)


@pytest.fixture(scope="module")
def margins(gpt, quizzes):
    return deciding_margins(gpt, quizzes)


@pytest.fixture(scope="module")
def measured(gpt, quizzes, margins) -> HeadMeasures:
    return measure_quizzes(gpt, quizzes.tokens, margins)


@pytest.fixture(scope="module")
def hooked(gpt):
    return to_hooked(gpt)


@pytest.fixture(scope="module")
def cache(hooked, quizzes):
    return hooked.run_with_cache(shift_right(quizzes.tokens.long()))[1]


def plain_target(query: int, read: int) -> str | None:
    """What an input is to the query that predicts a token of the last grid, straight from the definitions."""
    token = read - 1
    if read > query:
        return None
    if read == 0:
        return "the 0 in front"
    for back, name in ((1, "the token just read"), (2, "the token before it")):
        if token == query - back:
            return name
    if token % 101 == 0:
        return "markers"
    grid, (row, column) = token // 101, divmod(token % 101 - 1, 10)
    own_row, own_column = divmod(query - 304, 10)
    ordinal = ("first", "second", "third", "last")[grid]
    if grid < 3 and (row, column) == (own_row, own_column):
        return f"same cell, {ordinal} grid"
    if grid == 2 and abs(row - own_row) <= 1 and abs(column - own_column) <= 1:
        return "below it, third grid" if row > own_row else "beside or above it, third grid"
    if grid == 3 and (row, column) == (own_row - 1, own_column):
        return "the cell above"
    return f"rest of the {ordinal} grid"


def test_every_input_has_the_target_that_its_definition_names():
    names = [*TARGETS, None]
    assert names[UNSEEN] is None
    found = targets_of_inputs()
    for query in range(304, 404):
        expected = [plain_target(query, read) for read in range(404)]
        assert [names[target] for target in found[query - 304]] == expected


def test_shares_of_attention_match_a_loop_over_queries_and_inputs(gpt, quizzes, measured):
    pattern = attention_patterns(gpt, quizzes.tokens)[1, 2, 1].tolist()
    shares = dict.fromkeys(TARGETS, 0.0)
    for query in range(304, 404):
        for read in range(query + 1):
            shares[plain_target(query, read)] += pattern[query][read] / 100
    assert measured.looks[1, 2, 1].tolist() == pytest.approx(list(shares.values()), abs=1e-5)


def test_margins_are_those_of_single_quizzes_at_their_deciding_cells(gpt, quizzes, margins, measured):
    for number in range(N_QUIZZES):
        position = deciding_cell(quizzes.clean[number])
        one = right_margin(gpt, quizzes.tokens[number], position)
        assert (one.position, one.token, one.against) == tuple(
            int(values[number]) for values in (margins.position, margins.right, margins.against)
        )
        logits = gpt(quizzes.tokens[number : number + 1])[0, position]
        assert float(measured.margin[number]) == pytest.approx(
            float(logits[one.token] - logits[one.against]), abs=1e-4
        )


def test_direct_effects_of_all_parts_sum_to_the_margin(measured, margins, hooked, cache):
    """Heads from the catalogue; embedding, MLPs and bias from TransformerLens."""
    for number in range(N_QUIZZES):
        position, right, against = (
            int(values[number]) for values in (margins.position, margins.right, margins.against)
        )
        direction = hooked.W_U[:, right] - hooked.W_U[:, against]
        rest = [cache["blocks.0.hook_resid_pre"]]
        rest += [cache[f"blocks.{block}.hook_mlp_out"] for block in range(N_BLOCKS)]
        other = sum(float((part[number, position] @ direction).detach()) for part in rest)
        other += float(hooked.b_U[right] - hooked.b_U[against])
        total = float(measured.direct[number].sum()) + other
        assert total == pytest.approx(float(measured.margin[number]), abs=1e-3)


def plain_copy_score(hooked, cache, tokens, quizzes, block, head) -> float:
    """Mean over colours of the attention-weighted mean, over cells of that colour, of how far a head raises
    it."""
    attention, by_colour = hooked.blocks[block].attn, {}
    for quiz in quizzes:
        pattern = cache[f"blocks.{block}.attn.hook_pattern"][quiz, head, 304:].sum(0)
        read = hooked.blocks[block].ln1(cache[f"blocks.{block}.hook_resid_pre"][quiz : quiz + 1])[0]
        logits = (read @ attention.W_V[head] @ attention.W_O[head] @ hooked.W_U)[:, :11]
        for place in range(1, 404):
            colour = int(tokens[quiz, place - 1])
            if colour < 11:
                others = (float(logits[place].sum()) - float(logits[place, colour])) / 10
                raised = float(logits[place, colour]) - others
                by_colour.setdefault(colour, []).append((float(pattern[place]), raised))
    means = [sum(w * raised for w, raised in one) / sum(w for w, _ in one) for one in by_colour.values()]
    return sum(means) / len(means)


def test_copy_scores_match_a_loop_over_cells(measured, quizzes, hooked, cache):
    scores = copy_scores(measured, torch.zeros(N_QUIZZES, dtype=torch.int64))
    expected = plain_copy_score(hooked, cache, quizzes.tokens, range(N_QUIZZES), 1, 1)
    assert scores[0, 1, 1] == pytest.approx(expected, abs=1e-3)


def test_a_head_that_favours_one_colour_whatever_it_reads_copies_nothing():
    read = torch.rand(4, 1, 1, 11) + 0.1
    favours = torch.full((11,), -0.1)
    favours[3] = 1.0
    measured = HeadMeasures(torch.zeros(4), read, read * favours, torch.zeros(4), torch.zeros(4))
    assert copy_scores(measured, torch.zeros(4, dtype=torch.int64)) == pytest.approx(0, abs=1e-6)


def plain_path(hooked, inputs, cache, sender, receiver, instead) -> torch.Tensor:
    """Logits when the receiver alone reads another output of the sender: two runs with TransformerLens."""
    (block, head), kept = sender, {}
    difference = instead[:, :, head] - cache[head_hook(block)][:, :, head]
    change = difference @ hooked.blocks[block].attn.W_O[head]
    if receiver is None:
        last = f"blocks.{N_BLOCKS - 1}.hook_resid_post"
        return hooked.run_with_hooks(inputs, fwd_hooks=[(last, lambda x, hook: x + change)])  # noqa: ARG005
    later, listener = receiver

    def keep(value, hook):  # noqa: ARG001 - TransformerLens passes it by name
        kept["z"] = value[:, :, listener].clone()

    def speak(value, hook):  # noqa: ARG001
        value = value.clone()
        value[:, :, listener] = kept["z"]
        return value

    entering = (f"blocks.{later}.hook_resid_pre", lambda x, hook: x + change)  # noqa: ARG005
    hooked.run_with_hooks(inputs, fwd_hooks=[entering, (head_hook(later), keep)])
    return hooked.run_with_hooks(inputs, fwd_hooks=[(head_hook(later), speak)])


@pytest.mark.parametrize("by_quiz", [False, True], ids=["mean", "another quiz"])
def test_paths_match_two_runs_of_transformer_lens(gpt, quizzes, margins, hooked, cache, by_quiz):
    means = mean_values(gpt, quizzes.tokens)
    others = {head_hook(block): cache[head_hook(block)].roll(1, 0) for block in range(N_BLOCKS)}
    instead = others if by_quiz else means
    effects = path_effects(gpt, quizzes.tokens, margins, instead)
    assert effects.shape == (N_QUIZZES, 6, 7)
    inputs, at = shift_right(quizzes.tokens.long()), torch.arange(N_QUIZZES)

    def margin(logits):
        row = logits[at, margins.position]
        return row[at, margins.right] - row[at, margins.against]

    with torch.inference_mode():
        intact = margin(hooked(inputs))
        for sender, receiver in np.ndindex(6, 7):
            heads = divmod(sender, N_HEADS), None if receiver == 6 else divmod(receiver, N_HEADS)
            if heads[1] is not None and heads[1][0] <= heads[0][0]:
                assert effects[:, sender, receiver].isnan().all()
                continue
            values = instead[head_hook(heads[0][0])].expand_as(cache[head_hook(heads[0][0])])
            expected = intact - margin(plain_path(hooked, inputs, cache, *heads, values))
            assert torch.allclose(effects[:, sender, receiver], expected, atol=1e-3)


def test_only_the_paths_of_named_senders_are_cut(gpt, quizzes, margins):
    means = mean_values(gpt, quizzes.tokens)
    everything = path_effects(gpt, quizzes.tokens, margins, means)
    some = path_effects(gpt, quizzes.tokens, margins, means, senders=[1])
    assert torch.equal(some[:, 1].nan_to_num(), everything[:, 1].nan_to_num())
    assert some[:, [0, 2, 3, 4, 5]].isnan().all()
    assert int((~everything[0].isnan()).sum()) == n_paths(gpt.config)


def test_a_gpt_of_many_heads_is_patched_on_fewer_quizzes(gpt):
    task = torch.arange(240) % len(TASKS)
    known = len(WORLD_TASKS)
    assert (task[quizzes_for_paths(gpt.config, task)] < known).all()
    assert len(quizzes_for_paths(gpt.config, task)) == 16 * known
    assert task[quizzes_for_paths(PRESETS["37M"], task)].tolist() == list(range(known))
    assert quizzes_for_paths(gpt.config, torch.full((5,), known)).tolist() == []
