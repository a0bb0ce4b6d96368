"""SAELens' topk and batchtopk training SAEs, at the speed their sparsity allows on a CPU.

SAELens multiplies all features of a token by the decoder, and goes back through all of them, although only k
are not zero. Here only the encoder's product is dense; decoding and all gradients touch the k features that
fire. Losses and gradients equal SAELens' own to rounding (tests/saes/test_fast_topk.py), and the trainer, the
configuration and the files remain SAELens'.
"""

from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from sae_lens import BatchTopKTrainingSAE, TopKTrainingSAE
from sae_lens.saes.sae import TrainStepInput, TrainStepOutput
from torch import Tensor

# of the running threshold of batchtopk; a batch has enough values above it, or all of them are looked at
SURELY_BELOW = 0.8


class Firing(NamedTuple):
    """The features that fire on n tokens, token by token.

    features: (n fired,) int64 ids. starts: (n,) int64, where each token's features begin. values: (n fired,).
    """

    features: Tensor
    starts: Tensor
    values: Tensor

    def times(self, rows: Tensor) -> Tensor:
        """Sum over each token's features of value times the feature's row of (h, d): (n, d)."""
        return F.embedding_bag(self.features, rows, self.starts, mode="sum", per_sample_weights=self.values)

    def dense(self, n_features: int) -> Tensor:
        """(n, h), zero where a feature does not fire."""
        n = len(self.starts)
        counts = torch.diff(self.starts, append=self.starts.new_tensor([len(self.features)]))
        tokens = torch.arange(n, device=self.starts.device).repeat_interleave(counts)
        out = self.values.new_zeros(n, n_features)
        out[tokens, self.features] = self.values
        return out


class _SelectedProducts(torch.autograd.Function):
    """x_i . rows[f] for the chosen pairs (token i, feature f), taken from a dense product done already."""

    @staticmethod
    def forward(
        ctx: Any, products: Tensor, x: Tensor, rows: Tensor, features: Tensor, starts: Tensor
    ) -> Tensor:
        """products: (n fired,) the values. x: (n, d). rows: (h, d)."""
        ctx.save_for_backward(x, rows, features, starts)
        return products.clone()

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:
        x, rows, features, starts = ctx.saved_tensors
        with torch.enable_grad():
            rows = rows.detach().requires_grad_()
            grad_x = Firing(features, starts, grad).times(rows)
        (grad_rows,) = torch.autograd.grad(grad_x, rows, x)
        return None, grad_x.detach(), grad_rows, None, None


class _Sparsely:
    """The training pass of both kinds; `_choose` is what they differ in."""

    def _choose(self, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """The chosen entries of (n, h) as flat indices in rising order, and where each token's begin."""
        raise NotImplementedError

    def training_forward_pass(self: Any, step_input: TrainStepInput) -> TrainStepOutput:
        x = step_input.sae_in - self.b_dec
        norm = self.W_dec.norm(dim=-1)
        rows = self.W_enc.T.contiguous() * norm[:, None]
        bias = self.b_enc * norm
        with torch.no_grad():
            hidden = torch.addmm(bias, x, rows.T)
            chosen, starts = self._choose(hidden)
            features = chosen % self.cfg.d_sae
            products = hidden.flatten()[chosen] - bias[features]
        values = _SelectedProducts.apply(products, x, rows, features, starts) + bias[features]
        firing = Firing(features, starts, values.relu())
        decoder = self.W_dec / norm[:, None]
        out = firing.times(decoder) + self.b_dec
        mse_loss = (out - step_input.sae_in).pow(2).sum(-1).mean()
        aux_loss = self._aux_loss(step_input, x, rows, bias, decoder, out)
        return TrainStepOutput(
            sae_in=step_input.sae_in,
            sae_out=out,
            feature_acts=Firing(features, starts, firing.values.detach()).dense(self.cfg.d_sae),
            hidden_pre=hidden,
            loss=mse_loss + aux_loss,
            losses={"mse_loss": mse_loss, "auxiliary_reconstruction_loss": aux_loss},
        )

    def _aux_loss(
        self: Any,
        step_input: TrainStepInput,
        x: Tensor,
        rows: Tensor,
        bias: Tensor,
        decoder: Tensor,
        out: Tensor,
    ) -> Tensor:
        """SAELens' calculate_topk_aux_loss, on the dead features alone."""
        dead = step_input.dead_neuron_mask
        n_dead = 0 if dead is None else int(dead.sum())
        if n_dead == 0:
            return out.new_tensor(0.0)
        ids = dead.nonzero().squeeze(1)
        hidden = torch.addmm(bias[ids], x, rows[ids].T)
        k = self.cfg.d_in // 2
        top = hidden.topk(min(k, n_dead), sorted=False)
        acts = torch.zeros_like(hidden).scatter(-1, top.indices, top.values)
        residual = (step_input.sae_in - out).detach()
        error = (acts @ decoder[ids] - residual).pow(2).sum(-1).mean()
        return self.cfg.aux_loss_coefficient * min(n_dead / k, 1.0) * error


class FastTopKTrainingSAE(_Sparsely, TopKTrainingSAE):
    """k features per token."""

    def _choose(self, hidden: Tensor) -> tuple[Tensor, Tensor]:
        n, k = len(hidden), self.cfg.k
        features = hidden.topk(k, dim=-1, sorted=False).indices
        firsts = torch.arange(n, device=hidden.device)
        return (features + firsts[:, None] * hidden.shape[1]).flatten(), firsts * k


class FastBatchTopKTrainingSAE(_Sparsely, BatchTopKTrainingSAE):
    """k features per token on average over the batch."""

    def _choose(self, hidden: Tensor) -> tuple[Tensor, Tensor]:
        n, n_features = hidden.shape
        chosen = _largest(hidden.flatten(), int(self.cfg.k * n), SURELY_BELOW * float(self.topk_threshold))
        tokens = torch.arange(n, device=hidden.device) * n_features
        return chosen, torch.searchsorted(chosen, tokens)

    def training_forward_pass(self, step_input: TrainStepInput) -> TrainStepOutput:
        output = super().training_forward_pass(step_input)
        self.update_topk_threshold(output.feature_acts)
        return output


def _largest(values: Tensor, n: int, guess: float) -> Tensor:
    """Places of the n largest of many values, in rising order; fast when most lie under the guess and n
    above."""
    places = (values > guess).nonzero().squeeze(1)
    if len(places) < n:
        return values.topk(n, sorted=False).indices.sort().values
    return places[values[places].topk(n, sorted=False).indices].sort().values
