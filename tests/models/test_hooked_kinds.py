"""Which TransformerLens class load_hooked gives, and what it says where the class is not installed."""

import os
import subprocess
import sys

import pytest
import transformer_lens
from model_helpers import ASYM, FIXTURES

from culture_core import load_hooked
from culture_core.errors import CultureError
from culture_core.models.hooked_kinds import hooked_class

WITHOUT_SAELENS = """
import sys
sys.modules["sae_lens"] = None
import culture_core
from culture_core.models.convert import convert
population = convert(sys.argv[1], sys.argv[2])
(bridge,) = culture_core.load_hooked(3, population.root, kind="bridge")
quizzes = culture_core.load_quizzes(n=1)
print(type(bridge).__name__, bridge.id, tuple(culture_core.generate(bridge, quizzes)[1].shape))
"""


def test_a_population_converts_and_loads_as_bridges_without_saelens(tmp_path):
    command = [sys.executable, "-c", WITHOUT_SAELENS, str(ASYM), str(tmp_path / "population")]
    environment = {**os.environ, "PYTHONPATH": str(FIXTURES.parents[1])}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.stdout == "TransformerBridge 3 (1, 404)\n", done.stderr


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
