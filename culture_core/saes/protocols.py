"""The protocol of an SAE, whichever code runs it: a PlainSAE, or SAELens' own."""

from typing import Protocol

from torch import Tensor


class Encoder(Protocol):
    """What reading and changing features needs.

    W_enc (d_in, f), W_dec (f, d_in). encode: states (..., d_in) to activations (..., f); decode: the reverse.
    """

    @property
    def W_enc(self) -> Tensor: ...

    @property
    def W_dec(self) -> Tensor: ...

    def encode(self, x: Tensor) -> Tensor: ...

    def decode(self, features: Tensor) -> Tensor: ...


class SplicedSAE(Encoder, Protocol):
    """One that also gives the states it reconstructs, as SAELens' do: (..., d_in) to (..., d_in)."""

    def __call__(self, x: Tensor) -> Tensor: ...
