"""MyGPT as a TransformerBridge, which takes HookedTransformer's place in TransformerLens 4 and is in 3.9 too.

An architecture adapter of our own says which part of a LinearGPT is what; nothing is padded or processed.
Hook points have TransformerLens' names, values the widths of MyGPT: dim_keys for hook_q and hook_k,
d_model / n_heads for hook_v and hook_z.
"""

from typing import Any, ClassVar

from torch import Tensor
from transformer_lens.config import TransformerBridgeConfig
from transformer_lens.conversion_utils.conversion_steps.base_tensor_conversion import BaseTensorConversion
from transformer_lens.model_bridge import TransformerBridge
from transformer_lens.model_bridge.architecture_adapter import ArchitectureAdapter
from transformer_lens.model_bridge.generalized_components import (
    AttentionBridge,
    BlockBridge,
    EmbeddingBridge,
    LinearBridge,
    MLPBridge,
    NormalizationBridge,
    PosEmbedBridge,
    UnembeddingBridge,
)
from transformer_lens.model_bridge.generalized_components.base import GeneralizedComponent

from culture_core.models.hooked_kinds import hooked_class, shared_config
from culture_core.models.hooked_linear import LinearGPT
from culture_core.models.mygpt import MyGPT


def to_bridge(model: MyGPT, *, sae: bool = False) -> TransformerBridge:
    """Convert a MyGPT: same logits, to rounding, on inputs that have the 0 in front (n, t <= 405).

    sae: make SAELens' SAETransformerBridge instead of a TransformerBridge. The result has its own copy of the
    weights, on the model's device and in its dtype, eval mode, and carries the model's id and
    main_test_accuracy.
    Errors: CultureError when SAELens is not installed.
    """
    bridge = _bridge_class(sae)(LinearGPT(model), LinearGPTAdapter(bridge_config(model)), None)
    bridge.id = model.id
    bridge.main_test_accuracy = model.main_test_accuracy
    return bridge.eval()


def bridge_config(model: MyGPT) -> TransformerBridgeConfig:
    """The TransformerLens config of a MyGPT, on its device and in its dtype."""
    return TransformerBridgeConfig(
        architecture="CultureGPT",
        d_head=model.config.dim_values,
        d_vocab_out=model.config.n_tokens,
        **shared_config(model),
    )


class LinearGPTAdapter(ArchitectureAdapter):
    """Which part of a LinearGPT is what to TransformerLens; there is no final LayerNorm."""

    supports_kv_cache = False
    supports_fold_ln = False
    supports_center_writing_weights = False

    def __init__(self, cfg: TransformerBridgeConfig) -> None:
        super().__init__(cfg)
        self.component_mapping = {
            "embed": EmbeddingBridge(name="tokens"),
            "pos_embed": PosEmbedBridge(name="positions"),
            "blocks": self._blocks(),
            "unembed": UnembeddingBridge(name="readout"),
        }

    def _blocks(self) -> BlockBridge:
        return LinearBlockBridge(
            name="layers",
            config=self.cfg,
            submodules={
                "ln1": NormalizationBridge(name="ln_attention", config=self.cfg),
                "attn": self._attention(),
                "middle": GeneralizedComponent(name="middle", config=self.cfg),
                "ln2": NormalizationBridge(name="ln_mlp", config=self.cfg),
                "mlp": self._mlp(),
            },
        )

    def _attention(self) -> AttentionBridge:
        names = {"q": "to_q", "k": "to_k", "v": "to_v", "o": "to_out"}
        parts = {part: LinearBridge(name=name) for part, name in names.items()}
        return LinearAttentionBridge(name="attention", config=self.cfg, submodules=parts)

    def _mlp(self) -> MLPBridge:
        parts = {"in": LinearBridge(name="widen"), "out": LinearBridge(name="narrow")}
        return MLPBridge(name="feed_forward", config=self.cfg, submodules=parts)


class LinearBlockBridge(BlockBridge):
    """A block whose hook_resid_mid is the residual stream itself, not only what the MLP reads of it."""

    hook_aliases: ClassVar[dict[str, str]] = {
        "hook_resid_pre": "hook_in",
        "hook_attn_out": "attn.hook_out",
        "hook_resid_mid": "middle.hook_out",
        "hook_mlp_out": "mlp.hook_out",
        "hook_resid_post": "hook_out",
    }


class LinearAttentionBridge(AttentionBridge):
    """Hook points at the masked scores and at the pattern, and at values split by head, each in its width."""

    supports_split_qkv_fork = False

    def setup_hook_compatibility(self) -> None:
        """Show queries, keys, values and mixed values split by head, whatever their width."""
        by_head = ByHead(self.config.n_heads)
        for point in (self.q.hook_out, self.k.hook_out, self.v.hook_out, self.o.hook_in):
            point.hook_conversion = by_head

    def forward(self, x: Tensor, **options: Any) -> Tensor:
        mixed = self.original_component(
            self.hook_in(x), at_scores=self.hook_attn_scores, at_pattern=self.hook_pattern, **options
        )
        return self.hook_out(mixed)

    @property
    def W_Q(self) -> Tensor:
        """(h, d, dim_keys)."""
        return self._by_head(self.q.weight)

    @property
    def W_K(self) -> Tensor:
        """(h, d, dim_keys)."""
        return self._by_head(self.k.weight)

    def _by_head(self, weight: Tensor) -> Tensor:
        return weight.unflatten(0, (self.config.n_heads, -1)).mT


class ByHead(BaseTensorConversion):
    """What a hook function sees, (n, t, h, width), of a value (n, t, h width), and back."""

    splits_attention_heads = True  # tells TransformerLens which dimension pos_slice slices

    def __init__(self, n_heads: int) -> None:
        super().__init__()
        self.n_heads = n_heads

    def handle_conversion(self, input_value: Tensor, *_context: Any) -> Tensor:
        return input_value.unflatten(-1, (self.n_heads, -1))

    def revert(self, input_value: Tensor, *_context: Any) -> Tensor:
        return input_value.flatten(-2)


def _bridge_class(sae: bool) -> type[TransformerBridge]:
    hooked_class("bridge", sae)
    if not sae:
        return TransformerBridge
    from culture_core.models.hooked_bridge_saes import NamedSAEBridge

    return NamedSAEBridge
