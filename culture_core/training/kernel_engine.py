"""An engine for CPUs that multiply bf16: forward and backward faster than PyTorch's (kernels/bf16.cpp).

If the kernels do not run here, or do not fit the model, PyTorch does the work (engines.py).
"""

import ctypes
from typing import cast

import torch
from torch import Tensor

from culture_core.models.mygpt import Attention, Block, MyGPT
from culture_core.training.kernel_library import kernel_library
from culture_core.world.vocabulary import QUIZ_LENGTH


class _Sizes(ctypes.Structure):
    _fields_ = tuple(
        (name, ctypes.c_int32)
        for name in ("d", "keys", "values", "heads", "hidden", "blocks", "tokens", "vocabulary")
    )


class KernelEngine:
    """Gradients of a MyGPT without dropout, on one core.

    Errors: RuntimeError where `make` would give None.
    """

    def __init__(self, master: MyGPT) -> None:
        library = kernel_library()
        if library is None:
            raise RuntimeError("the bf16 kernels do not run on this machine")
        engine = library.culture_engine_new(ctypes.byref(_sizes(master)))
        if not engine:
            raise RuntimeError("the bf16 kernels do not support a model of this shape")
        self.master, self._library, self._engine = master, library, engine

    @classmethod
    def make(cls, master: MyGPT) -> "KernelEngine | None":
        """An engine for this model; None where the machine, the compiler or the model does not allow one."""
        if master.config.dropout > 0 or master.readout.weight.device.type != "cpu":
            return None
        try:
            return cls(master)
        except RuntimeError:
            return None

    def __del__(self) -> None:
        if hasattr(self, "_engine"):
            self._library.culture_engine_free(self._engine)

    def gradients(self, tokens: Tensor, weights: Tensor, scale: float) -> Tensor:
        """Set the master's gradients to those of scale x sum(weights x cross-entropy).

        tokens: (n, 404) uint8; weights: (n, 404) float32. Returns the cross-entropy (n, 404) float32, nats.
        """
        folded = fold(self.master)
        flat = torch.cat([tensor.detach().flatten() for tensor in folded])
        gradient = torch.zeros(len(flat) - self.master.positions[:QUIZ_LENGTH].numel())
        losses = self._run(flat, tokens, weights * scale, gradient)
        trained = [tensor for tensor in folded if tensor.requires_grad]
        self.master.zero_grad(set_to_none=True)
        torch.autograd.backward(trained, _split(gradient, trained))
        return losses

    def losses(self, tokens: Tensor) -> Tensor:
        """Cross-entropy (n, 404) float32 of tokens (n, 404) uint8."""
        flat = torch.cat([tensor.detach().flatten() for tensor in fold(self.master)])
        return self._run(flat, tokens, torch.zeros(tokens.shape), None)

    def _run(self, flat: Tensor, tokens: Tensor, weights: Tensor, gradient: Tensor | None) -> Tensor:
        tokens, weights = tokens.contiguous(), weights.contiguous()
        assert tokens.dtype == torch.uint8 and tokens.shape == weights.shape
        losses = torch.empty(tokens.shape)
        self._library.culture_engine_run(
            self._engine,
            flat.data_ptr(),
            tokens.data_ptr(),
            weights.data_ptr(),
            len(tokens),
            losses.data_ptr(),
            None if gradient is None else gradient.data_ptr(),
        )
        return losses


def fold(model: MyGPT) -> list[Tensor]:
    """The model's weights as the kernels want them, differentiable: LayerNorms are folded into what follows.

    W (g x + b) = (W g) x + W b, so the kernels' LayerNorms need no scale g and no shift b.
    """
    folded = [model.token_embedding.weight, model.positions[:QUIZ_LENGTH]]
    for block in cast("list[Block]", list(model.blocks)):
        attention: Attention = block.attention
        qkv = torch.cat([w.flatten(0, 1) for w in (attention.w_q, attention.w_k, attention.w_v)])
        scale, shift = block.ln_attention.weight, block.ln_attention.bias
        folded += [qkv * scale, qkv @ shift, attention.w_o.T]
        scale, shift = block.ln_mlp.weight, block.ln_mlp.bias
        w_in = block.mlp_in.weight
        folded += [w_in * scale, w_in @ shift + block.mlp_in.bias, block.mlp_out.weight, block.mlp_out.bias]
    return [*folded, model.readout.weight, model.readout.bias]


def _split(gradient: Tensor, tensors: list[Tensor]) -> list[Tensor]:
    """The flat gradient in the shapes of the folded weights; qkv, o and mlp_in come transposed."""
    parts = gradient.split([tensor.numel() for tensor in tensors])
    return [
        part.view(tensor.T.shape).T if _is_transposed(number, len(tensors)) else part.view(tensor.shape)
        for number, (part, tensor) in enumerate(zip(parts, tensors, strict=True))
    ]


def _is_transposed(number: int, n_tensors: int) -> bool:
    """Whether tensor `number` of those trained is a qkv, o or mlp_in: embedding, then 7 per block, then 2."""
    return 0 < number < n_tensors - 2 and (number - 1) % 7 in (0, 2, 3)


def _sizes(model: MyGPT) -> _Sizes:
    c = model.config
    return _Sizes(
        c.d_model, c.dim_keys, c.dim_values, c.n_heads, c.dim_hidden, c.n_blocks, QUIZ_LENGTH, c.n_tokens
    )
