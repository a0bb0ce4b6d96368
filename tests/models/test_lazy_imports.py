import os
import subprocess
import sys

from model_helpers import FIXTURES

import culture_core

HEAVY = ("transformer_lens", "sae_lens", "datasets", "transformers", "huggingface_hub", "pandas")

TRAIN_WITHOUT = """
import sys
for name in sys.argv[1].split(","):
    sys.modules[name] = None
import torch
import culture_core
from culture_core.models.mygpt import MyGPT, preset
model = MyGPT(preset("17K"))
quizzes = culture_core.load_quizzes(n=2)
loss = torch.nn.functional.cross_entropy(model(quizzes.tokens).transpose(1, 2), quizzes.tokens.long())
loss.backward()
culture_core.generate(model, quizzes)
print("trained")
"""


def test_training_and_generation_need_none_of_the_heavy_packages():
    command = [sys.executable, "-c", TRAIN_WITHOUT, ",".join(HEAVY)]
    environment = {**os.environ, "PYTHONPATH": str(FIXTURES.parents[1])}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.stdout == "trained\n", done.stderr


def test_every_name_of_the_study_is_exported():
    names = (
        "load_culture load_hooked load_quizzes generate run_tests create_tokenizer prep_quiz repr_grid "
        "sinusoidal_positional_encoding"
    )
    for name in names.split():
        assert callable(getattr(culture_core, name)), name
        assert name in dir(culture_core)
    assert not hasattr(culture_core, "no_such_name")
