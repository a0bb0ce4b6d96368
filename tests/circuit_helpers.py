"""A small GPT with a random SAE after every block, and the formulas of edges in plain loops."""

import json
import math

import torch
from safetensors.torch import save_file

from culture_core.answers.browse import BrowseSettings
from culture_core.answers.stage import answer_population
from culture_core.artifact import model_hashes
from culture_core.artifacts import PopulationFolder, provenance, sha256_file
from culture_core.circuits.frozen import freeze
from culture_core.circuits.graph import blocks_between, margin_reader
from culture_core.circuits.nodes import node_layers
from culture_core.features.attribution import Margin
from culture_core.models.mygpt import MyGPT, MyGPTConfig
from culture_core.models.population import save_population
from culture_core.saes.plain import PlainSAE

N_FEATURES, K, POSITION = 20, 3, 24
MARGIN = Margin(POSITION, token=4, against=7)


def small_gpt(seed: int = 0) -> MyGPT:
    """Three blocks, keys narrower than values, and LayerNorms that are not trivial."""
    torch.manual_seed(seed)
    gpt = MyGPT(MyGPTConfig(d_model=16, dim_keys=4, dim_hidden=24, n_heads=2, n_blocks=3)).eval()
    gpt.token_embedding.weight.data.mul_(30)
    for name, parameter in gpt.named_parameters():
        if "ln_" in name:
            parameter.data.add_(0.3 * torch.randn_like(parameter))
    return gpt


def small_sae(seed: int, *, scaled: bool = False, subtracts: bool = False) -> PlainSAE:
    """A random TopK SAE.

    scaled: activations in units of the decoder norm; subtracts: b_dec is taken off before encoding.
    """
    torch.manual_seed(seed)
    w_dec, b_dec = 0.4 * torch.randn(N_FEATURES, 16), 0.1 * torch.randn(16)
    return PlainSAE(
        "topk",
        torch.randn(16, N_FEATURES),
        0.1 * torch.randn(N_FEATURES),
        w_dec,
        b_dec,
        b_dec if subtracts else torch.zeros(16),
        None,
        w_dec.norm(dim=-1) if scaled else None,
        K,
    )


def small_saes(blocks=(0, 1, 2)) -> dict[str, PlainSAE]:
    kinds = {0: {}, 1: {"scaled": True}, 2: {"subtracts": True}}
    return {f"blocks.{b}.hook_resid_post": small_sae(b, **kinds[b]) for b in blocks}


def some_tokens(seed: int = 0) -> torch.Tensor:
    torch.manual_seed(seed)
    return torch.randint(0, 11, (404,))


def traced_parts(gpt, saes, tokens=None):
    """Frozen GPT, layers, blocks between them, and the margin as a reader."""
    frozen = freeze(gpt, some_tokens() if tokens is None else tokens, POSITION)
    layers = node_layers(frozen, saes)
    return frozen, layers, blocks_between(frozen, layers), margin_reader(frozen, MARGIN)


def plain_norm(x, norm, at):
    """LayerNorm of a vector x with the scale it has at another vector."""
    deviation = math.sqrt(float(at.var(unbiased=False)) + norm.eps)
    return norm.weight * (x - x.mean()) / deviation


def plain_edge(block, states, row, t, vector, s):
    """What a vector at token s adds to row . state at token t, by path, through one block frozen on states.

    Straight from the formulas, one head and one token at a time: {path: weight}.
    """
    attention, n_heads = block.attention, len(block.attention.w_q)
    normed = block.ln_attention(states)
    width = attention.w_v.shape[1]
    middle = states[t] + block.attention(normed[None])[0, t]
    gates = block.mlp_in(block.ln_mlp(middle)) > 0

    def through_mlp(x):
        hidden = block.mlp_in.weight @ plain_norm(x, block.ln_mlp, middle)
        return block.mlp_out.weight @ (hidden * gates)

    found = {"stays": 0.0, "MLP": 0.0}
    if s == t:
        found = {"stays": float(row @ vector), "MLP": float(row @ through_mlp(vector))}
    for h in range(n_heads):
        scores = [
            float((attention.w_q[h] @ normed[t]) @ (attention.w_k[h] @ normed[u]))
            / math.sqrt(attention.w_q.shape[1])
            for u in range(t + 1)
        ]
        weight = float(torch.tensor(scores).softmax(0)[s]) if s <= t else 0.0
        value = attention.w_v[h] @ plain_norm(vector, block.ln_attention, states[s])
        moved = weight * (value @ attention.w_o[h * width : (h + 1) * width])
        found[f"head {h}"] = float(row @ moved)
        found[f"head {h}, MLP"] = float(row @ through_mlp(moved))
    return found


def save_plain_sae(sae: PlainSAE, folder, *, model_sha256: str) -> None:
    """Write a TopK SAE in SAELens' folder format, with the manifest that `culture train-sae` adds."""
    folder.mkdir(parents=True)
    config = {
        "architecture": "topk",
        "k": sae.k,
        "apply_b_dec_to_input": bool(sae.b_in.any()),
        "rescale_acts_by_decoder_norm": sae.norm is not None,
        "metadata": {},
    }
    weights = {name: getattr(sae, name) for name in ("W_enc", "b_enc", "W_dec", "b_dec")}
    (folder / "cfg.json").write_text(json.dumps(config))
    save_file(
        {name: tensor.contiguous() for name, tensor in weights.items()}, folder / "sae_weights.safetensors"
    )
    (folder / "manifest.json").write_text(
        json.dumps({"sha256": sha256_file(folder / "sae_weights.safetensors"), "model_sha256": model_sha256})
    )


def save_small_population(root, n_gpts: int = 2, blocks=(0, 1, 2)) -> PopulationFolder:
    """Small GPTs with a random SAE after every block, and their answers to five quizzes."""
    gpts = [small_gpt(k) for k in range(n_gpts)]
    for k, gpt in enumerate(gpts):
        gpt.id = k
    population = save_population(root, gpts, made_by=provenance("test"))
    for k in range(n_gpts):
        for hook, sae in small_saes(blocks).items():
            save_plain_sae(sae, population.sae(hook, k), model_sha256=model_hashes(population)[k])
    answer_population(population, BrowseSettings(n=4, n_unseen=1, n_culture=1))
    return population
