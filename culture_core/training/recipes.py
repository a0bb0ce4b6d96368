"""Recipes: everything that decides how a GPT is trained, except its size, its seed and for how long."""

from dataclasses import dataclass

from culture_core.errors import CultureError
from culture_core.settings import check_ranges


@dataclass(frozen=True)
class Recipe:
    """How a GPT is trained.

    optimizer: "muon" (Muon for the matrices inside the blocks, AdamW for the rest) or "adam" (Adam for all).
    lr: rate of the matrices; adam_lr: rate of what Adam trains. momentum, weight_decay: Muon's.
    batch_size: quizzes per step. dropout: instead of the preset's.
    answer_weight, elsewhere_weight: weight in the loss of a token of the predicted grid, and of any other.
    warmup: quizzes over which the rate rises. decay_share: last share of the budget, where it falls to 0.
    embedding_std: initial scale of the token embedding. output_scale: factor on what new blocks add to the
    residual stream.
    focus: how strongly training prefers tasks by their failures in the last test: shares go as (failures +
    focus_floor) ** focus, so 0 is all alike.
    average: quizzes over which an exponential average of the weights reaches back; tests and exports take the
    average, training goes on from the weights themselves. 0: no average.
    epoch: quizzes a GPT trains on before the next is chosen, None to choose again after every slice.
    choose: the next GPT is the one that has seen the "fewest" quizzes, or the "weakest" on its test.
    culture_epoch: quizzes among which each culture quiz comes once.
    test_every: quizzes between two tests on held-out quizzes; test_quizzes: how many.
    """

    name: str
    optimizer: str = "muon"
    lr: float = 0.02
    adam_lr: float = 2e-3
    momentum: float = 0.95
    weight_decay: float = 0.0
    batch_size: int = 16
    dropout: float = 0.0
    answer_weight: float = 1.0
    elsewhere_weight: float = 0.2
    warmup: int = 1600
    decay_share: float = 0.3
    embedding_std: float = 0.5
    output_scale: float = 0.25
    focus: float = 0.0
    focus_floor: float = 0.1
    average: int = 0
    epoch: int | None = None
    choose: str = "fewest"
    culture_epoch: int = 40_000
    test_every: int = 20_000
    test_quizzes: int = 400

    def __post_init__(self) -> None:
        """Errors: CultureError for an entry out of range."""
        possible = {
            f"optimizer={self.optimizer}: muon or adam": self.optimizer in ("muon", "adam"),
            f"choose={self.choose}: fewest or weakest": self.choose in ("fewest", "weakest"),
            f"batch_size={self.batch_size}: 1 or more": self.batch_size >= 1,
            f"test_every={self.test_every}: 1 or more": self.test_every >= 1,
            f"test_quizzes={self.test_quizzes}: 1 or more": self.test_quizzes >= 1,
            f"decay_share={self.decay_share}: at least 0 and below 1": 0 <= self.decay_share < 1,
            f"dropout={self.dropout}: at least 0 and below 1": 0 <= self.dropout < 1,
            f"momentum={self.momentum}: at least 0 and below 1": 0 <= self.momentum < 1,
            f"epoch={self.epoch}: 1 or more": self.epoch is None or self.epoch >= 1,
            f"culture_epoch={self.culture_epoch}: 1 or more": self.culture_epoch >= 1,
        }
        rates = ("lr", "adam_lr", "weight_decay", "answer_weight", "elsewhere_weight")
        for name in (*rates, "warmup", "focus", "average"):
            possible[f"{name}={getattr(self, name)}: 0 or more"] = getattr(self, name) >= 0
        check_ranges(possible)


RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe("muon"),
        Recipe("muon-gpu", batch_size=256, warmup=12_800),
        Recipe(
            "published",
            optimizer="adam",
            adam_lr=5e-4,
            batch_size=25,
            dropout=0.1,
            elsewhere_weight=1.0,
            warmup=0,
            decay_share=0.0,
            embedding_std=0.02,
            output_scale=1.0,
            epoch=40_000,
            choose="weakest",
            test_every=40_000,
            test_quizzes=2_000,
        ),
    )
}


def find_recipe(name: str) -> Recipe:
    """The recipe of that name. Errors: CultureError with the names there are."""
    if name not in RECIPES:
        raise CultureError(f"no recipe {name!r}: choose one of {', '.join(RECIPES)}")
    return RECIPES[name]
