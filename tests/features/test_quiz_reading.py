"""One quiz read live agrees with the index's own pass, with the model, and leaves no trace on it."""

import numpy as np
import pytest
import torch
from sae_lens import TopKTrainingSAE, TopKTrainingSAEConfig

from culture_core import load_culture, load_hooked
from culture_core.features.index.quiz_set import QuizSet
from culture_core.features.quiz_reading import read_quiz
from culture_core.saes.hooks import activations_at
from culture_core.saes.plain import read_sae
from culture_core.saes.store import load_sae

HOOK = "blocks.1.hook_resid_post"


@torch.inference_mode()
def dense_codes(model, sae, hook: str, quiz: np.ndarray) -> np.ndarray:
    """(403, f) every feature after each token but the last, by way of TransformerLens and SAELens."""
    return sae.encode(activations_at(model, hook, torch.from_numpy(quiz)[None])[0, 1:]).numpy()


@pytest.fixture(scope="module")
def quiz() -> np.ndarray:
    return QuizSet(n=8).quizzes().tokens[5].numpy()


@pytest.fixture(scope="module")
def model(fixture_gpts):
    return load_culture([1], source=fixture_gpts)[0]


@pytest.fixture(scope="module")
def hooked(fixture_gpts):
    return load_hooked([1], source=fixture_gpts, sae=True)[0]


@pytest.fixture(scope="module")
def sae_folder(model, tmp_path_factory):
    """An SAE with random weights, as SAELens saves it."""
    config = TopKTrainingSAEConfig(d_in=model.config.d_model, d_sae=256, k=8)
    sae = TopKTrainingSAE(config)
    with torch.no_grad():
        sae.b_dec.normal_(generator=torch.Generator().manual_seed(0))
    sae.save_inference_model(folder := tmp_path_factory.mktemp("sae"))
    return folder


@pytest.fixture(scope="module")
def reading(model, quiz, sae_folder):
    return read_quiz(model, quiz, read_sae(sae_folder), HOOK)


def test_features_at_every_position_are_those_of_the_index(hooked, sae_folder, reading, quiz):
    sae = load_sae(sae_folder)
    dense = dense_codes(hooked, sae, HOOK, quiz)
    for position, fired in enumerate(dense):
        features, values = reading.at(position)
        assert sorted(features) == np.flatnonzero(fired).tolist()
        assert values == pytest.approx(fired[features], rel=1e-4, abs=1e-5)
        assert (np.diff(values) <= 0).all()
    busiest = int(dense.sum(0).argmax())
    assert reading.of_feature(busiest)[:403] == pytest.approx(dense[:, busiest], rel=1e-4, abs=1e-5)


def test_nothing_fires_after_the_last_token(reading):
    assert len(reading.at(403)[0]) == 0


def test_logits_are_the_models_own(model, reading, quiz):
    with torch.inference_mode():
        logits = model(torch.from_numpy(quiz)[None])[0]
    assert reading.logits == pytest.approx(logits.numpy(), abs=1e-5)
    assert reading.probabilities == pytest.approx(logits.softmax(-1).numpy(), abs=1e-6)
    assert (reading.predicted == logits.argmax(-1).numpy()).all()


@pytest.mark.parametrize(
    "hook", ["blocks.0.hook_mlp_out", "blocks.1.hook_attn_out", "blocks.1.hook_resid_mid"]
)
def test_any_hook_point_is_read_as_transformer_lens_reads_it(hooked, sae_folder, model, quiz, hook):
    sae = load_sae(sae_folder)
    dense = dense_codes(hooked, sae, hook, quiz)
    features, values = read_quiz(model, quiz, sae, hook).at(200)
    assert sorted(features) == np.flatnonzero(dense[200]).tolist()
    assert values == pytest.approx(dense[200, features], rel=1e-3, abs=1e-4)


def test_without_an_sae_only_the_logits_are_read(model, reading, quiz):
    alone = read_quiz(model, quiz)
    assert len(alone.feature) == 0
    assert alone.logits == pytest.approx(reading.logits, abs=1e-5)
