"""SAE training with SAELens' own trainer, on quizzes generated on the fly.

Several hook points of one GPT are trained side by side, from one forward pass: a SAETrainer each, driven in
lockstep through the methods that SAELens keeps public for such use (`step`, `maybe_reset_sparsity`,
`save_checkpoint`, `load_trainer_state`), as its MultiSAETrainer does; that one can neither go on in the
middle of a stream nor report progress.
"""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from culture_core.errors import CultureError
from culture_core.models.protocols import GPT
from culture_core.processor import fast_dtype
from culture_core.saes.architectures import build_sae
from culture_core.saes.checkpoint import Checkpoints
from culture_core.saes.finetune import finetune
from culture_core.saes.hooks import activations_at, check_hook
from culture_core.saes.settings import SAESettings
from culture_core.saes.stream import activation_batches, quizzes_read

if TYPE_CHECKING:
    from sae_lens import TrainingSAE
    from sae_lens.saes.sae import TrainStepOutput
    from sae_lens.training.sae_trainer import SAETrainer

CENTRING_BATCHES = 8
WARM_UP_SHARE = 0.02
DECAY_SHARE = 0.3
CHECKPOINT_SECONDS = 30.0
REPORT_SECONDS = 10.0


class Diverged(CultureError):
    """A training whose SAE is of no use."""


@dataclass(frozen=True)
class Standing:
    """Progress of training one SAE, measured on the last batch.

    done: share of the training that is behind. dead_share: of features that have not fired for long.
    seconds_left: at the speed so far.
    """

    hook: str
    done: float
    l0: float
    explained_variance: float
    dead_share: float
    seconds_left: float

    def line(self) -> str:
        minutes, seconds = divmod(int(self.seconds_left), 60)
        return (
            f"{self.done:.0%} | L0 {self.l0:.1f} | explained variance {self.explained_variance:.4f} | "
            f"dead {self.dead_share:.1%} | {minutes}:{seconds:02d} left"
        )


@dataclass(frozen=True)
class FinetuningStanding:
    """Progress of the last stage of one SAE. divergence: of the GPT's predictions, in nats per token."""

    hook: str
    done: float
    divergence: float

    def line(self) -> str:
        return f"finetuning {self.done:.0%} | predictions diverge by {self.divergence:.5f} nats per token"


Report = Callable[[Standing | FinetuningStanding], None]


def train_sae(model: GPT, settings: SAESettings, **options: Any) -> "TrainingSAE[Any]":
    """Train one SAE on one hook point; returns SAELens' training SAE, ready to be saved.

    options and errors: as train_saes.
    """
    return train_saes(model, [settings], **options)[settings.hook]


def train_saes(
    model: GPT,
    settings: Sequence[SAESettings],
    *,
    model_name: str = "culture",
    device: str = "cpu",
    checkpoints: Checkpoints | None = None,
    report: Report | None = None,
) -> "dict[str, TrainingSAE[Any]]":
    """Train SAEs on different hook points of one model, from one forward pass; by hook.

    model: MyGPT or HookedTransformer. settings: alike in seed, tokens and batch_size. checkpoints: where to
    go on from and to write to, so that a training that was killed loses at most half a minute; the result is
    the same. report: called every ten seconds with each SAE's progress.
    Errors: CultureError for impossible settings, a hook point that is not there or whose activations are not
    (n, t, d), and settings that cannot share a forward pass; Diverged for a training that went astray.
    """
    shared = settings[0]
    if len({(one.seed, one.tokens, one.batch_size) for one in settings}) > 1:
        raise CultureError("SAEs trained side by side must have the same seed, tokens and batch size")
    hooks = [one.hook for one in settings]
    trainers = {one.hook: _trainer(model, one, model_name, device) for one in settings}
    clock = _Clock(checkpoints, report, n_steps(shared))
    begun = checkpoints.load(list(trainers.values())) if checkpoints else 0
    first = begun + CENTRING_BATCHES if begun else 0
    batches = activation_batches(model, hooks, shared.batch_size, shared.seed, first=first, device=device)
    if not begun:
        seen = [next(batches) for _ in range(CENTRING_BATCHES)]
        for hook, trainer in trainers.items():
            _centre(trainer, torch.cat([batch[hook] for batch in seen]))
    for step in range(begun, n_steps(shared)):
        batch = next(batches)
        outputs = {hook: _step(trainer, batch[hook]) for hook, trainer in trainers.items()}
        clock.tick(trainers, outputs, step + 1, begun)
    if checkpoints is not None:
        checkpoints.save(list(trainers.values()), n_steps(shared))
    next_quiz = quizzes_read(CENTRING_BATCHES + n_steps(shared), shared.batch_size)
    for one in settings:
        _finetune(model, trainers[one.hook], one, next_quiz, device, report)
    saes, states = {hook: _finished(trainer) for hook, trainer in trainers.items()}, next(batches)
    for hook, sae in saes.items():
        _check_sound(hook, states[hook], sae(states[hook]))
    return saes


class _Clock:
    """Reports and checkpoints of one training, each when it is due."""

    def __init__(self, checkpoints: Checkpoints | None, report: Report | None, steps: int) -> None:
        self.checkpoints, self.report, self.steps = checkpoints, report, steps
        self.started = self.saved = self.reported = time.monotonic()

    def tick(
        self,
        trainers: "dict[str, SAETrainer[Any, Any]]",
        outputs: "dict[str, TrainStepOutput]",
        done: int,
        begun: int,
    ) -> None:
        """Look at the clock after a step. done: steps behind, of which `begun` are of earlier runs.

        Errors: Diverged when a checkpoint is due and an SAE is of no use.
        """
        now = time.monotonic()
        if self.report is not None and (now - self.reported > REPORT_SECONDS or done == self.steps):
            seconds_left = (now - self.started) / (done - begun) * (self.steps - done)
            for hook, trainer in trainers.items():
                self.report(_standing(hook, trainer, outputs[hook], done / self.steps, seconds_left))
            self.reported = now
        if self.checkpoints is not None and now - self.saved > CHECKPOINT_SECONDS:
            for hook, output in outputs.items():
                _check_sound(hook, output.sae_in, output.sae_out)
            self.checkpoints.save(list(trainers.values()), done)
            self.saved = time.monotonic()


def n_steps(settings: SAESettings) -> int:
    return settings.tokens // settings.batch_size


def _trainer(model: GPT, settings: SAESettings, model_name: str, device: str) -> "SAETrainer[Any, Any]":
    """SAELens' trainer around an SAE with fresh weights."""
    from sae_lens.config import LoggingConfig, SAETrainerConfig
    from sae_lens.training.sae_trainer import SAETrainer

    check_hook(model, settings.hook)
    probe = activations_at(model, settings.hook, torch.zeros(1, 2, dtype=torch.long, device=device))
    if probe.ndim != 3:
        raise CultureError(
            f"{settings.hook} has activations of shape {tuple(probe.shape)}; an SAE needs (n, t, d)"
        )
    settings.check(probe.shape[-1])
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
    trainer = SAETrainer(cfg=config, sae=sae, data_provider=iter(()))
    for group in trainer.optimizer.param_groups:
        group["fused"] = True  # the same rule in one pass over the weights, three times as fast
    return trainer


def _step(trainer: "SAETrainer[Any, Any]", batch: Tensor) -> "TrainStepOutput":
    """One step of SAELens' trainer on a batch (n, d_in); returns its TrainStepOutput."""
    trainer.maybe_reset_sparsity()
    output = trainer.step(batch)
    trainer.n_training_steps += 1
    return output


@torch.no_grad()
def _check_sound(hook: str, x: Tensor, reconstructed: Tensor) -> None:
    """Errors: Diverged when states (n, d_in) are reconstructed worse than by zeros, or not by numbers."""
    if not (reconstructed - x).square().sum() <= x.square().sum():
        raise Diverged(f"the training of the SAE on {hook} diverged; try a smaller --lr. No SAE was replaced")


@torch.no_grad()
def _standing(
    hook: str, trainer: "SAETrainer[Any, Any]", output: "TrainStepOutput", done: float, seconds_left: float
) -> Standing:
    x = output.sae_in.float()
    error = (output.sae_out - x).square().sum()
    return Standing(
        hook=hook,
        done=done,
        l0=float((output.feature_acts > 0).sum() / len(x)),
        explained_variance=float(1 - error / (x - x.mean(0)).square().sum()),
        dead_share=float(trainer.dead_neurons.float().mean()),
        seconds_left=seconds_left,
    )


def _finetune(
    model: GPT,
    trainer: "SAETrainer[Any, Any]",
    settings: SAESettings,
    first: int,
    device: str,
    report: Report | None,
) -> None:
    """The last stage, if the settings ask for one, on quizzes from number `first`."""
    if settings.finetune_quizzes == 0:
        return
    reported = time.monotonic()

    def tell(done: int, divergence: float) -> None:
        nonlocal reported
        if report is not None and time.monotonic() - reported > REPORT_SECONDS:
            report(FinetuningStanding(settings.hook, done / settings.finetune_quizzes, divergence))
            reported = time.monotonic()

    scale = trainer.activation_scaler.scaling_factor
    finetune(model, trainer.sae, scale, settings, first=first, device=device, report=tell)


def _centre(trainer: "SAETrainer[Any, Any]", activations: Tensor) -> None:
    """Fix the input scale (mean norm sqrt(d_in)) and start b_dec at the mean activation.

    The mean of a residual stream is much larger than what varies in it: with b_dec at zero nearly all
    features die while it is learned.
    """
    scale = math.sqrt(activations.shape[1]) / float(activations.norm(dim=1).mean())
    trainer.activation_scaler.scaling_factor = scale
    trainer.sae.b_dec.data = activations.mean(0) * scale


def _finished(trainer: "SAETrainer[Any, Any]") -> "TrainingSAE[Any]":
    """The trained SAE, for inputs as they are: the input scale folded into its weights."""
    trainer.sae.fold_activation_norm_scaling_factor(trainer.activation_scaler.scaling_factor)
    trainer.activation_scaler.scaling_factor = None
    trainer.set_final_sae_metadata()
    return trainer.sae
