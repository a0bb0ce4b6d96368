"""One look of one head at a token, taken apart: why it looks there and not elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from culture_core.circuits.frozen import freeze
from culture_core.circuits.heads.looks import ScorePairs, excess_pairs, score_pairs
from culture_core.circuits.nodes import NodeLayer, embedding_layer, node_layers
from culture_core.errors import CultureError
from culture_core.models.mygpt import MyGPT
from culture_core.saes.plain import PlainSAE


@dataclass(frozen=True)
class Look:
    """One look of one head while a cell of a quiz is predicted.

    tokens: (404,) of the quiz; query, key: the tokens that look and are looked at, as they are read (0: the 0
    in front). pattern: (query + 1,) attention to every token that is seen. layer: the nodes at both ends.
    score: before the softmax. excess: of the score over the mean of what is seen, by pairs of nodes.
    """

    block: int
    head: int
    tokens: Tensor
    query: int
    key: int
    pattern: Tensor
    layer: NodeLayer
    score: float
    excess: ScorePairs

    @property
    def name(self) -> str:
        """The head, as in "1.0"."""
        return f"{self.block}.{self.head}"

    @property
    def attention(self) -> float:
        """The share of its attention that goes there."""
        return float(self.pattern[self.key])


def look_of(
    model: MyGPT,
    saes: Mapping[str, PlainSAE],
    tokens: Tensor,
    position: int,
    head: tuple[int, int],
    key: int | None = None,
) -> Look:
    """Why a head (block, number) looks at a token while the cell at a position of a quiz (404,) is predicted.

    saes: by hook point; one after the block before the head's is needed, none for block 0. key: the token, by
    default the one that gets most attention.
    Errors: CultureError for a head that is not there, where that SAE is missing, and for a token not seen.
    """
    block, number = head
    config = model.config
    if not (0 <= block < config.n_blocks and 0 <= number < config.n_heads):
        raise CultureError(
            f"there is no head {block}.{number}: blocks run from 0 to {config.n_blocks - 1}, heads from 0 to "
            f"{config.n_heads - 1}"
        )
    if key is not None and not 0 <= key <= position:
        raise CultureError(
            f"token {key} is not read before position {position} is predicted: those that are run from 0 "
            f"(the 0 in front) to {position}"
        )
    read = read_by(block)
    if read is not None and read not in saes:
        raise CultureError(
            f"head {block}.{number} reads the state after block {block - 1}, which has no SAE; run `culture "
            f"train-sae --hook {read}`"
        )
    frozen = freeze(model, tokens, position)
    layer = embedding_layer(frozen) if read is None else node_layers(frozen, {read: saes[read]})[-1]
    pattern = frozen.blocks[block].pattern[number, position]
    key = int(pattern.argmax()) if key is None else key
    ends = model, frozen, layer, block, number, position, key
    score = score_pairs(*ends).total
    return Look(block, number, tokens, position, key, pattern, layer, score, excess_pairs(*ends))


def read_by(block: int) -> str | None:
    """The hook point whose SAE gives what the heads of a block read; None for block 0, which reads
    embeddings."""
    return f"blocks.{block - 1}.hook_resid_post" if block else None


def read_head(text: str) -> tuple[int, int]:
    """Block and number of a head by its name, as in "1.0".

    Errors: CultureError for another text.
    """
    block, _, number = text.partition(".")
    if not (block.isdecimal() and number.isdecimal()):
        raise CultureError(f"{text[:20]!r} is not a head: write block and head, as in 1.0")
    return int(block), int(number)
