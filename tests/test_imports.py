import subprocess
import sys

HEAVY = (
    "transformer_lens",
    "sae_lens",
    "datasets",
    "transformers",
    "huggingface_hub",
    "pandas",
    "streamlit",
    "plotly",
)
MODULES = (
    "culture_core",
    "culture_core.models.mygpt",
    "culture_core.world.quizzes",
    "culture_core.evaluation.accuracy",
)


def test_core_and_training_modules_import_with_torch_and_numpy_only():
    code = f"import sys; import {', '.join(MODULES)}; print([m for m in {HEAVY} if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_core_knows_nothing_of_the_dashboard():
    code = (
        "import sys, pkgutil, importlib, culture_core\n"
        "for module in pkgutil.walk_packages(culture_core.__path__, 'culture_core.'):\n"
        "    if not module.name.startswith(('culture_core.figures', 'culture_core.__main__')):\n"
        "        importlib.import_module(module.name)\n"
        "print([m for m in ('streamlit', 'plotly') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
