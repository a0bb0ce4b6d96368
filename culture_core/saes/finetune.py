"""The last stage of training: an SAE is fitted to the GPT's predictions with the SAE spliced in.

Squared error weights all directions equally, but the GPT reads some far more than others, and one wrong
cell loses a quiz. So for a short time the SAE is spliced in and trained to preserve the GPT's predictions:
the loss is KL(prediction without | prediction with the SAE), over all tokens of a quiz, and the squared
error, scaled to weigh as much, with the penalty on firing of an architecture that has one, in the proportion
to the squared error that it had before. Source: Karvonen, "Revisiting End-To-End Sparse Autoencoder Training:
A Short Finetune Is All You Need" (2025).
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from culture_core.errors import CultureError
from culture_core.models.mygpt import MyGPT
from culture_core.models.protocols import GPT
from culture_core.models.steering import halfway
from culture_core.saes.settings import QUIZZES_A_STEP, SAESettings
from culture_core.saes.stream import training_quizzes

if TYPE_CHECKING:
    from sae_lens import TrainingSAE

WARM_UP_STEPS = 20
# SAELens' names for the losses of firing
PENALTIES = ("l1_loss", "l0_loss", "pre_act_loss")


def finetune(
    model: GPT,
    sae: "TrainingSAE[Any]",
    scale: float,
    settings: SAESettings,
    *,
    first: int,
    device: str = "cpu",
    report: Callable[[int, float], None] | None = None,
) -> None:
    """Train a SAELens training SAE in place, on settings.finetune_quizzes quizzes of the stream.

    model: MyGPT. scale: what activations are multiplied by before they reach the SAE. first: number of the
    first quiz. report: told quizzes done and the divergence, in nats per token, at every step.
    Errors: CultureError when the model is not a MyGPT.
    """
    check_finetuning(model, settings)
    assert isinstance(model, MyGPT)
    model.requires_grad_(False)
    parameters = list(sae.parameters())
    optimizer = torch.optim.Adam(parameters, lr=settings.finetune_lr, fused=True)
    steps = settings.finetune_quizzes // QUIZZES_A_STEP
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = settings.finetune_lr * _rate(step, steps)
        tokens = training_quizzes(settings.seed, first + step * QUIZZES_A_STEP, QUIZZES_A_STEP, device)
        divergence, error, penalty = _losses(model, sae, scale, settings.hook, tokens, step)
        loss = divergence + (error + penalty) * (divergence / error).detach()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        if report is not None:
            report((step + 1) * QUIZZES_A_STEP, float(divergence.detach()))


def check_finetuning(model: GPT, settings: SAESettings) -> None:
    """Errors: CultureError when there is to be a last stage, and the model is not a MyGPT."""
    if settings.finetune_quizzes and not isinstance(model, MyGPT):
        raise CultureError(f"{settings.hook} allows no finetuning; --finetune-quizzes 0 trains without")


def _losses(
    model: MyGPT, sae: "TrainingSAE[Any]", scale: float, hook: str, tokens: Tensor, step: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Divergence of the predictions with the SAE spliced in, in nats per token, its squared error, and its
    penalty on firing."""
    from sae_lens.saes.sae import TrainStepInput

    errors: list[dict[str, Tensor]] = []
    weights = {name: getattr(weight, "value", weight) for name, weight in sae.get_coefficients().items()}

    def reconstruct(x: Tensor) -> Tensor:
        step_input = TrainStepInput(x.flatten(0, 1) * scale, weights, None, step, False)
        output = sae.training_forward_pass(step_input)
        errors.append(output.losses)
        return (output.sae_out / scale).view_as(x)

    read = halfway(model, hook, tokens)
    with torch.no_grad():
        before = read.logits().log_softmax(-1)
    after = read.logits(reconstruct).log_softmax(-1)
    losses = errors[0]
    none = torch.zeros_like(losses["mse_loss"])
    penalty = sum((losses[name] for name in PENALTIES if name in losses), none)
    return (before.exp() * (before - after)).sum(-1).mean(), losses["mse_loss"], penalty


def _rate(step: int, steps: int) -> float:
    """Share of the full rate: up from 0 over the first steps, down to 0 over all."""
    return min(1.0, (step + 1) / WARM_UP_STEPS) * (1 - step / steps)
