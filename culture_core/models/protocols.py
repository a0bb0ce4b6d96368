"""The protocol of a GPT, whichever code runs it: MyGPT, HookedTransformer or TransformerBridge.

TransformerLens takes seconds to import and is not needed to look inside a MyGPT, so its classes are never
named here: a HookedModel is whatever has these parts.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence, Sized
from typing import Any, Protocol

from torch import Tensor, nn

from culture_core.models.mygpt import MyGPT


class LogitModel(Protocol):
    """A module that maps tokens (n, t), with the 0 in front or without, to logits (n, t, v)."""

    training: bool

    def __call__(self, *args: Any, **options: Any) -> Any: ...

    def parameters(self) -> Iterator[nn.Parameter]: ...

    def train(self, mode: bool = True) -> Any: ...

    def eval(self) -> Any: ...


class HookedConfig(Protocol):
    """The part of a HookedTransformerConfig that is read."""

    n_layers: int


class HookedModel(LogitModel, Protocol):
    """A model that can be run to a hook point, and with the value there replaced."""

    @property
    def cfg(self) -> HookedConfig: ...

    @property
    def blocks(self) -> Sized: ...

    @property
    def hook_dict(self) -> Mapping[str, Any]: ...

    @property
    def W_U(self) -> Tensor: ...

    def buffers(self) -> Iterator[Tensor]: ...

    def add_hook(self, name: str, hook: Callable[..., Tensor]) -> None: ...

    def run_with_cache(
        self, tokens: Tensor, *, names_filter: Sequence[str], stop_at_layer: int | None = None
    ) -> tuple[Any, Mapping[str, Tensor]]: ...


GPT = MyGPT | HookedModel
