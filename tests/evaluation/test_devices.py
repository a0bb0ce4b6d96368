"""Quizzes stay on the CPU and GPTs wherever they are: nothing is computed from tensors of two devices.

The other device is PyTorch's "meta" among fake tensors, which have shapes and devices but no values: any mix
of devices raises, as it would on a GPU.
"""

import numpy as np
import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from culture_core.evaluation import ablation
from culture_core.evaluation.accuracy import evaluation_quizzes
from culture_core.evaluation.attention import _copied, _entering
from culture_core.evaluation.scoring import logits_function, score_quizzes
from culture_core.models.mygpt import MyGPT, preset
from culture_core.saes.plain import PlainSAE
from culture_core.universality.causal.effects import read_spliced
from culture_core.universality.transfer.steer_pairs import scaled_directions

ELSEWHERE = "meta"


@pytest.fixture(autouse=True)
def _without_values(quizzes):
    """Tensors have no values until the test ends; the quizzes, made before, are converted where they are
    used."""
    assert len(quizzes)
    with FakeTensorMode(allow_non_fake_inputs=True):
        yield


@pytest.fixture(scope="module")
def quizzes():
    return evaluation_quizzes(4, seed=3)


@pytest.fixture
def gpt():
    with torch.device(ELSEWHERE):
        return MyGPT(preset("17K")).eval()


def is_all_on_the_cpu(scores) -> bool:
    return {value.device.type for value in vars(scores).values()} == {"cpu"}


def test_mixing_devices_raises():
    with pytest.raises(Exception, match="same device"):
        torch.zeros(2, device=ELSEWHERE) + torch.zeros(2)


def test_scores_come_back_to_the_cpu(gpt, quizzes):
    assert is_all_on_the_cpu(score_quizzes(gpt, quizzes.tokens))


def test_scores_of_another_kind_of_model_come_back_to_the_cpu(quizzes):
    bigram = torch.nn.Embedding(15, 15, device=ELSEWHERE)
    assert is_all_on_the_cpu(score_quizzes(logits_function(bigram), quizzes.tokens))


def test_ablations_run_where_the_gpt_is(gpt, quizzes):
    means = ablation.mean_values(gpt, quizzes.tokens)
    part = ablation.all_parts(gpt.config)[1]
    edits = [(part, "mean", ablation.ablation(part, means)), (part, "zero", ablation.ablation(part))]
    scores = list(ablation._scores_of_batch(gpt, quizzes.tokens, edits))
    assert len(scores) == 3
    assert all(map(is_all_on_the_cpu, scores))


def test_heads_are_read_where_the_gpt_is(gpt, quizzes):
    entering = _entering(gpt, quizzes.tokens)
    assert _copied(gpt, 0, entering[0], quizzes.tokens).device.type == ELSEWHERE


def test_an_sae_is_spliced_in_where_the_gpt_is(gpt, quizzes):
    d, f = gpt.config.d_model, 8
    encoder, decoder, bias = torch.zeros(d, f), torch.zeros(f, d), torch.zeros(d)
    tensors = (tensor.to(ELSEWHERE) for tensor in (encoder, torch.zeros(f), decoder, bias, bias))
    sae = PlainSAE("topk", *tensors, threshold=None, norm=None, k=2)
    reading = read_spliced(gpt, sae, "blocks.0.hook_resid_post", quizzes.tokens, np.array([1, 3]))
    assert is_all_on_the_cpu(reading.intact)
    assert reading.activations.device.type == ELSEWHERE


def test_features_are_steered_with_where_the_sae_is():
    d, f = 4, 8
    tensors = (torch.zeros(shape, device=ELSEWHERE) for shape in ((d, f), (f,), (f, d), (d,), (d,)))
    sae = PlainSAE("topk", *tensors, threshold=None, norm=None, k=2)
    added = scaled_directions(sae, torch.zeros(3, dtype=torch.long), torch.zeros(3))
    assert added.shape == (3, d) and added.device.type == ELSEWHERE
