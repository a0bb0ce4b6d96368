"""One script out of ES modules: Streamlit takes a component's JavaScript as one text.

Each file keeps a scope of its own and sees of the others only what it imports by name, as in a browser:

    import { element, text } from "../web/dom.js";
    export function swatch(token, style) { ... }
"""

import re
from pathlib import Path

IMPORT = re.compile(r'^import \{([^}]*)\} from "(\.{1,2}/[^"]+)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async function|function|const|class) (\w+))", re.MULTILINE)
COMMENT = re.compile(r"^[ \t]*(?://[^\n]*|/\*\*(?:(?!\*/).)*\*/)\n", re.MULTILINE | re.DOTALL)
NOTHING = re.compile(r"^export \{\};\n", re.MULTILINE)
DEFAULT = "export default "


def bundle(entry: Path) -> str:
    """The text of a module with all that it imports, the imported first, without comments on lines of their
    own.

    entry: exports a function as its default; the others export functions, constants and classes by name.
    Errors: ValueError for modules that import each other, or a name that the other does not export.
    """
    parts: dict[Path, str] = {}
    exported: dict[Path, list[str]] = {}
    _add(entry.resolve(), parts, exported, ())
    return "\n".join(parts.values())


def _add(
    path: Path, parts: dict[Path, str], exported: dict[Path, list[str]], within: tuple[Path, ...]
) -> None:
    """Add a module after all that it imports."""
    if path in within:
        raise ValueError(f"{path.name} and {within[-1].name} import each other")
    if path in parts:
        return
    text = path.read_text(encoding="utf-8")
    for names, source in IMPORT.findall(text):
        other = (path.parent / source).resolve()
        _add(other, parts, exported, (*within, path))
        missing = set(_names(names)) - set(exported[other])
        if missing:
            raise ValueError(f"{path.name} imports {', '.join(sorted(missing))}: {source} has no such export")
    exported[path] = EXPORT.findall(text)
    body = COMMENT.sub("", IMPORT.sub(lambda found: _take(path, found), text))
    body = EXPORT.sub("", NOTHING.sub("", body))
    parts[path] = body if DEFAULT in text else _scope(path, body, exported[path])


def _names(listed: str) -> list[str]:
    return [name.strip() for name in listed.split(",") if name.strip()]


def _take(path: Path, found: re.Match[str]) -> str:
    """An import as a constant of the importing scope."""
    return f"const {{ {', '.join(_names(found[1]))} }} = {_scope_name((path.parent / found[2]).resolve())};\n"


def _scope(path: Path, body: str, names: list[str]) -> str:
    return f"const {_scope_name(path)} = (() => {{\n{body}\nreturn {{ {', '.join(names)} }};\n}})();"


def _scope_name(path: Path) -> str:
    return f"${path.parent.name}_{path.stem}"
