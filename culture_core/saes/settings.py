"""Settings of SAE training."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class SAESettings:
    """Settings of SAE training.

    hook: TransformerLens name of the hook point. architecture: a key of ARCHITECTURES.
    width: features per dimension of the hook. k: features that fire a token (batchtopk, topk, matryoshka).
    tokens: tokens trained on. batch_size: tokens per step. lr: Adam's rate, decayed linearly to 0 over the
    last 30%.
    sparsity: weight of the sparsity penalty (standard: L1, jumprelu: L0).
    finetune_quizzes: quizzes of the last stage (culture_core/saes/finetune.py), 0 for none. finetune_lr:
    Adam's rate in it.
    seed: of the initial weights, of the quizzes and of their order.
    """

    hook: str
    architecture: str = "topk"
    width: int = 16
    k: int = 16
    tokens: int = 2_000_000
    batch_size: int = 512
    lr: float = 3e-3
    sparsity: float = 1.0
    finetune_quizzes: int = 0
    finetune_lr: float = 3e-4
    seed: int = 1000

    def to_json(self) -> dict[str, Any]:
        return asdict(self)
