"""Which TransformerLens class load_hooked gives, and what it says where the class is not installed."""

import os
import subprocess
import sys
from importlib.metadata import version

import pytest
import torch
import transformer_lens
from model_helpers import ASYM, FIXTURES, expected
from transformer_lens.model_bridge import TransformerBridge

from culture_core import load_culture, load_hooked
from culture_core.errors import CultureError
from culture_core.evaluation.accuracy import conversion_error
from culture_core.features.quiz_reading import logits_and_state
from culture_core.models.hooked_bridge import to_bridge
from culture_core.models.hooked_kinds import hooked_class, to_installed_kind
from culture_core.saes.hooks import activations_at

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


def test_what_only_reads_a_conversion_takes_the_kind_that_is_installed(monkeypatch):
    (gpt,), tokens = load_culture(0, ASYM), expected(ASYM, 0).tokens[:1]
    has_both = version("transformer_lens") < "4"
    assert type(to_installed_kind(gpt)).__name__ == ("HookedTransformer" if has_both else "TransformerBridge")
    monkeypatch.delitem(vars(transformer_lens), "HookedTransformer", raising=False)
    assert type(to_installed_kind(gpt)) is TransformerBridge
    assert 0 < conversion_error(gpt, tokens) < 1e-4
    hook = "blocks.1.ln2.hook_scale"
    assert torch.allclose(
        logits_and_state(gpt, hook, tokens)[1], activations_at(to_bridge(gpt), hook, tokens)
    )


def test_no_transformerlens_at_all_is_refused_with_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "transformer_lens.model_bridge", None)
    with pytest.raises(CultureError, match=r"pip install 'culture-core\[bridge\]'"):
        hooked_class("bridge", sae=False)


def test_an_unknown_kind_is_refused_before_any_model_is_read():
    with pytest.raises(CultureError, match=r'"hooked" or "bridge", not \'nnsight\''):
        load_hooked(0, "cache/no-such-population", kind="nnsight")
