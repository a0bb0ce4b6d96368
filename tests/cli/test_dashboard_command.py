"""`culture dashboard` starts the installed pages, for this machine alone unless told otherwise."""

import argparse
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from importlib.util import find_spec
from pathlib import Path

import pytest

from culture_core.cli.dashboard import add_arguments, options
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


@pytest.mark.parametrize(
    ("asked", "path", "listens"),
    [([], "", "0100007F"), (["--public", "--base-path", "/culture"], "/culture", "00000000")],
)
def test_it_serves_the_pages_from_any_folder_where_it_is_asked_to(tmp_path, asked, path, listens):
    port, log = free_port(), tmp_path / "log.txt"
    (tmp_path / "cache").mkdir()
    command = [sys.executable, "-m", "culture_core", "dashboard", "--headless", "--port", str(port), *asked]
    address = f"http://127.0.0.1:{port}{path}"
    with log.open("wb") as output:
        process = subprocess.Popen([*command, "--cache", "cache"], cwd=tmp_path, stdout=output, stderr=output)
    try:
        wait_until_healthy(address, process, log)
        with urllib.request.urlopen(f"{address}/") as page:
            assert b"<div id=" in page.read()
            assert page.headers["X-Content-Type-Options"] == "nosniff"
            assert page.headers["Referrer-Policy"] == "same-origin"
        assert listening_addresses(port) == {listens}
    finally:
        process.terminate()
        process.wait(timeout=30)
    assert "Traceback" not in log.read_text()


SETTINGS = {
    "server.address": "127.0.0.1",
    "server.enableXsrfProtection": True,
    "server.enableCORS": True,
    "browser.gatherUsageStats": False,
    "client.showErrorDetails": "none",
}


def test_the_settings_hold_for_streamlit_run_from_any_folder_and_against_those_of_the_user(tmp_path):
    (tmp_path / ".streamlit").mkdir()
    (tmp_path / ".streamlit" / "config.toml").write_text(
        '[server]\naddress = "0.0.0.0"\n[browser]\ngatherUsageStats = true\n'
    )
    code = (
        "import json, sys\n"
        "from streamlit import config\n"
        "config._main_script_path = sys.argv[1]\n"  # as `streamlit run` sets it
        "print(json.dumps({name: config.get_option(name) for name in sys.argv[2:]}))"
    )
    home = Path(find_spec("dashboard").origin).parent / "Home.py"
    run = subprocess.run(
        [sys.executable, "-c", code, str(home), *SETTINGS],
        cwd=tmp_path,
        env=os.environ | {"HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(run.stdout) == SETTINGS


def chosen(*arguments: str) -> list[str]:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return options(parser.parse_args(arguments))


def test_a_server_is_open_to_others_only_when_it_is_asked_to_be():
    assert chosen() == ["--server.port", "8501", "--server.address", "127.0.0.1"]
    assert "0.0.0.0" in chosen("--public")
    assert "127.0.0.1" in chosen("--public", "--address", "127.0.0.1")
    assert chosen("--public")[-2:] == ["--server.headless", "true"]


def test_slashes_around_a_base_path_do_not_matter():
    assert chosen("--base-path", "/a/b/")[-2:] == chosen("--base-path", "a/b")[-2:]
    assert "--server.baseUrlPath" not in chosen("--base-path", "/")


@pytest.mark.parametrize("path", ["a b", "/x/<y>", "?x", "a//b"])
def test_a_base_path_that_cannot_be_is_refused(path, capsys):
    with pytest.raises(SystemExit):
        chosen("--base-path", path)
    assert "is not a path such as /culture" in capsys.readouterr().err


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
