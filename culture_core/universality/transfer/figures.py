"""What GPT a's SAE finds in states mapped from GPT b: sums over tokens, added batch by batch."""

import torch
from torch import Tensor

from culture_core.saes.protocols import Encoder


class Target:
    """The states and activations of GPT a on the tokens of one batch.

    x: (n, d) its states; codes: (n, f) its SAE's activations on them.
    """

    def __init__(self, sae: Encoder, x: Tensor) -> None:
        self.sae, self.x, self.codes = sae, x, sae.encode(x)


class Firing:
    """Where features fire: few entries of (n, f) activations are not 0.

    token, feature: (entries,) places; values: (entries,) activations.
    """

    def __init__(self, codes: Tensor) -> None:
        self.token, self.feature = codes.nonzero(as_tuple=True)
        self.values = codes[self.token, self.feature].double()
        self.n_features = codes.shape[1]

    def sums(self, values: Tensor) -> Tensor:
        """(f,) sums over tokens of values (entries,)."""
        return torch.bincount(self.feature, values, self.n_features)


class Spread:
    """Sums of values (n, width) over tokens, for their variance."""

    def __init__(self, width: int, device: str = "cpu") -> None:
        self.count = 0
        self.total = torch.zeros(width, dtype=torch.float64, device=device)
        self.squares = torch.zeros(width, dtype=torch.float64, device=device)

    def add(self, values: Tensor) -> None:
        self.count += len(values)
        self.total += values.sum(0)
        self.squares += values.square().sum(0)

    def add_firing(self, firing: Firing, n_tokens: int) -> None:
        """The same of activations, of which few are not 0."""
        self.count += n_tokens
        self.total += firing.sums(firing.values)
        self.squares += firing.sums(firing.values.square())

    def variance(self) -> Tensor:
        """(width,) sums of squared distances from the mean."""
        return (self.squares - self.total.square() / self.count).clamp(min=0)


class TransferSums:
    """Sums that tell how much of GPT a its SAE explains from mapped states, and how each feature follows."""

    def __init__(self, d: int, n_features: int, device: str = "cpu") -> None:
        self.mapped, self.codes = Spread(d, device), Spread(n_features, device)
        self.products = torch.zeros(n_features, dtype=torch.float64, device=device)
        self.error = self.misfit = 0.0

    def add(self, target: Target, mapped: Tensor) -> None:
        """mapped: (n, d) states of b, mapped into a's, on the tokens of the target."""
        codes = target.sae.encode(mapped)
        decoded = target.sae.decode(codes)
        self.error += float((decoded - target.x).square().sum(dtype=torch.float64))
        self.misfit += float((decoded - mapped).square().sum(dtype=torch.float64))
        self.mapped.add(mapped)
        firing = Firing(codes)
        self.codes.add_firing(firing, len(codes))
        self.products += firing.sums(firing.values * target.codes[firing.token, firing.feature])

    def explained(self, own: Spread) -> float:
        """The share of the variance of a's own states that a's SAE reconstructs from the mapped ones."""
        return 1 - self.error / float(own.variance().sum())

    def fitted(self) -> float:
        """The share of the variance of the mapped states themselves that a's SAE reconstructs."""
        return 1 - self.misfit / float(self.mapped.variance().sum())

    def r(self, own_codes: Spread) -> Tensor:
        """(f,) Pearson's r between each feature's activations on a's own and on the mapped states; 0 where
        either never varies."""
        covariance = self.products - self.codes.total * own_codes.total / own_codes.count
        scale = (self.codes.variance() * own_codes.variance()).sqrt()
        return torch.where(scale > 0, covariance / scale.clamp(min=1e-300), 0.0)
