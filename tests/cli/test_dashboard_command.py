"""`culture dashboard` starts the installed pages, on this machine alone unless told otherwise."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from culture_core.cli.main import main

START_SECONDS = 120
LISTENS = "0A"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_healthy(address: str, process: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2):
                return
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.1)
    pytest.fail(f"the dashboard did not start:\n{log.read_text()}")


def listening_addresses(port: int) -> set[str]:
    """The local addresses that listen on a port, as the kernel writes them."""
    tables = [Path(f"/proc/net/{name}").read_text().splitlines()[1:] for name in ("tcp", "tcp6")]
    sockets = [line.split()[1:4:2] for table in tables for line in table]
    return {
        local.split(":")[0] for local, state in sockets if local.endswith(f":{port:04X}") and state == LISTENS
    }


def test_it_serves_the_pages_on_the_loopback_interface_from_any_folder(tmp_path):
    port, log = free_port(), tmp_path / "log.txt"
    (tmp_path / "cache").mkdir()
    command = [sys.executable, "-m", "culture_core", "dashboard", "--headless", "--port", str(port)]
    with log.open("wb") as output:
        process = subprocess.Popen([*command, "--cache", "cache"], cwd=tmp_path, stdout=output, stderr=output)
    try:
        wait_until_healthy(f"http://127.0.0.1:{port}", process, log)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as page:
            assert b"<div id=" in page.read()
        assert listening_addresses(port) == {"0100007F"}
    finally:
        process.terminate()
        process.wait(timeout=30)
    assert "Traceback" not in log.read_text()


def test_a_cache_that_is_not_there_is_told_in_one_line(tmp_path, capsys):
    assert main(["dashboard", "--cache", str(tmp_path / "none")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("port", ["0", "65536", "8501.5", "port", "1" * 30])
def test_a_port_that_cannot_be_is_refused(port, capsys):
    with pytest.raises(SystemExit):
        main(["dashboard", "--port", port])
    assert "is not a port from 1 to 65535" in capsys.readouterr().err


def test_without_streamlit_it_says_what_to_install():
    code = (
        "import importlib.util as util, sys\n"
        "find = util.find_spec\n"
        "util.find_spec = lambda name, *more: None if name == 'streamlit' else find(name, *more)\n"
        "from culture_core.cli.main import main\n"
        "sys.exit(main(['dashboard']))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=os.environ)
    assert run.returncode == 2
    assert run.stderr.startswith("culture: error: the dashboard needs Streamlit; run `pip install")
    assert run.stderr.count("\n") == 1
