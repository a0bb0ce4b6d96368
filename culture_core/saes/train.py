"""SAE training with SAELens' own trainer, on quizzes generated on the fly.

Several hook points of one GPT are trained side by side, from one forward pass: a SAETrainer each, driven in
lockstep through the methods that SAELens keeps public for such use (`step`, `maybe_reset_sparsity`,
`save_checkpoint`, `load_trainer_state`).
"""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from culture_core.errors import CultureError
from culture_core.processor import fast_dtype
from culture_core.saes.architectures import build_sae
from culture_core.saes.hooks import activations_at, check_hook
from culture_core.saes.settings import SAESettings
from culture_core.saes.stream import activation_batches

CENTRING_BATCHES = 8
WARM_UP_SHARE = 0.02
DECAY_SHARE = 0.3


def train_sae(model: Any, settings: SAESettings, *, model_name: str = "culture", device: str = "cpu") -> Any:
    """Train one SAE on one hook point of a MyGPT or a HookedTransformer; returns SAELens' training SAE, ready
    to be saved.

    Errors: as train_saes.
    """
    return train_saes(model, [settings], model_name=model_name, device=device)[settings.hook]


def train_saes(
    model: Any, settings: Sequence[SAESettings], *, model_name: str = "culture", device: str = "cpu"
) -> dict[str, Any]:
    """Train SAEs on different hook points of one model, from one forward pass; by hook.

    settings: alike in seed, tokens and batch_size.
    Errors: CultureError for an unknown architecture, a hook point that is not there or whose activations are
    not (n, t, d), and settings that cannot share a forward pass.
    """
    shared = settings[0]
    if len({(one.seed, one.tokens, one.batch_size) for one in settings}) > 1:
        raise CultureError("SAEs trained side by side must have the same seed, tokens and batch size")
    hooks = [one.hook for one in settings]
    trainers = {one.hook: _trainer(model, one, model_name, device) for one in settings}
    batches = activation_batches(model, hooks, shared.batch_size, shared.seed, device=device)
    first = [next(batches) for _ in range(CENTRING_BATCHES)]
    for hook, trainer in trainers.items():
        _centre(trainer, torch.cat([batch[hook] for batch in first]))
    for _ in range(n_steps(shared)):
        batch = next(batches)
        for hook, trainer in trainers.items():
            trainer.maybe_reset_sparsity()
            trainer.step(batch[hook])
            trainer.n_training_steps += 1
    return {hook: _finished(trainer) for hook, trainer in trainers.items()}


def n_steps(settings: SAESettings) -> int:
    return settings.tokens // settings.batch_size


def _trainer(model: Any, settings: SAESettings, model_name: str, device: str) -> Any:
    """SAELens' trainer around an SAE with fresh weights."""
    from sae_lens.config import LoggingConfig, SAETrainerConfig
    from sae_lens.training.sae_trainer import SAETrainer

    check_hook(model, settings.hook)
    probe = activations_at(model, settings.hook, torch.zeros(1, 2, dtype=torch.long, device=device))
    if probe.ndim != 3:
        raise CultureError(
            f"{settings.hook} has activations of shape {tuple(probe.shape)}; an SAE needs (n, t, d)"
        )
    steps = n_steps(settings)
    config = SAETrainerConfig(
        total_training_samples=steps * settings.batch_size,
        train_batch_size_samples=settings.batch_size,
        lr=settings.lr,
        lr_end=settings.lr,
        lr_warm_up_steps=int(steps * WARM_UP_SHARE),
        lr_decay_steps=int(steps * DECAY_SHARE),
        device=device,
        autocast=fast_dtype(device) == torch.bfloat16,
        dead_feature_window=max(20, steps // 50),
        logger=LoggingConfig(log_to_wandb=False),
    )
    torch.manual_seed(settings.seed)
    sae = build_sae(settings, probe.shape[-1], model_name=model_name, device=device)
    return SAETrainer(cfg=config, sae=sae, data_provider=iter(()))


def _centre(trainer: Any, activations: Tensor) -> None:
    """Fix the input scale (mean norm sqrt(d_in)) and start b_dec at the mean activation.

    The mean of a residual stream is much larger than what varies in it: with b_dec at zero nearly all
    features die while it is learned.
    """
    scale = math.sqrt(activations.shape[1]) / float(activations.norm(dim=1).mean())
    trainer.activation_scaler.scaling_factor = scale
    trainer.sae.b_dec.data = activations.mean(0) * scale


def _finished(trainer: Any) -> Any:
    """The trained SAE, for inputs as they are: the input scale folded into its weights."""
    trainer.sae.fold_activation_norm_scaling_factor(trainer.activation_scaler.scaling_factor)
    trainer.activation_scaler.scaling_factor = None
    trainer.set_final_sae_metadata()
    return trainer.sae
