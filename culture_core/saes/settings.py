"""Settings of SAE training."""

from dataclasses import asdict, dataclass
from typing import Any

from culture_core.settings import setting

# the keys of ARCHITECTURES (culture_core/saes/architectures.py)
ARCHITECTURE_NAMES = ("batchtopk", "topk", "matryoshka", "jumprelu", "standard")


@dataclass(frozen=True)
class SAESettings:
    """What an SAE is trained with. hook: TransformerLens name of the hook point."""

    hook: str
    architecture: str = setting("topk", "SAE architecture", option="arch", choices=ARCHITECTURE_NAMES)
    width: int = setting(16, "features per dimension of the hook point", least=1)
    k: int = setting(16, "features that fire on a token (batchtopk, topk, matryoshka)", least=1)
    tokens: int = setting(2_000_000, "tokens to train on", least=1)
    batch_size: int = setting(512, "tokens per step", least=1)
    lr: float = setting(3e-3, "Adam's learning rate, decayed linearly to 0 over the last 30% of the steps")
    sparsity: float = setting(1.0, "weight of the sparsity penalty (standard: L1, jumprelu: L0)")
    finetune_quizzes: int = setting(
        0, "quizzes of the last stage, which preserves the GPT's predictions; 0 for none", least=0
    )
    finetune_lr: float = setting(3e-4, "Adam's learning rate in the last stage")
    seed: int = setting(
        1000, "seed of weights and quizzes: GPT k trains with seed + k, its baselines with others"
    )

    def to_json(self) -> dict[str, Any]:
        return asdict(self)
