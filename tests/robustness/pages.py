"""The dashboard's pages and the names its links may hold, read from its own source, and hostile values."""

import ast
import random
from pathlib import Path

DASHBOARD = Path(__file__).parents[2] / "dashboard"
WRITERS = ("write", "link")
READERS = ("read", "read_number", "read_choice", "bound")
HOSTILE = (
    *("", "-1", "0", "1", "2", "999999", "1e9", "NaN", "inf", "0x10", "00", " 1", "1 ", "+1", "1_000"),
    *(
        "٣",
        "²",
        "\x00",
        "a\nb",
        "é" * 50,
        "😀",
        "\u202e",
        "any",
        "untrained",
        "0-137",
        "0-404",
        "999-9",
        "0-0-0",
    ),
    *("../..", "../../etc/passwd", "/etc/passwd", "..\\..\\x", "%2e%2e%2f", "file:///etc/passwd"),
    *("<script>alert(1)</script>", "![x](https://evil.example/x)", "`rm -rf ~`", "{{7*7}}", "${HOME}"),
    *("' OR 1=1 --", '"; DROP TABLE notes; --', "__class__", "None", "true", "[]", "{}", '{"a":1}', "%s%n"),
    *("A,f_A,B,f_B", "blocks.2.hook_resid_post", "world-1M", "AAAA====", "-" * 300, "9" * 400, "🂡" * 500),
    *("A" * 10_000, "0," * 5_000),
)


def page_names() -> list[str]:
    """Names of the page scripts."""
    return sorted(path.stem for path in (DASHBOARD / "views").glob("*.py"))


def parameter_names() -> list[str]:
    """Names of every query parameter that is read or written anywhere in the dashboard."""
    calls = [
        node
        for path in DASHBOARD.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
    ]
    named = {
        call.args[0].value
        for call in calls
        if _name(call) in READERS and call.args and isinstance(call.args[0], ast.Constant)
    }
    written = {keyword.arg for call in calls if _name(call) in WRITERS for keyword in call.keywords}
    return sorted(name for name in named | written if isinstance(name, str))


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def hostile_link(seed: int, pages: list[str], parameters: list[str]) -> tuple[str, dict[str, str]]:
    """A page and one to four query parameters with values nobody asked for."""
    draw = random.Random(seed)
    names = draw.sample(parameters, draw.randint(1, min(4, len(parameters))))
    return pages[seed % len(pages)], {name: draw.choice(HOSTILE) for name in names}
