"""SAELens' SAE architectures, by the names that `culture train-sae --arch` takes."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from culture_core.errors import CultureError
from culture_core.saes.settings import SAESettings

if TYPE_CHECKING:
    from sae_lens import TrainingSAE


def build_sae(settings: SAESettings, d_in: int, *, model_name: str, device: str) -> "TrainingSAE[Any]":
    """A SAELens training SAE with fresh weights, drawn from torch's global random state.

    Errors: CultureError for an unknown architecture.
    """
    from sae_lens.saes.sae import SAEMetadata

    if settings.architecture not in ARCHITECTURES:
        raise CultureError(
            f"no SAE architecture {settings.architecture!r}; known: {', '.join(ARCHITECTURES)}"
        )
    common = {
        "d_in": d_in,
        "d_sae": settings.width * d_in,
        "dtype": "float32",
        "device": device,
        "normalize_activations": "expected_average_only_in",
        "metadata": SAEMetadata(
            model_name=model_name,
            hook_name=settings.hook,
            context_size=404,
            prepend_bos=False,
            dataset_path="culture world quizzes, generated",
        ),
    }
    return ARCHITECTURES[settings.architecture](common, settings)


def _batchtopk(common: dict[str, Any], settings: SAESettings) -> "TrainingSAE[Any]":
    from sae_lens import BatchTopKTrainingSAEConfig

    from culture_core.saes.fast_topk import FastBatchTopKTrainingSAE

    return FastBatchTopKTrainingSAE(BatchTopKTrainingSAEConfig(**common, k=settings.k))


def _topk(common: dict[str, Any], settings: SAESettings) -> "TrainingSAE[Any]":
    from sae_lens import TopKTrainingSAEConfig

    from culture_core.saes.fast_topk import FastTopKTrainingSAE

    return FastTopKTrainingSAE(TopKTrainingSAEConfig(**common, k=settings.k))


def _matryoshka(common: dict[str, Any], settings: SAESettings) -> "TrainingSAE[Any]":
    from sae_lens import MatryoshkaBatchTopKTrainingSAE, MatryoshkaBatchTopKTrainingSAEConfig

    widths = [common["d_sae"] // 2**level for level in (4, 3, 2, 1, 0)]
    config = MatryoshkaBatchTopKTrainingSAEConfig(**common, k=settings.k, matryoshka_widths=widths)
    return MatryoshkaBatchTopKTrainingSAE(config)


def _jumprelu(common: dict[str, Any], settings: SAESettings) -> "TrainingSAE[Any]":
    from sae_lens import JumpReLUTrainingSAE, JumpReLUTrainingSAEConfig

    return JumpReLUTrainingSAE(JumpReLUTrainingSAEConfig(**common, l0_coefficient=settings.sparsity))


def _standard(common: dict[str, Any], settings: SAESettings) -> "TrainingSAE[Any]":
    from sae_lens import StandardTrainingSAE, StandardTrainingSAEConfig

    return StandardTrainingSAE(StandardTrainingSAEConfig(**common, l1_coefficient=settings.sparsity))


ARCHITECTURES: dict[str, Callable[[dict[str, Any], SAESettings], "TrainingSAE[Any]"]] = {
    "batchtopk": _batchtopk,
    "topk": _topk,
    "matryoshka": _matryoshka,
    "jumprelu": _jumprelu,
    "standard": _standard,
}
