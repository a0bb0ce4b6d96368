"""MyGPT as a HookedTransformer, on TransformerLens 3.9 as released; for 4 there is hooked_bridge.py.

Four steps make it fit (docs/reference/models.md): ln_final is an identity, because MyGPT has no final
LayerNorm; the sinusoidal positions are written into a frozen W_pos; the narrower of queries/keys and values
is padded with zeros to one d_head, with attn_scale = sqrt(dim_keys); and no weights are processed (no
LayerNorm folding, no centring; TransformerLens' calls that do so are refused).

Hook points and shapes are TransformerLens' own; beyond the narrower width, the entries of hook_q, hook_k or
of hook_v, hook_z are zeros.
"""

import warnings
from typing import TYPE_CHECKING, Any, NoReturn

import torch.nn.functional as F
from torch import Tensor, nn

from culture_core.errors import CultureError
from culture_core.models.hooked_kinds import hooked_class, shared_config
from culture_core.models.mygpt import Block, MyGPT, MyGPTConfig

if TYPE_CHECKING:
    from transformer_lens import HookedTransformer, HookedTransformerConfig

# TransformerLens' processing of weights that takes a final LayerNorm for granted
PROCESSING = ("process_weights_", "load_and_process_state_dict", "fold_layer_norm", "center_writing_weights")
UNCONVERTED_BUFFERS = ("attn.mask", "attn.IGNORE")


def to_hooked(model: MyGPT, *, sae: bool = False) -> "HookedTransformer":
    """Convert a MyGPT: same logits, to rounding, on inputs that have the 0 in front (n, t <= 405).

    sae: make SAELens' HookedSAETransformer instead of a HookedTransformer. The result has its own copy of the
    weights, on the model's device and in its dtype, eval mode, and carries the model's id and
    main_test_accuracy.
    Errors: CultureError when no installed package has the class.
    """
    hooked = _empty_hooked(model, sae)
    hooked.ln_final = nn.Identity()
    missing, unexpected = hooked.load_state_dict(hooked_state(model), strict=False)
    assert not unexpected and all(name.endswith(UNCONVERTED_BUFFERS) for name in missing), (
        missing,
        unexpected,
    )
    hooked.pos_embed.W_pos.requires_grad_(False)
    _lay_out_for_products(hooked)
    hooked.setup()
    for name in PROCESSING:
        setattr(hooked, name, _refuse_processing)
    hooked.id = model.id
    hooked.main_test_accuracy = model.main_test_accuracy
    return hooked.eval()


def _refuse_processing(*_: Any, **__: Any) -> NoReturn:
    raise CultureError(
        "the weights of these GPTs cannot be folded or centred: they have no final LayerNorm, so that would "
        "change their logits"
    )


def hooked_config(model: MyGPT) -> "HookedTransformerConfig":
    """The TransformerLens config of a MyGPT, on its device and in its dtype."""
    from transformer_lens import HookedTransformerConfig

    return HookedTransformerConfig(d_head=_head_width(model.config), **shared_config(model))


def hooked_state(model: MyGPT) -> dict[str, Tensor]:
    """The weights of a MyGPT in TransformerLens' names and layout."""
    state = {
        "embed.W_E": model.token_embedding.weight,
        "pos_embed.W_pos": model.positions,
        "unembed.W_U": model.readout.weight.T,
        "unembed.b_U": model.readout.bias,
    }
    for number, block in enumerate(model.blocks):
        assert isinstance(block, Block)
        state |= {
            f"blocks.{number}.{name}": value for name, value in _block_state(block, model.config).items()
        }
    return {name: tensor.detach() for name, tensor in state.items()}


def _block_state(block: Block, config: MyGPTConfig) -> dict[str, Tensor]:
    attention, d_head = block.attention, _head_width(config)
    no_bias = attention.w_q.new_zeros(config.n_heads, d_head)
    w_o = attention.w_o.unflatten(0, (config.n_heads, config.dim_values))
    return {
        "ln1.w": block.ln_attention.weight,
        "ln1.b": block.ln_attention.bias,
        "attn.W_Q": _widened(attention.w_q, d_head).transpose(1, 2),
        "attn.W_K": _widened(attention.w_k, d_head).transpose(1, 2),
        "attn.W_V": _widened(attention.w_v, d_head).transpose(1, 2),
        "attn.W_O": _widened(w_o, d_head),
        "attn.b_Q": no_bias,
        "attn.b_K": no_bias,
        "attn.b_V": no_bias,
        "attn.b_O": attention.w_o.new_zeros(config.d_model),
        "ln2.w": block.ln_mlp.weight,
        "ln2.b": block.ln_mlp.bias,
        "mlp.W_in": block.mlp_in.weight.T,
        "mlp.b_in": block.mlp_in.bias,
        "mlp.W_out": block.mlp_out.weight.T,
        "mlp.b_out": block.mlp_out.bias,
    }


def _lay_out_for_products(hooked: Any) -> None:
    """Lay attention weights out as TransformerLens multiplies by them, to spare it a copy of them a pass."""
    for block in hooked.blocks:
        for weight in (block.attn.W_Q, block.attn.W_K, block.attn.W_V):
            weight.data = weight.data.transpose(1, 2).contiguous().transpose(1, 2)
        block.attn.W_O.data = block.attn.W_O.data.permute(2, 0, 1).contiguous().permute(1, 2, 0)


def _head_width(config: MyGPTConfig) -> int:
    return max(config.dim_keys, config.dim_values)


def _widened(weight: Tensor, width: int) -> Tensor:
    """Zeros after the rows of each head: (h, k, d) -> (h, width, d)."""
    return F.pad(weight, (0, 0, 0, width - weight.shape[1]))


def _empty_hooked(model: MyGPT, sae: bool) -> Any:
    """A model without weights; TransformerLens' deprecation warning for this class is suppressed."""
    hooked = hooked_class("hooked", sae)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "HookedTransformer is deprecated", DeprecationWarning)
        return hooked(hooked_config(model))
