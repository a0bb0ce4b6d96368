"""SAELens' bridge, with hook points that are found by name.

In SAELens 6.54 a bridge lists only the long names of hook points (blocks.0.mlp.hook_out), so that a hook set
at blocks.0.hook_mlp_out does nothing, without a word; and a hook point from which an SAE was taken away is
not found by its long name either.
"""

from sae_lens import SAETransformerBridge
from transformer_lens.hook_points import HookPoint


class NamedSAEBridge(SAETransformerBridge):
    """A SAETransformerBridge whose hook points have their usual names too, except where an SAE is."""

    @property
    def hook_dict(self) -> dict[str, HookPoint]:
        listed: dict[str, HookPoint] = super().hook_dict
        for name, point in listed.items():
            point.name = name
        usual: dict[str, HookPoint] = {}
        self._add_aliases_to_hooks(usual)
        return listed | {name: point for name, point in usual.items() if isinstance(point, HookPoint)}
