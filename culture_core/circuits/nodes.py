"""The nodes of an attribution graph: what the residual stream of one quiz is made of, block by block.

After a block with an SAE, the state at token t is b_dec + the sum of its active features + the SAE's error;
before the first block it is the token's embedding + the position's.
Source: docs/reference/circuits.md, "Nodes".
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from culture_core.circuits.frozen import FrozenGPT
from culture_core.errors import CultureError
from culture_core.saes.hooks import block_of_residual
from culture_core.saes.plain import PlainSAE

KINDS = ("feature", "error", "token", "position")
FEATURE, ERROR, TOKEN, POSITION = range(len(KINDS))
NO_FEATURE = -1
EMBEDDINGS = -1


@dataclass(frozen=True)
class NodeLayer:
    """All nodes at one place of the residual stream of one quiz (t tokens read).

    block: the block they come after; EMBEDDINGS for what enters the first one.
    kind, token, feature: (n,) int64; feature is NO_FEATURE but for features. activation: (n,) of features, 1
    for the rest. Features come first, then t errors; or t tokens, then t positions. written: (n, d) what each
    node adds to the residual stream. constant: (d,) what every state holds besides its nodes (b_dec). sae:
    whose features they are; None for embeddings.
    """

    block: int
    kind: Tensor
    token: Tensor
    feature: Tensor
    activation: Tensor
    written: Tensor
    constant: Tensor
    sae: PlainSAE | None = None

    def __len__(self) -> int:
        return len(self.kind)

    @property
    def n_features(self) -> int:
        return int((self.kind == FEATURE).sum())

    def only(self, nodes: Tensor | slice) -> "NodeLayer":
        """The layer with some of its nodes, in the order in which they are asked for."""
        columns = ("kind", "token", "feature", "activation", "written")
        return replace(self, **{name: getattr(self, name)[nodes] for name in columns})

    def reads(self, nodes: Tensor) -> tuple[Tensor, Tensor]:
        """What features (m,) read: rows (m, d) and offsets (m,); a pre-activation is row . state + offset."""
        assert self.sae is not None
        features = self.feature[nodes]
        rows, offsets = self.sae.W_enc[:, features].T, self.sae.b_enc[features]
        offsets = offsets - rows @ self.sae.b_in
        if self.sae.norm is None:
            return rows, offsets
        return rows * self.sae.norm[features, None], offsets * self.sae.norm[features]


def embedding_layer(frozen: FrozenGPT) -> NodeLayer:
    """The embeddings of the tokens read and of their positions."""
    n, width = frozen.token_vectors.shape
    places = torch.arange(n)
    return NodeLayer(
        EMBEDDINGS,
        torch.tensor([TOKEN, POSITION]).repeat_interleave(n),
        places.repeat(2),
        torch.full((2 * n,), NO_FEATURE),
        torch.ones(2 * n),
        torch.cat([frozen.token_vectors, frozen.position_vectors]),
        frozen.token_vectors.new_zeros(width),
    )


@torch.no_grad()
def sae_layer(frozen: FrozenGPT, block: int, sae: PlainSAE) -> NodeLayer:
    """The features that fire after a block, and the error of the SAE at every token."""
    x = frozen.states[block + 1]
    activations = sae.encode(x)
    token, feature = activations.nonzero(as_tuple=True)
    n, places, active = len(x), torch.arange(len(x)), activations[token, feature]
    unit = active if sae.norm is None else active / sae.norm[feature]
    return NodeLayer(
        block,
        torch.cat([torch.full((len(token),), FEATURE), torch.full((n,), ERROR)]),
        torch.cat([token, places]),
        torch.cat([feature, torch.full((n,), NO_FEATURE)]),
        torch.cat([active, torch.ones(n)]),
        torch.cat([unit[:, None] * sae.W_dec[feature], x - sae.decode(activations)]),
        sae.b_dec,
        sae,
    )


def node_layers(frozen: FrozenGPT, saes: Mapping[str, PlainSAE]) -> list[NodeLayer]:
    """Embeddings, then a layer for every SAE, from the first block to the last.

    saes: by hook point.
    Errors: CultureError for a hook point that is not the residual stream after a block of this GPT, and when
    there is no SAE at all.
    """
    by_block = {}
    for hook, sae in saes.items():
        block = block_of_residual(hook)
        if block is None or block >= len(frozen.blocks):
            raise CultureError(f"a trace needs SAEs of blocks.N.hook_resid_post, not of {hook}")
        by_block[block] = sae
    if not by_block:
        raise CultureError(
            "a trace needs SAEs of at least one blocks.N.hook_resid_post: run `culture train-sae`"
        )
    layers = [sae_layer(frozen, block, by_block[block]) for block in sorted(by_block)]
    return [embedding_layer(frozen), *layers]
