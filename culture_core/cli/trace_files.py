"""Files that `culture trace` writes, checked before the work."""

from pathlib import Path


def new_picture(text: str) -> Path:
    """A file for the picture, checked before the work."""
    from culture_core.places import check_new_file

    check_new_file(text)
    return Path(text)


def viewer_file(text: str) -> Path:
    """A file for the viewer's form, checked before the work."""
    from culture_core.artifacts import read_json
    from culture_core.circuits.viewer import is_viewer_record
    from culture_core.errors import CultureError
    from culture_core.places import check_file

    def is_ours(path: Path) -> bool:
        try:
            return is_viewer_record(read_json(path))
        except CultureError:
            return False

    check_file(text, is_ours, "a graph that `culture trace` wrote")
    return Path(text)
