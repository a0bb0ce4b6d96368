"""Loading by name, as in the study's notebooks: models, their TransformerLens form, quizzes."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Literal, overload

import torch

from culture_core.errors import CultureError
from culture_core.models.mygpt import MyGPT
from culture_core.models.sources import resolve_source
from culture_core.world.quizzes import QuizBatch, batch_from_tokens, generate_stream
from culture_core.world.tasks.choice import resolve_tasks
from culture_core.world.vocabulary import CULTURE

if TYPE_CHECKING:
    from transformer_lens import HookedTransformer
    from transformer_lens.model_bridge import TransformerBridge

STUDY_TEST_QUIZZES = 2000


def load_culture(
    model_ks: int | Iterable[int] | None = None,
    source: str | Path | None = None,
    *,
    hub_repo: str | None = None,
    device: str | torch.device = "cpu",
) -> list[MyGPT]:
    """Load GPTs of a population, in the order asked for.

    model_ks: an id or ids, all when None. source: `cache/NAME`, a folder of either layout, `hub`, or None for
    the first population in cache/. Returns models in eval mode, float32; call one with tokens (n, 404) for
    logits (n, 404, 15), where logit t predicts token t. Each has .id and .main_test_accuracy.
    Errors: CultureError on an unknown source or id, or a damaged file.
    """
    return [model.to(device) for model in resolve_source(source, hub_repo).load_models(model_ks)]


@overload
def load_hooked(
    model_ks: int | Iterable[int] | None = None,
    source: str | Path | None = None,
    *,
    kind: Literal["hooked"] = "hooked",
    sae: bool = False,
    hub_repo: str | None = None,
    device: str | torch.device = "cpu",
) -> "list[HookedTransformer]": ...


@overload
def load_hooked(
    model_ks: int | Iterable[int] | None = None,
    source: str | Path | None = None,
    *,
    kind: Literal["bridge"],
    sae: bool = False,
    hub_repo: str | None = None,
    device: str | torch.device = "cpu",
) -> "list[TransformerBridge]": ...


def load_hooked(
    model_ks: int | Iterable[int] | None = None,
    source: str | Path | None = None,
    *,
    kind: Literal["hooked", "bridge"] = "hooked",
    sae: bool = False,
    hub_repo: str | None = None,
    device: str | torch.device = "cpu",
) -> "list[HookedTransformer] | list[TransformerBridge]":
    """The same models as load_culture gives, as TransformerLens models.

    kind: "hooked" for a HookedTransformer, which TransformerLens has up to 3.9; "bridge" for a
    TransformerBridge, which it has from 3.9 on. sae: SAELens' form of it, a HookedSAETransformer or a
    SAETransformerBridge.
    Call one with tokens that have the 0 in front (n, up to 405): the logit at t predicts the token after it.
    Errors: CultureError on what load_culture refuses, or a kind that the installed packages lack.
    """
    from culture_core.models.hooked_kinds import hooked_class

    hooked_class(kind, sae)  # refuses before any model is read
    models = load_culture(model_ks, source, hub_repo=hub_repo, device=device)
    if kind == "bridge":
        from culture_core.models.hooked_bridge import to_bridge

        return [to_bridge(model, sae=sae) for model in models]
    from culture_core.models.hooked import to_hooked

    return [to_hooked(model, sae=sae) for model in models]


def load_quizzes(
    name: str = "world",
    n: int | None = None,
    *,
    seed: int = 0,
    structure: str = "answerable",
    noise: float = 0.05,
    source: str | Path | None = None,
    hub_repo: str | None = None,
) -> QuizBatch:
    """Quizzes of the world, made on the spot, or quizzes the GPTs of a population invented.

    name: "culture" for the invented ones of `source` (training quizzes, then test quizzes), else tasks:
    "world", "unseen", "all" or names with commas. n: how many, interleaved by task (2,000 when None); of the
    culture quizzes the first n, all when None. seed, structure, noise: as in generate_quizzes; the defaults
    are those of the study's tests. Culture quizzes are taken as they are kept: A, f_A, B, f_B, without noise.
    Errors: CultureError on unknown tasks, a number below 0, or a population without culture quizzes.
    """
    if name != CULTURE:
        count = STUDY_TEST_QUIZZES if n is None else n
        return generate_stream(resolve_tasks(name), 0, count, seed, structure=structure, noise=noise)
    models = resolve_source(source, hub_repo)
    parts = models.load_culture_quizzes()
    if parts is None:
        raise CultureError(f"{models.name} has no culture quizzes")
    if n is not None and n < 0:
        raise CultureError(f"n must be at least 0, not {n}")
    return batch_from_tokens(torch.cat(parts)[:n])
