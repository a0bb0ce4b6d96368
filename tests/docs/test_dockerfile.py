"""The Dockerfile names files that are there, and a command that exists."""

import argparse
import json
import re
from pathlib import Path

import pytest

from culture_core.cli.dashboard import add_arguments, options

REPOSITORY = Path(__file__).parents[2]
LINES = (REPOSITORY / "Dockerfile").read_text().replace("\\\n", " ").splitlines()


def instructions(name: str) -> list[str]:
    return [line.removeprefix(name).strip() for line in LINES if line.startswith(f"{name} ")]


@pytest.mark.parametrize("copied", instructions("COPY"))
def test_what_is_copied_is_there(copied):
    for source in copied.split()[:-1]:
        assert (REPOSITORY / source).exists(), source


def test_its_command_serves_a_group_on_the_port_it_exposes():
    (command,) = map(json.loads, instructions("CMD"))
    assert command[:2] == ["culture", "dashboard"]
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    args = parser.parse_args(command[2:])
    assert args.public
    assert options(args)[:4] == ["--server.port", *instructions("EXPOSE"), "--server.address", "0.0.0.0"]


def test_its_settings_are_settings_of_streamlit():
    from streamlit import config

    known = {template.env_var for template in config._config_options_template.values()}
    named = re.findall(r"(STREAMLIT_\w+)=", " ".join(instructions("ENV")))
    assert named and set(named) <= known
