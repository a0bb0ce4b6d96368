"""The log of one GPT in training: JSON lines, one per minute of training and one per test."""

import json
from pathlib import Path
from typing import Any

from culture_core.writing import atomic_file


def append(path: Path, record: dict[str, Any]) -> None:
    """Add one line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write(json.dumps(record) + "\n")


def read(path: Path) -> list[dict[str, Any]]:
    """All whole lines, in order; none when no log exists yet."""
    if not path.exists():
        return []
    records = []
    for line in path.read_text().splitlines():
        try:
            records.append(json.loads(line))
        except ValueError:  # the line a killed process was writing
            continue
    return records


def forget_after(path: Path, quizzes: int) -> None:
    """Drop what a killed process logged beyond its last checkpoint, which is at `quizzes` quizzes."""
    if not path.exists():
        return
    kept = "".join(json.dumps(record) + "\n" for record in read(path) if record["quizzes"] <= quizzes)
    if kept != path.read_text():
        with atomic_file(path) as partial:
            partial.write_text(kept)
