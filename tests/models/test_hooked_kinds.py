"""Which TransformerLens class load_hooked gives, and what it says where the class is not installed."""

import sys

import pytest
import transformer_lens
from model_helpers import ASYM

from culture_core import load_hooked
from culture_core.errors import CultureError
from culture_core.models.hooked_kinds import hooked_class


@pytest.mark.parametrize("kind", ["hooked", "bridge"])
def test_saes_without_saelens_are_refused_with_what_to_install(monkeypatch, kind):
    monkeypatch.setitem(sys.modules, "sae_lens", None)
    with pytest.raises(CultureError, match=r"pip install 'culture-core\[sae\]'"):
        load_hooked(0, ASYM, kind=kind, sae=True)


def test_transformerlens_4_without_hookedtransformer_is_told_of_bridges(monkeypatch):
    monkeypatch.delitem(vars(transformer_lens), "HookedTransformer", raising=False)
    with pytest.raises(CultureError, match='kind="bridge"'):
        load_hooked(0, ASYM)


def test_no_transformerlens_at_all_is_refused_with_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "transformer_lens.model_bridge", None)
    with pytest.raises(CultureError, match=r"pip install 'culture-core\[bridge\]'"):
        hooked_class("bridge", sae=False)


def test_an_unknown_kind_is_refused_before_any_model_is_read():
    with pytest.raises(CultureError, match=r'"hooked" or "bridge", not \'nnsight\''):
        load_hooked(0, "cache/no-such-population", kind="nnsight")
