"""Replacing a value at a hook point: against TransformerLens' hooks, and never seen by anyone else."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import torch
from model_helpers import tiny_gpt

from culture_core import generate
from culture_core.errors import CultureError
from culture_core.models.generation import fill_blocks
from culture_core.models.hooked import to_hooked
from culture_core.models.mygpt import EDIT_POINTS, shift_right
from culture_core.models.steering import halfway, steered, steered_answers

HOOKS = [f"blocks.{block}.{point}" for block in (0, 1) for point in EDIT_POINTS]


@pytest.fixture(scope="module")
def quizzes():
    return torch.randint(11, (3, 404), generator=torch.Generator().manual_seed(0)).to(torch.uint8)


def halve(value):
    return value * 0.5 + 0.1


def with_hooks(gpt, tokens, hook, replace):
    """The logits of a TransformerLens model on which a hook is set."""
    return to_hooked(gpt).run_with_hooks(
        shift_right(tokens.long()),
        fwd_hooks=[(hook, lambda value, hook: replace(value))],  # noqa: ARG005 - passed by name
    )


@pytest.mark.parametrize("hook", HOOKS)
@torch.inference_mode()
def test_all_ways_to_replace_a_value_match_transformer_lens_hooks(hook, quizzes):
    gpt = tiny_gpt()
    # the hook_z of TransformerLens is padded with zeros: only a scaling is the same on both
    replace = torch.neg if hook.endswith("hook_z") else halve
    truth = with_hooks(gpt, quizzes, hook, replace)
    assert not torch.allclose(truth, gpt(quizzes), atol=1e-3)
    assert torch.allclose(steered(gpt, hook, replace)(quizzes), truth, atol=1e-5)
    assert torch.allclose(steered(to_hooked(gpt), hook, replace)(quizzes), truth, atol=1e-5)
    assert torch.allclose(halfway(gpt, hook, quizzes).logits(replace), truth, atol=1e-5)
    assert torch.allclose(halfway(gpt, hook, quizzes).logits(), gpt(quizzes), atol=1e-5)


@pytest.mark.parametrize("hook", ["blocks.0.hook_mlp_out", "blocks.1.hook_resid_post"])
def test_answers_are_those_of_generation_with_the_hook_set(hook, quizzes):
    gpt = tiny_gpt()
    hooked = to_hooked(gpt)
    hooked.add_hook(hook, lambda value, hook: halve(value))  # noqa: ARG005
    truth = fill_blocks(hooked, quizzes, [0.0])
    assert torch.equal(steered_answers(gpt, quizzes, hook, halve), truth)
    assert torch.equal(steered_answers(to_hooked(gpt), quizzes, hook, halve), truth)
    assert not torch.equal(generate(gpt, quizzes)[1], truth)


@pytest.mark.parametrize("kind", ["mygpt", "hooked"])
def test_two_threads_that_steer_one_model_do_not_see_each_other(kind, quizzes):
    gpt = tiny_gpt()
    model = gpt if kind == "mygpt" else to_hooked(gpt)
    hook = "blocks.0.hook_resid_post"
    together = Barrier(3)

    def run(factor):
        def replace(value):
            together.wait(timeout=30)
            return value * factor

        with torch.inference_mode():
            return steered(model, hook, replace)(quizzes)

    def read():
        together.wait(timeout=30)
        with torch.inference_mode():
            return gpt(quizzes) if kind == "mygpt" else model(shift_right(quizzes.long()))

    with ThreadPoolExecutor(3) as pool:
        doubled, removed, untouched = pool.submit(run, 2.0), pool.submit(run, 0.0), pool.submit(read)
        results = [doubled.result(), removed.result(), untouched.result()]
    for result, factor in zip(results, (2.0, 0.0, 1.0), strict=True):
        truth = with_hooks(gpt, quizzes, hook, lambda value, factor=factor: value * factor)
        assert torch.allclose(result, truth, atol=1e-5)


def test_steering_leaves_no_hook_and_shares_the_weights(quizzes):
    hooked = to_hooked(tiny_gpt())
    before = hooked(quizzes.long())
    logits_of = steered(hooked, "blocks.1.hook_mlp_out", torch.zeros_like)
    assert not torch.allclose(logits_of(quizzes), hooked(shift_right(quizzes.long())), atol=1e-3)
    assert torch.equal(hooked(quizzes.long()), before)
    assert all(not point.fwd_hooks for point in hooked.hook_dict.values())
    hooked.unembed.b_U.data += 1
    assert torch.allclose(
        logits_of(quizzes), steered(hooked, "blocks.1.hook_mlp_out", torch.zeros_like)(quizzes)
    )


@pytest.mark.parametrize(
    "hook", ["blocks.9.hook_mlp_out", "blocks.0.hook_nothing", "blocks.-1.hook_mlp_out", "embed", ""]
)
def test_a_hook_point_that_is_not_there_is_refused(hook, quizzes):
    for refuse in (lambda: steered(tiny_gpt(), hook, halve), lambda: halfway(tiny_gpt(), hook, quizzes)):
        with pytest.raises(CultureError, match="no intervention at"):
            refuse()
    with pytest.raises(CultureError, match="no hook point"):
        steered(to_hooked(tiny_gpt()), hook, halve)
