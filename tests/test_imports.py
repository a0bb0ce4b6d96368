import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import culture_core

REPOSITORY = Path(__file__).parents[1]
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
# docs/reference/architecture.md: a package imports its own, and those of lines above
DIRECTION = (
    ("world",),
    ("models",),
    ("training", "evaluation", "culture"),
    ("answers",),
    ("saes",),
    ("features",),
    ("universality",),
    ("comparison", "circuits"),
    ("figures",),
    ("results",),
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


def test_imports_run_in_one_direction():
    root = Path(culture_core.__file__).parent
    level = {package: number for number, packages in enumerate(DIRECTION) for package in packages}
    backwards = [
        f"{path.relative_to(root)} imports {name}"
        for package in level
        for path in (root / package).rglob("*.py")
        for name in _imported(path)
        if level.get(name.split(".")[1], -1) > level[package]
    ]
    assert backwards == []
    assert "culture_core.world.quizzes" in _imported(root / "training" / "stream.py")


def _imported(path):
    """Modules of culture_core that a file imports, wherever in it."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    modules = [node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module]
    modules += [name.name for node in nodes if isinstance(node, ast.Import) for name in node.names]
    return [module for module in modules if module.startswith("culture_core.")]


def test_the_dashboard_opens_without_the_packages_that_only_building_takes():
    """In a process where those of the extra `sae` cannot be imported, unless others bring them along."""
    extras = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    names = {
        kind: {re.split(r"[>=<\[]", one)[0] for one in of}
        for kind, of in (extras["optional-dependencies"] | {"base": extras["dependencies"]}).items()
    }
    hidden = names["sae"] - names["dashboard"] - names["base"]
    assert {"sae_lens", "transformer_lens"} <= hidden
    modules = {"scikit-learn": "sklearn"}
    code = f"""
import sys
for name in {sorted(modules.get(name, name) for name in hidden)!r}:
    sys.modules[name] = None
import importlib, pathlib
for path in sorted(pathlib.Path("dashboard").rglob("*.py")):
    if path.parts[1] in ("components", "data"):
        importlib.import_module(".".join(path.with_suffix("").parts).removesuffix(".__init__"))
from culture_core import open_population
population = open_population("cache/world-1M")
print(len(population.matches(population.main_hook).models))
"""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, cwd=REPOSITORY, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[-1] == "5"
