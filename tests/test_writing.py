"""Files and folders that appear whole or not at all, wherever they lie."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from filelock import FileLock, Timeout
from safetensors.torch import save_file

from culture_core import artifacts
from culture_core.errors import CultureError
from culture_core.writing import alone, atomic_file, atomic_folder


def test_atomic_file_leaves_the_old_file_when_the_writer_fails(tmp_path):
    path = tmp_path / "report.json"
    artifacts.write_json(path, {"whole": True})
    with pytest.raises(RuntimeError), atomic_file(path) as partial:
        partial.write_text('{"whole"')
        raise RuntimeError
    assert json.loads(path.read_text()) == {"whole": True}
    assert [item.name for item in tmp_path.iterdir()] == ["report.json"]


def test_atomic_folder_replaces_the_old_folder_only_when_whole(tmp_path):
    folder = tmp_path / "index"
    with atomic_folder(folder) as partial:
        (partial / "first").touch()
    with pytest.raises(RuntimeError), atomic_folder(folder) as partial:
        (partial / "broken").touch()
        raise RuntimeError
    assert [item.name for item in folder.iterdir()] == ["first"]
    with atomic_folder(folder) as partial:
        (partial / "second").touch()
    assert [item.name for item in folder.iterdir()] == ["second"]
    assert [item.name for item in tmp_path.iterdir()] == ["index"]


HOLDER = (
    "import sys, time\n"
    "from pathlib import Path\n"
    "from culture_core.writing import alone\n"
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
    with alone(path):
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
    with pytest.raises(KeyboardInterrupt), atomic_folder(folder) as partial:
        (partial / "new").touch()
    assert [item.name for item in folder.iterdir()] == ["old"]
    assert [item.name for item in tmp_path.iterdir()] == ["index"]


def names(folder: Path) -> list[str]:
    return sorted(item.name for item in folder.iterdir())


def write_two(folder: Path) -> None:
    with atomic_folder(folder) as partial:
        (partial / "manifest.json").write_text("new")
        (partial / "inner").mkdir()
        (partial / "inner" / "x").touch()


def test_a_folder_behind_a_link_is_written_where_the_link_points(tmp_path):
    (tmp_path / "disk" / "index").mkdir(parents=True)
    (tmp_path / "disk" / "index" / "old").touch()
    link = tmp_path / "index"
    link.symlink_to(tmp_path / "disk" / "index")
    write_two(link)
    assert link.is_symlink()
    assert names(tmp_path / "disk" / "index") == ["inner", "manifest.json"]
    assert names(tmp_path / "disk") == ["index"]


def test_a_link_whose_target_is_not_there_yet_is_followed(tmp_path):
    for name in ("index", "report.json"):
        (tmp_path / name).symlink_to(tmp_path / "disk" / name)
    write_two(tmp_path / "index")
    artifacts.write_json(tmp_path / "report.json", {})
    assert names(tmp_path / "disk") == ["index", "report.json"]
    assert (tmp_path / "index").is_symlink()
    assert (tmp_path / "report.json").is_symlink()


IN_A_MOUNT = """
import sys
from pathlib import Path
from culture_core.writing import atomic_file, atomic_folder
folder, file = Path(sys.argv[1]), Path(sys.argv[2])
with atomic_folder(folder) as partial:
    (partial / "manifest.json").write_text("new")
with atomic_file(file) as partial:
    partial.write_text("new")
try:
    with atomic_folder(folder) as partial:
        (partial / "broken").touch()
        raise RuntimeError
except RuntimeError:
    pass
print(*sorted(item.name for item in folder.iterdir()), file.read_text())
"""


@pytest.mark.parametrize("kind", ["--bind {disk}", "-t tmpfs none"])
def test_mounted_folders_and_files_are_written_inside(tmp_path, kind):
    if subprocess.run(["unshare", "-rm", "true"], capture_output=True).returncode != 0:
        pytest.skip("this machine lets no user mount anything")
    disk, folder, file = tmp_path / "disk", tmp_path / "index", tmp_path / "report.json"
    for place in (disk, folder):
        place.mkdir()
    (tmp_path / "mounted").touch()
    file.touch()
    mounts = f"mount {kind.format(disk=disk)} {folder} && mount --bind {tmp_path / 'mounted'} {file}"
    command = f"{mounts} && touch {folder}/old && exec {sys.executable} -c '{IN_A_MOUNT}' {folder} {file}"
    run = subprocess.run(["unshare", "-rm", "sh", "-c", command], capture_output=True, text=True)
    assert run.stderr == ""
    assert run.stdout == "manifest.json new\n"
    assert names(tmp_path) == ["disk", "index", "mounted", "report.json"]


def test_an_interrupt_while_a_fixed_folder_changes_brings_the_old_content_back(tmp_path, monkeypatch):
    folder, move, moved = tmp_path / "index", shutil.move, []
    folder.mkdir()
    for name in ("old_1", "old_2"):
        (folder / name).touch()
    monkeypatch.setattr(os.path, "ismount", lambda path: Path(path) == folder)

    def interrupted(source, target):
        moved.append(Path(target).name)
        if moved.count("manifest.json") == 1 and moved[-1] == "manifest.json":
            raise KeyboardInterrupt
        return move(source, target)

    monkeypatch.setattr(shutil, "move", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_two(folder)
    assert names(folder) == ["old_1", "old_2"]


def test_a_file_where_a_folder_belongs_is_refused_before_the_work_and_stays(tmp_path):
    (tmp_path / "index").write_text("mine")
    with pytest.raises(CultureError, match="is a file"), atomic_folder(tmp_path / "index"):
        raise AssertionError("the work must not begin")
    assert (tmp_path / "index").read_text() == "mine"


def test_files_are_as_readable_as_any_other_of_the_user(tmp_path):
    (tmp_path / "other").touch()
    with atomic_folder(tmp_path / "population") as partial:
        save_file({"x": torch.zeros(3)}, partial / "weights")
    with atomic_file(tmp_path / "weights") as partial:
        save_file({"x": torch.zeros(3)}, partial)
    modes = {(tmp_path / name).stat().st_mode for name in ("other", "weights", "population/weights")}
    assert len(modes) == 1


FULL = """
import resource, sys
from pathlib import Path
import numpy as np
import torch
from safetensors.torch import save_file
from culture_core.errors import CultureError
from culture_core.writing import atomic_file
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
big = torch.zeros(100_000)
writers = {
    "text": lambda path: path.write_text("x" * 10_000),
    "numpy": lambda path: np.savez(path.open("wb"), x=big.numpy()),
    "torch": lambda path: torch.save(big, path),
    "safetensors": lambda path: save_file({"x": big}, path),
}
for name, write in writers.items():
    try:
        with atomic_file(Path(sys.argv[1]) / name) as partial:
            write(partial)
    except CultureError as error:
        print(name, "cannot be written" in str(error), len(str(error).splitlines()))
print(*Path(sys.argv[1]).iterdir())
"""


def test_a_disk_without_room_is_told_in_one_line_whatever_writes(tmp_path):
    run = subprocess.run([sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True)
    assert run.stderr == ""
    lines = [f"{name} True 1" for name in ("text", "numpy", "torch", "safetensors")]
    assert run.stdout.splitlines() == [*lines, ""]
