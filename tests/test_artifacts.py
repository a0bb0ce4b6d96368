import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock, Timeout

from culture_core import artifacts
from culture_core.errors import CultureError


def test_atomic_file_leaves_the_old_file_when_the_writer_fails(tmp_path):
    path = tmp_path / "report.json"
    artifacts.write_json(path, {"whole": True})
    with pytest.raises(RuntimeError), artifacts.atomic_file(path) as partial:
        partial.write_text('{"whole"')
        raise RuntimeError
    assert json.loads(path.read_text()) == {"whole": True}
    assert [item.name for item in tmp_path.iterdir()] == ["report.json"]


def test_atomic_folder_replaces_the_old_folder_only_when_whole(tmp_path):
    folder = tmp_path / "index"
    with artifacts.atomic_folder(folder) as partial:
        (partial / "first").touch()
    with pytest.raises(RuntimeError), artifacts.atomic_folder(folder) as partial:
        (partial / "broken").touch()
        raise RuntimeError
    assert [item.name for item in folder.iterdir()] == ["first"]
    with artifacts.atomic_folder(folder) as partial:
        (partial / "second").touch()
    assert [item.name for item in folder.iterdir()] == ["second"]
    assert [item.name for item in tmp_path.iterdir()] == ["index"]


def test_read_json_names_the_file_and_the_reason(tmp_path):
    with pytest.raises(CultureError, match="does not exist"):
        artifacts.read_json(tmp_path / "none.json")
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(CultureError, match=r"bad\.json cannot be read as JSON"):
        artifacts.read_json(tmp_path / "bad.json")


def test_read_arrays_refuses_a_truncated_file_with_the_remedy(tmp_path):
    path = tmp_path / "index.npz"
    artifacts.write_arrays(path, {"x": np.arange(1000)})
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(CultureError, match="run `culture index`"):
        artifacts.read_arrays(path, "run `culture index`")


def test_populations_lists_only_folders_with_a_manifest(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "manifest.json").write_text("{}")
    (tmp_path / "other").mkdir()
    assert [population.name for population in artifacts.populations(tmp_path)] == ["real"]


HOLDER = (
    "import sys, time\n"
    "from pathlib import Path\n"
    "from culture_core.artifacts import alone\n"
    "with alone(Path(sys.argv[1])):\n"
    "    print('held', flush=True)\n"
    "    time.sleep(3600)\n"
)


def test_the_lock_of_a_killed_process_is_free_and_that_of_a_living_one_is_not(tmp_path):
    path = tmp_path / "index"
    command = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        lock = FileLock(tmp_path / ".index.lock.partial")
        with pytest.raises(Timeout):
            lock.acquire(blocking=False)
        process.kill()
    with artifacts.alone(path):
        path.touch()


def test_an_interrupt_between_the_renames_brings_the_old_folder_back(tmp_path, monkeypatch):
    folder = tmp_path / "index"
    folder.mkdir()
    (folder / "old").touch()
    rename = Path.rename

    def interrupted(path, target):
        if (
            path.name.endswith(".partial")
            and Path(target) == folder
            and not path.name.endswith("old.partial")
        ):
            raise KeyboardInterrupt
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt), artifacts.atomic_folder(folder) as partial:
        (partial / "new").touch()
    assert [item.name for item in folder.iterdir()] == ["old"]
    assert [item.name for item in tmp_path.iterdir()] == ["index"]
