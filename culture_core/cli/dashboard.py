"""`culture dashboard`: the pages, in a browser on this machine."""

import argparse
import os
from importlib.util import find_spec
from pathlib import Path

from culture_core.errors import CultureError

DESCRIPTION = "browse the populations in cache/: quizzes, features, matches, the Lab"
EXAMPLES = (
    "dashboard",
    "dashboard --cache /data/culture/cache --port 8600",
    "dashboard --headless",
)
LOOPBACK = "127.0.0.1"
LARGEST_PORT = 65_535
CACHE_VARIABLE = "CULTURE_CACHE"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", default=8501, type=port, help="port to listen on")
    parser.add_argument(
        "--address",
        default=LOOPBACK,
        help="address to listen on; the default accepts connections from this machine only",
    )
    parser.add_argument(
        "--cache",
        type=Path,
        metavar="FOLDER",
        help=f"folder that holds populations (default: ${CACHE_VARIABLE}, or the cache/ of the repository)",
    )
    parser.add_argument("--headless", action="store_true", help="do not open a browser")


def port(text: str) -> int:
    """A port from 1 to 65535."""
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= LARGEST_PORT):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port from 1 to {LARGEST_PORT}")
    return int(text)


def run(args: argparse.Namespace) -> None:
    home = _home()
    if args.cache is not None:
        if not args.cache.is_dir():
            raise CultureError(f"there is no folder {args.cache}; name one that holds populations")
        os.environ[CACHE_VARIABLE] = str(args.cache.absolute())
    from click import Abort
    from streamlit.web import cli

    options = ["--server.port", str(args.port), "--server.address", args.address]
    if args.headless:
        options += ["--server.headless", "true"]
    try:
        cli.main(["run", str(home), *options], prog_name="culture", standalone_mode=False)
    except Abort:
        raise KeyboardInterrupt from None  # click's name for it


def _home() -> Path:
    """The installed dashboard/Home.py."""
    if find_spec("streamlit") is None:
        raise CultureError("the dashboard needs Streamlit; run `pip install 'culture-core[full]'`")
    found = find_spec("dashboard")
    if found is None or found.origin is None:
        raise CultureError("the dashboard is not installed; run `pip install -e .` in the repository")
    return Path(found.origin).parent / "Home.py"
