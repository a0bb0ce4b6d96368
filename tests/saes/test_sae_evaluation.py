"""Figures of an SAE against dense and independent computations."""

import pytest
import torch

from culture_core import load_culture, load_hooked
from culture_core.evaluation.accuracy import evaluation_quizzes, summarise
from culture_core.evaluation.scoring import score_quizzes
from culture_core.models.steering import steered
from culture_core.saes.evaluate import KINDS, reconstruction_sums, splicing_figures, token_kinds
from culture_core.saes.hooks import activations_at
from culture_core.saes.kept import l0_of_strongest, reconstruct_from_strongest
from culture_core.saes.store import load_sae
from culture_core.world.quizzes import generate_stream
from culture_core.world.vocabulary import WORLD_TASKS

HOOK = "blocks.1.hook_resid_post"


@pytest.fixture(scope="module")
def gpt(fixture_gpts):
    return load_culture(0, fixture_gpts)[0]


@pytest.fixture(scope="module")
def hooked(fixture_gpts):
    return load_hooked([0], source=fixture_gpts)[0]


@pytest.fixture(scope="module")
def sae(built_population):
    return load_sae(built_population.sae(HOOK, 0))


@pytest.fixture(scope="module")
def tokens():
    return generate_stream(WORLD_TASKS, 0, 20, 5).tokens


@pytest.fixture(scope="module")
def codes(hooked, sae, tokens):
    with torch.inference_mode():
        return sae.encode(activations_at(hooked, HOOK, tokens))


def test_reconstruction_figures_match_a_dense_computation(hooked, sae, tokens, codes):
    figures = reconstruction_sums(hooked, sae, HOOK, tokens).figures()
    with torch.inference_mode():
        x = activations_at(hooked, HOOK, tokens)
        error = (x - sae.decode(codes)).double()
    variance = (x.double() - x.double().mean((0, 1))).square().sum()
    density = (codes > 0).double().mean((0, 1))
    assert figures["tokens"] == 20 * 404
    assert figures["l0"] == pytest.approx(float((codes > 0).sum(-1).double().mean()))
    assert figures["explained_variance"] == pytest.approx(float(1 - error.square().sum() / variance))
    assert figures["dead_share"] == pytest.approx(float((density == 0).double().mean()))
    edges = figures["density"]["log10_edges"]
    for low, high, count in zip(edges, edges[1:], figures["density"]["features"], strict=False):
        inside = (density.log10() >= low) & (density.log10() < high)
        assert count == int(inside.sum()) or high == edges[-1]
    assert sum(figures["density"]["features"]) == int((density > 0).sum())


def test_shares_of_background_markers_and_positions_match_a_loop_over_features(hooked, sae, tokens, codes):
    figures = reconstruction_sums(hooked, sae, HOOK, tokens).figures()
    read = torch.cat([torch.zeros(20, 1, dtype=torch.long), tokens[:, :-1].long()], dim=1)
    masks = dict(zip(KINDS, (read == 0, (read > 0) & (read < 11), read >= 11), strict=True))
    fires = codes > 0
    live = [f for f in range(fires.shape[-1]) if fires[..., f].any()]
    for kind, mask in masks.items():
        row = figures["kinds"][kind]
        assert torch.equal(mask, token_kinds(tokens) == KINDS.index(kind))
        assert row["tokens"] == pytest.approx(float(mask.double().mean()))
        assert row["firing"] == pytest.approx(float(fires[mask].sum() / fires.sum()))
        shares = [int((fires[..., f] & mask).sum()) / int(fires[..., f].sum()) for f in live]
        assert row["features"] == pytest.approx(sum(share >= 0.9 for share in shares) / len(live))
    explained = []
    for f in live:
        fired = fires[..., f].double()
        explained.append(float(fired.mean(0).var(unbiased=False) / fired.var(unbiased=False)))
    assert figures["position_features"] == pytest.approx(sum(r >= 0.5 for r in explained) / len(live))


def test_splicing_figures_are_those_of_four_separate_runs_of_either_kind_of_model(gpt, hooked, sae):
    batch = evaluation_quizzes(12, 5)
    mean = torch.linspace(-1, 1, sae.cfg.d_in)
    figures = splicing_figures(gpt, sae, HOOK, batch, mean)
    replacements = {
        "original": lambda x: x,
        "spliced": sae,
        "zero": torch.zeros_like,
        "mean": lambda x: mean.expand_as(x),
    }
    for name, replace in replacements.items():
        report = summarise(score_quizzes(steered(hooked, HOOK, replace), batch.tokens), batch)
        assert figures["loss"][name] == pytest.approx(report["loss"], rel=1e-3)
    other = splicing_figures(hooked, sae, HOOK, batch, mean)
    assert other["loss"] == pytest.approx(figures["loss"], rel=1e-3)
    assert set(figures["by_task"]) == {"replace_color", *other["by_task"]}
    loss = figures["loss"]
    recovered = (loss["zero"] - loss["spliced"]) / (loss["zero"] - loss["original"])
    assert figures["loss_recovered"] == pytest.approx(recovered)


def test_the_strongest_features_are_those_of_a_loop_over_tokens(hooked, sae, tokens, codes):
    x = activations_at(hooked, HOOK, tokens[:1])
    few = codes[0].clone()
    for code in few:
        code[code.argsort(descending=True)[3:]] = 0
    with torch.inference_mode():
        assert torch.allclose(reconstruct_from_strongest(sae, 3, x)[0], sae.decode(few), atol=1e-5)
    per_token = reconstruction_sums(hooked, sae, HOOK, tokens).per_token
    counts = (codes > 0).sum(-1).flatten()
    assert torch.equal(per_token, counts.bincount(minlength=codes.shape[-1] + 1))
    assert l0_of_strongest(per_token, 3) == pytest.approx(float(counts.clamp(max=3).double().mean()))


def test_splicing_fewer_features_is_a_run_of_its_own_and_all_of_them_the_sae(gpt, hooked, sae):
    batch, mean = evaluation_quizzes(8, 5), torch.zeros(sae.cfg.d_in)
    figures = splicing_figures(gpt, sae, HOOK, batch, mean, kept=[2, sae.cfg.d_sae])
    few, all_ = figures["kept"]
    alone = steered(hooked, HOOK, lambda x: reconstruct_from_strongest(sae, 2, x))
    assert few["strongest"] == 2
    assert few["loss"] == pytest.approx(
        summarise(score_quizzes(alone, batch.tokens), batch)["loss"], rel=1e-3
    )
    assert all_["loss"] == pytest.approx(figures["loss"]["spliced"], rel=1e-4)
    assert all_["accuracy"] == figures["accuracy_spliced"]
    assert set(figures["loss"]) == {"original", "spliced", "zero", "mean"}


def test_splicing_the_identity_changes_nothing_and_leaves_no_hook_behind(hooked):
    batch = evaluation_quizzes(8, 5)
    before = hooked(batch.tokens.long())
    figures = splicing_figures(hooked, lambda x: x, HOOK, batch, torch.zeros(hooked.cfg.d_model))
    assert figures["loss"]["spliced"] == figures["loss"]["original"] != figures["loss"]["zero"]
    assert figures["accuracy_change"] == 0
    assert torch.equal(hooked(batch.tokens.long()), before)
