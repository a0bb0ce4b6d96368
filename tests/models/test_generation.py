import pytest
import torch
import torch.nn.functional as F
from model_helpers import ASYM, FIXTURE_MODELS, SMALL, expected, tiny_gpt

from culture_core import generate, load_culture, load_hooked, load_quizzes
from culture_core.errors import CultureError
from culture_core.models.generation import fill_blocks, start_reading
from culture_core.models.hooked import to_hooked

KINDS = ["mygpt", "hooked", "hooked_sae"]


def load(kind, model_k, folder):
    if kind == "mygpt":
        return load_culture(model_k, folder)[0]
    return load_hooked(model_k, folder, sae=kind == "hooked_sae")[0]


def all_logits(model, inputs):
    return model.read(inputs) if hasattr(model, "read") else model(inputs)


@torch.inference_mode()
def uncached(model, tokens, temperature=0.0, generator=None):
    """The last grid cell by cell, each from a full pass over everything before it."""
    inputs = F.pad(tokens[:, :304].long(), (1, 0))
    draws = None if generator is None else torch.rand(len(tokens), 100, generator=generator).double()
    for cell in range(100):
        logits = all_logits(model, inputs)[:, -1]
        if temperature == 0:
            chosen = logits.argmax(dim=1)
        else:
            steps = (logits.double() / temperature).softmax(dim=1).cumsum(dim=1)
            chosen = torch.searchsorted(steps, draws[:, cell : cell + 1].contiguous(), right=True)[:, 0]
        inputs = torch.cat([inputs, chosen[:, None]], dim=1)
    return inputs[:, 1:].to(torch.uint8)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("folder", "model_k"), FIXTURE_MODELS)
def test_greedy_grids_match_the_public_code(folder, model_k, kind):
    truth = expected(folder, model_k)
    correct, predicted = generate(load(kind, model_k, folder), truth.tokens)
    assert torch.equal(predicted, truth.greedy)
    assert torch.equal(correct, (truth.greedy == truth.tokens).all(dim=1))


@pytest.mark.parametrize("kind", ["mygpt", "hooked"])
def test_cached_greedy_matches_uncached(kind):
    model, tokens = load(kind, 0, SMALL), expected(SMALL, 0).tokens[:4]
    assert torch.equal(generate(model, tokens)[1], uncached(model, tokens))


@pytest.mark.parametrize("kind", ["mygpt", "hooked"])
def test_cached_sampling_matches_uncached_with_the_same_numbers(kind):
    model, tokens = load(kind, 0, SMALL), expected(SMALL, 0).tokens[:4]
    _, sampled = generate(model, tokens, deterministic=False, temperature=1.5, seed=5)
    truth = uncached(model, tokens, 1.5, torch.Generator().manual_seed(5))
    assert torch.equal(sampled, truth)
    assert not torch.equal(sampled, generate(model, tokens)[1])


@pytest.mark.parametrize("kind", ["mygpt", "hooked"])
def test_cached_logits_match_one_pass(kind):
    model, tokens = load(kind, 1, ASYM), expected(ASYM, 1).tokens
    inputs = F.pad(tokens.long(), (1, 0))
    read = start_reading(model, len(tokens))
    with torch.inference_mode():
        whole = all_logits(model, inputs)
        for start, end in [(0, 304), (304, 305), (305, 306), (306, 350), (350, 405)]:
            assert torch.allclose(read(inputs[:, start:end]), whole[:, end - 1], atol=1e-4)


def test_a_right_answer_is_counted_as_correct():
    model, tokens = load("mygpt", 0, ASYM), expected(ASYM, 0).greedy
    wrong = tokens.clone()
    wrong[0, 403] = (wrong[0, 403] + 1) % 11
    assert generate(model, tokens)[0].all()
    assert generate(model, wrong)[0].tolist() == [False] + [True] * 7


def test_the_question_is_not_changed():
    tokens = expected(ASYM, 0).tokens
    _, predicted = generate(load("mygpt", 0, ASYM), tokens, deterministic=False, temperature=5.0)
    assert torch.equal(predicted[:, :304], tokens[:, :304])


def test_batch_size_changes_nothing():
    model, tokens = load("mygpt", 2, ASYM), expected(ASYM, 2).tokens
    for deterministic in (True, False):
        whole = generate(model, tokens, deterministic, seed=1)[1]
        parts = generate(model, tokens, deterministic, seed=1, batch_size=3)[1]
        assert torch.equal(whole, parts)


def test_a_generator_goes_on_where_it_was():
    model, tokens = load("mygpt", 0, SMALL), expected(SMALL, 0).tokens
    generator = torch.Generator().manual_seed(1)
    first, second = (generate(model, tokens, False, seed=generator)[1] for _ in range(2))
    assert torch.equal(first, generate(model, tokens, False, seed=1)[1])
    assert not torch.equal(first, second)


@pytest.mark.parametrize("temperature", [1.0, 2.0])
def test_sampled_colours_have_the_models_probabilities(temperature):
    """A model that says the same everywhere, so that every cell of every quiz counts."""
    model, bias = tiny_gpt(), torch.linspace(-1.5, 1.5, 15)
    with torch.no_grad():
        model.readout.weight.zero_()
        model.readout.bias.copy_(bias)
    cells = fill_blocks(model, torch.randint(11, (60, 404)), [temperature])[:, 304:]
    shares = torch.bincount(cells.flatten().long(), minlength=15) / cells.numel()
    assert torch.allclose(shares, (bias / temperature).softmax(dim=0), atol=0.015)


@pytest.mark.parametrize("kind", ["mygpt", "hooked"])
def test_inventing_keeps_markers_and_reads_its_own_cells(kind):
    model = load(kind, 0, SMALL)
    tokens = torch.zeros(4, 404, dtype=torch.uint8)
    tokens[:, ::101] = torch.tensor([14, 12, 11, 13], dtype=torch.uint8)
    invented = fill_blocks(model, tokens, [1.5, 1.0, 0.0, 0.0], seed=3)
    assert torch.equal(invented[:, ::101], tokens[:, ::101])
    with torch.inference_mode():
        greedy = all_logits(model, F.pad(invented.long(), (1, 0)))[:, :-1].argmax(dim=2)
    cells = torch.ones(404, dtype=torch.bool)
    cells[::101] = False
    cells[:202] = False
    assert torch.equal(invented[:, cells].long(), greedy[:, cells])
    assert len({tuple(quiz) for quiz in invented.tolist()}) == 4


def test_filling_the_last_two_blocks_leaves_the_first_two():
    model, tokens = load("mygpt", 0, SMALL), expected(SMALL, 0).tokens
    filled = fill_blocks(model, tokens, [1.0, 1.0])
    assert torch.equal(filled[:, :203], tokens[:, :203])
    assert not torch.equal(filled[:, 203:303], tokens[:, 203:303])


def test_a_quiz_batch_is_taken_as_it_is():
    batch = load_quizzes("frame", 3)
    model = tiny_gpt()
    assert torch.equal(generate(model, batch)[1], generate(model, batch.tokens.long())[1])


def test_no_quizzes_give_no_answers():
    correct, predicted = generate(tiny_gpt(), torch.empty(0, 404, dtype=torch.uint8))
    assert correct.shape == (0,)
    assert predicted.shape == (0, 404)


def test_generation_ignores_dropout_and_leaves_the_mode_alone():
    model, tokens = tiny_gpt(), torch.randint(11, (2, 404))
    quiet = generate(model, tokens)[1]
    model.train()
    assert torch.equal(generate(model, tokens)[1], quiet)
    assert model.training


def test_an_attached_sae_takes_part_in_generation():
    hooked = to_hooked(tiny_gpt(), sae=True)
    tokens = torch.randint(11, (2, 404))
    before = generate(hooked, tokens)[1]
    hooked.add_hook("blocks.1.hook_resid_post", lambda values, hook: values * 0)  # noqa: ARG005
    after = generate(hooked, tokens)[1]
    assert (after[:, 304:] == int(hooked.b_U.argmax())).all()
    assert not torch.equal(before, after)


@pytest.mark.parametrize(
    "quizzes",
    [
        torch.zeros(404, dtype=torch.uint8),
        torch.zeros(2, 405, dtype=torch.uint8),
        torch.zeros(2, 404),
        torch.full((2, 404), 15),
        [[0] * 404],
    ],
)
def test_things_that_are_no_quizzes_are_refused(quizzes):
    with pytest.raises(CultureError, match="quizzes must be"):
        generate(tiny_gpt(), quizzes)


@pytest.mark.parametrize("temperatures", [[], [1.0] * 5, [-1.0]])
def test_wrong_temperatures_are_refused(temperatures):
    with pytest.raises(CultureError, match="temperatures"):
        fill_blocks(tiny_gpt(), torch.zeros(1, 404, dtype=torch.uint8), temperatures)
