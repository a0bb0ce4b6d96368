"""Settings of SAE training."""

import math
from dataclasses import asdict, dataclass
from typing import Any

from culture_core.settings import check_ranges, setting
from culture_core.world.vocabulary import QUIZ_LENGTH

# quizzes whose tokens are shuffled among themselves: the most that a batch can be drawn from
QUIZZES_A_CHUNK = 128
# quizzes of one step of the last stage
QUIZZES_A_STEP = 4
WITH_K = ("batchtopk", "topk", "matryoshka")
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
    lr: float = setting(
        3e-3, "Adam's learning rate, decayed linearly to 0 over the last 30% of the steps", above=0
    )
    sparsity: float = setting(1.0, "weight of the sparsity penalty (standard: L1, jumprelu: L0)", least=0)
    finetune_quizzes: int = setting(
        0, "quizzes of the last stage, which preserves the GPT's predictions; 0 for none", least=0
    )
    finetune_lr: float = setting(3e-4, "Adam's learning rate in the last stage", above=0)
    seed: int = setting(
        1000, "seed of weights and quizzes: GPT k trains with seed + k, baselines with other seeds"
    )

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def check(self, d_in: int) -> None:
        """Refuse what cannot be trained on a hook point of width d_in.

        Errors: CultureError that says which option to change.
        """
        d_sae, with_k, chunk = self.width * d_in, self.architecture in WITH_K, QUIZZES_A_CHUNK * QUIZ_LENGTH
        possible = {
            f"--arch {self.architecture}: {', '.join(ARCHITECTURE_NAMES)}": (
                self.architecture in ARCHITECTURE_NAMES
            ),
            f"--width {self.width}: 1 or more": self.width >= 1,
            f"--batch-size {self.batch_size}: 1 to {chunk}, the tokens shuffled together": (
                1 <= self.batch_size <= chunk
            ),
            f"--lr {self.lr}: a number above 0": 0 < self.lr < math.inf,
            f"--finetune-lr {self.finetune_lr}: a number above 0": 0 < self.finetune_lr < math.inf,
            f"--sparsity {self.sparsity}: a number of at least 0": 0 <= self.sparsity < math.inf,
            f"--k {self.k}: 1 to {d_sae}, the number of features": not with_k or 1 <= self.k <= d_sae,
            f"--tokens {self.tokens}: one step, {self.batch_size}, or more": self.tokens >= self.batch_size,
            f"--finetune-quizzes {self.finetune_quizzes}: 0, or one step, {QUIZZES_A_STEP}, or more": (
                self.finetune_quizzes == 0 or self.finetune_quizzes >= QUIZZES_A_STEP
            ),
        }
        check_ranges(possible)
