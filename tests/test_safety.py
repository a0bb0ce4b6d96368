"""Rules every source file must keep."""

import ast
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
SOURCES = sorted(
    path
    for folder in ("culture_core", "dashboard", "benchmarks", "scripts")
    for path in (REPOSITORY / folder).rglob("*.py")
)


def _calls(path: Path) -> list[ast.Call]:
    return [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_torch_load_is_weights_only_and_nothing_unpickles(path):
    for call in _calls(path):
        name = ast.unparse(call.func)
        keywords = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
        if name == "torch.load":
            assert keywords.get("weights_only") == "True", f"{path}:{call.lineno}"
        assert keywords.get("allow_pickle", "False") == "False", f"{path}:{call.lineno}"
        assert not name.startswith(("pickle.", "joblib.")), f"{path}:{call.lineno}"
