"""Where a command may write: checked before the work, so that neither user files nor results are lost."""

import os
from collections.abc import Callable
from pathlib import Path

from culture_core.errors import CultureError

IsOurs = Callable[[Path], bool]


def real(path: Path | str) -> Path:
    """The path behind symbolic links, so that files are written where they point."""
    path = Path(path)
    return path.resolve() if path.is_symlink() else path


def check_writable(path: Path | str) -> None:
    """Errors: CultureError when nothing can be written to this path, which need not be there yet."""
    path = real(path)
    there = next(folder for folder in (path, *path.absolute().parents) if _exists(folder))
    if there != path and not there.is_dir():
        raise CultureError(f"{path} cannot be written: {there} is a file, not a folder")
    folders = [there] if there != path else [path.absolute().parent, *([path] if path.is_dir() else [])]
    if not any(os.access(folder, os.W_OK | os.X_OK) for folder in folders):
        raise CultureError(f"{path} cannot be written: this user may not write in {folders[-1]}")


def check_file(path: Path | str, is_ours: IsOurs, what: str) -> None:
    """Refuse to replace a file that is not one of ours. what: one of ours, in words, as in "a quiz file".

    Errors: CultureError when there is a folder or another file, or nothing can be written there.
    """
    path = Path(path)
    if path.is_dir():
        raise CultureError(f"{path} is a folder; name a file")
    check_writable(path)
    if path.exists() and not (path.is_file() and (path.stat().st_size == 0 or is_ours(path))):
        raise CultureError(f"{path} is not {what}, so it is not replaced; name another file")


def check_new_file(path: Path | str) -> None:
    """Errors: CultureError when there is anything at this path already, or nothing can be written there."""
    check_writable(path)
    if os.path.lexists(path):
        raise CultureError(f"{path} exists already; name another place, or move it away")


def check_folder(path: Path | str, is_ours: IsOurs, what: str) -> None:
    """Refuse to replace a folder that is not one of ours; an empty one may be filled.

    Errors: CultureError when there is a file or another folder, or nothing can be written there.
    """
    path = Path(path)
    if path.exists() and not path.is_dir():
        raise CultureError(f"{path} is a file; name a folder")
    check_writable(path)
    if not is_empty(path) and not is_ours(path):
        raise CultureError(f"{path} is not {what}, so it is not replaced; name another folder")


def is_empty(path: Path) -> bool:
    """Whether there is nothing at this path, or a folder without content."""
    return not path.exists() or (path.is_dir() and not any(path.iterdir()))


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a folder on the way that may not be entered, or a name that is too long
        return False
