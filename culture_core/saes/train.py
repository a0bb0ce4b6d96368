"""SAE training with SAELens' own trainer, on quizzes generated on the fly.

No quiz is ever repeated: the stream is endless and numbered, and its seed is apart from every evaluation set.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from culture_core.errors import CultureError
from culture_core.saes.hooks import activations_at
from culture_core.world.quizzes import generate_stream
from culture_core.world.vocabulary import WORLD_TASKS

QUIZZES_A_FORWARD = 64
BUFFER_TOKENS = 65_536
CENTRING_BATCHES = 8
WARM_UP_SHARE = 0.02
DECAY_SHARE = 0.3


@dataclass(frozen=True)
class SAESettings:
    """What an SAE is trained with.

    hook: TransformerLens name of the hook point. architecture: a key of ARCHITECTURES.
    width: features per dimension of the hook. k: features that fire a token (batchtopk, topk, matryoshka).
    tokens: tokens trained on. batch_size: tokens a step. lr: Adam's rate, decayed linearly to 0 over the last
    30%.
    sparsity: weight of the sparsity penalty (standard: L1, jumprelu: L0).
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
    seed: int = 1000

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def _batchtopk(common: dict[str, Any], settings: SAESettings) -> Any:
    from sae_lens import BatchTopKTrainingSAE, BatchTopKTrainingSAEConfig

    return BatchTopKTrainingSAE(BatchTopKTrainingSAEConfig(**common, k=settings.k))


def _topk(common: dict[str, Any], settings: SAESettings) -> Any:
    from sae_lens import TopKTrainingSAE, TopKTrainingSAEConfig

    return TopKTrainingSAE(TopKTrainingSAEConfig(**common, k=settings.k))


def _matryoshka(common: dict[str, Any], settings: SAESettings) -> Any:
    from sae_lens import MatryoshkaBatchTopKTrainingSAE, MatryoshkaBatchTopKTrainingSAEConfig

    widths = [common["d_sae"] // 2**level for level in (4, 3, 2, 1, 0)]
    config = MatryoshkaBatchTopKTrainingSAEConfig(**common, k=settings.k, matryoshka_widths=widths)
    return MatryoshkaBatchTopKTrainingSAE(config)


def _jumprelu(common: dict[str, Any], settings: SAESettings) -> Any:
    from sae_lens import JumpReLUTrainingSAE, JumpReLUTrainingSAEConfig

    return JumpReLUTrainingSAE(JumpReLUTrainingSAEConfig(**common, l0_coefficient=settings.sparsity))


def _standard(common: dict[str, Any], settings: SAESettings) -> Any:
    from sae_lens import StandardTrainingSAE, StandardTrainingSAEConfig

    return StandardTrainingSAE(StandardTrainingSAEConfig(**common, l1_coefficient=settings.sparsity))


ARCHITECTURES: dict[str, Callable[[dict[str, Any], SAESettings], Any]] = {
    "batchtopk": _batchtopk,
    "topk": _topk,
    "matryoshka": _matryoshka,
    "jumprelu": _jumprelu,
    "standard": _standard,
}


def activation_batches(model: Any, settings: SAESettings, device: str) -> Iterator[Tensor]:
    """Endless shuffled batches (batch_size, d_in) of activations on training quizzes (five structures, prompt
    noise)."""
    from sae_lens.training.mixing_buffer import mixing_buffer

    def forwards() -> Iterator[Tensor]:
        first = 0
        while True:
            batch = generate_stream(
                WORLD_TASKS,
                first,
                QUIZZES_A_FORWARD,
                settings.seed,
                structure="mixed",
                noise=0.05,
                device=device,
            )
            yield activations_at(model, settings.hook, batch.tokens).flatten(0, 1)
            first += QUIZZES_A_FORWARD

    return mixing_buffer(max(BUFFER_TOKENS, settings.batch_size), settings.batch_size, forwards())


def train_sae(model: Any, settings: SAESettings, *, model_name: str = "culture", device: str = "cpu") -> Any:
    """Train one SAE on one hook point of a HookedTransformer; returns SAELens' training SAE, ready to be
    saved.

    Errors: CultureError for an unknown architecture or a hook point whose activations are not (n, t, d).
    """
    from sae_lens.config import LoggingConfig, SAETrainerConfig
    from sae_lens.training.sae_trainer import SAETrainer

    if settings.architecture not in ARCHITECTURES:
        raise CultureError(
            f"no SAE architecture {settings.architecture!r}; known: {', '.join(ARCHITECTURES)}"
        )
    torch.manual_seed(settings.seed)
    sae = _build_sae(model, settings, model_name, device)
    batches = activation_batches(model, settings, device)
    steps = settings.tokens // settings.batch_size
    config = SAETrainerConfig(
        total_training_samples=steps * settings.batch_size,
        train_batch_size_samples=settings.batch_size,
        lr=settings.lr,
        lr_end=settings.lr,
        lr_warm_up_steps=int(steps * WARM_UP_SHARE),
        lr_decay_steps=int(steps * DECAY_SHARE),
        device=device,
        autocast=True,
        dead_feature_window=max(20, steps // 50),
        logger=LoggingConfig(log_to_wandb=False),
    )
    trainer = SAETrainer(cfg=config, sae=sae, data_provider=batches)
    _centre(trainer, torch.cat([next(batches) for _ in range(CENTRING_BATCHES)]))
    return trainer.fit()


def _centre(trainer: Any, activations: Tensor) -> None:
    """Fix the input scale (mean norm sqrt(d_in)) and start b_dec at the mean activation.

    The mean of a residual stream is much larger than what varies in it: with b_dec at zero nearly all
    features die while it is learned.
    """
    scale = math.sqrt(activations.shape[1]) / float(activations.norm(dim=1).mean())
    trainer.activation_scaler.scaling_factor = scale
    trainer.sae.b_dec.data = activations.mean(0) * scale


def _build_sae(model: Any, settings: SAESettings, model_name: str, device: str) -> Any:
    from sae_lens.saes.sae import SAEMetadata

    probe = activations_at(model, settings.hook, torch.zeros(1, 2, dtype=torch.long, device=device))
    if probe.ndim != 3:
        raise CultureError(
            f"{settings.hook} has activations of shape {tuple(probe.shape)}; an SAE needs (n, t, d)"
        )
    d_in = probe.shape[-1]
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
