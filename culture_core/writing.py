"""Atomic writing of files and folders: completely or not at all.

Everything is written aside first (`*.partial`) and renamed when whole, so that a command that is stopped
leaves no half artifact and the old one stays.
"""

import errno
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from culture_core.errors import CultureError
from culture_core.places import check_writable, real

# what the disk, and not the program, is to blame for
_OF_THE_DISK = {
    getattr(errno, name)
    for name in ("ENOSPC", "EDQUOT", "EROFS", "EACCES", "EPERM", "EIO", "EFBIG", "ENAMETOOLONG", "ENOTDIR")
    if hasattr(errno, name)
}
# safetensors and torch tell the same in words of their own
_FULL = re.compile(r"\(?os error (\d+)|code: (\d+), kind|PytorchStreamWriter|unexpected pos", re.IGNORECASE)
# a folder that cannot be renamed: a mount point, or one in a folder that may not be changed
_FIXED = {errno.EBUSY, errno.EXDEV, errno.EACCES, errno.EPERM, errno.EROFS}

# it can only be read by being set
_UMASK = os.umask(0)
os.umask(_UMASK)


@contextmanager
def atomic_file(path: Path | str) -> Iterator[Path]:
    """Yield a temporary path next to `path`; rename it to `path` when the block ends without an error.

    Behind a symbolic link, its target is written. Errors: CultureError when the disk is full or read-only.
    """
    path = real(path)
    with told(path):
        check_writable(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(_aside(path, "partial"))
        try:
            yield partial
            _share(partial)
            _put(partial, path)
        finally:
            partial.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: Path | str) -> Iterator[Path]:
    """Yield a new temporary folder next to `path`; it replaces `path` when the block ends without
    an error.

    Behind a symbolic link, its target is replaced; of a mount point, or a folder that may not be renamed, the
    content. Errors: CultureError when the disk is full or read-only, or `path` is a file.
    """
    path = real(path)
    if path.exists() and not path.is_dir():
        raise CultureError(f"{path} is a file where a folder is to be written; move it away")
    with told(path):
        check_writable(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = _beside_or_inside(path) / _aside(path, "partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        try:
            yield partial
            _share(*partial.rglob("*"))
            if path.exists():
                _replace(path, partial)
            else:
                partial.rename(path)
        finally:
            shutil.rmtree(partial, ignore_errors=True)


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Tell in one line of a disk on which the block cannot write `path`."""
    try:
        yield
    except CultureError:
        raise
    except Exception as error:
        if reason := of_the_disk(error):
            raise CultureError(f"{path} cannot be written: {reason}") from error
        raise


def _share(*paths: Path) -> None:
    """Let others read files as this user's other files; safetensors keeps its own from them."""
    for path in paths:
        if path.is_file() and not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o666 & ~_UMASK))


def _put(partial: Path, path: Path) -> None:
    try:
        partial.replace(path)
    except OSError as error:
        if error.errno not in _FIXED or not path.is_file():
            raise
        shutil.copyfile(partial, path)  # a mounted file


def of_the_disk(error: Exception) -> str:
    """What is wrong with the disk; empty when something else is wrong."""
    if isinstance(error, OSError) and error.errno is not None:
        return os.strerror(error.errno) if error.errno in _OF_THE_DISK else ""
    found = _FULL.search(str(error))
    if found is None:
        return ""
    code = found[1] or found[2]
    return os.strerror(int(code)) if code else "the disk is full"


def _aside(path: Path, suffix: str) -> str:
    return f".{path.name[:100]}.{os.getpid()}.{suffix}"


def _beside_or_inside(path: Path) -> Path:
    """The folder in which a new version of the folder `path` is made."""
    stays = path.exists() and (os.path.ismount(path) or not os.access(path.parent, os.W_OK | os.X_OK))
    return path if stays else path.parent


def _replace(path: Path, new: Path) -> None:
    """Put the folder `new` in the place of `path`; the old one is back when that is interrupted."""
    if new.parent == path:
        _replace_content(path, new)
        return
    old = path.with_name(_aside(path, "old.partial"))
    try:
        path.rename(old)
        new.rename(path)
    except OSError as error:
        if path.exists() and error.errno in _FIXED:
            _replace_content(path, new)
            return
        _bring_back(old, path)
        raise
    except BaseException:
        _bring_back(old, path)
        raise
    shutil.rmtree(old)


def _bring_back(old: Path, path: Path) -> None:
    if not path.exists():
        old.rename(path)


def _replace_content(path: Path, new: Path) -> None:
    """Move the content of `new` into the folder `path`, instead of what is there."""
    old = path / _aside(path, "old.partial")
    old.mkdir()
    try:
        _move_all(path, old, but=(old, new))
        try:
            _move_all(new, path)
        except BaseException:
            _move_all(path, new, but=(old, new))
            raise
    except BaseException:
        _move_all(old, path)
        old.rmdir()
        raise
    shutil.rmtree(old)


def _move_all(source: Path, target: Path, but: tuple[Path, ...] = ()) -> None:
    for item in sorted(source.iterdir()):
        if item not in but:
            shutil.move(item, target / item.name)


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Wait until no other process or thread is making `path`, and keep the others waiting in the block; the
    lock of a killed process is free.

    Errors: CultureError where nothing can be written.
    """
    lock = path.with_name(f".{path.name}.lock.partial")
    check_writable(lock)
    lock.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(lock):
        yield
