import json
import os
import subprocess
import sys

import pytest
import torch
from hub_server import COMMIT, REPO, HubServer, serving
from model_helpers import ASYM, FIXTURES, expected, relative_error

from culture_core.artifacts import sha256_file
from culture_core.errors import CultureError
from culture_core.models.checkpoints import read_checkpoint
from culture_core.models.hub import download_published

PUBLISHED = {path.name: path.read_bytes() for path in ASYM.iterdir() if path.suffix == ".pth"}
FILES = {**PUBLISHED, "README.md": b"# models", "config.json": b"{}"}


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "hub"


def download(server, cache, repo=None):
    return download_published(repo, endpoint=server.url, cache_dir=cache)


def failure(server, cache, repo=None) -> str:
    with pytest.raises(CultureError) as caught:
        download(server, cache, repo)
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 400
    return message


def test_models_and_quizzes_are_fetched_at_one_commit(cache):
    with serving(HubServer(FILES)) as server:
        got = download(server, cache)
    assert sorted(got.files) == sorted(PUBLISHED)
    assert all(path.read_bytes() == PUBLISHED[name] for name, path in got.files.items())
    assert got.facts() == {"hub_repo": REPO, "hub_commit": COMMIT}
    assert all(f"/resolve/{COMMIT}/" in path for path in server.downloads())
    assert len(server.downloads()) == len(PUBLISHED)


def test_files_once_fetched_are_not_fetched_again(cache):
    with serving(HubServer(FILES)) as server:
        download(server, cache)
        n_first = len(server.downloads())
        download(server, cache)
        assert len(server.downloads()) == n_first


def test_models_in_a_folder_of_the_repository_are_found(cache):
    with serving(HubServer({f"results/{name}": data for name, data in PUBLISHED.items()})) as server:
        got = download(server, cache)
    assert read_checkpoint(got.files["gpt_002.pth"]).accuracy == 0.92


def test_models_of_two_folders_are_not_mixed(cache):
    names = ["a/gpt_000.pth", "a/gpt_001.pth", "b/gpt_000.pth", "b/gpt_002.pth", "c/c_quizzes.pth"]
    files = {name: PUBLISHED["gpt_002.pth" if "gpt" in name else "c_quizzes.pth"] for name in names}
    with serving(HubServer(files)) as server:
        assert sorted(download(server, cache).files) == ["c_quizzes.pth", "gpt_000.pth", "gpt_001.pth"]


def test_a_dropped_connection_is_resumed_where_it_broke(cache, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 1000)
    with serving(HubServer(FILES, drop_once={"gpt_001.pth"})) as server:
        got = download(server, cache)
    assert got.files["gpt_001.pth"].read_bytes() == PUBLISHED["gpt_001.pth"]
    half = len(PUBLISHED["gpt_001.pth"]) // 2
    assert f"bytes={half - half % 1000}-" in [asked for _, _, asked in server.requests]


def test_a_file_damaged_in_the_cache_is_fetched_anew(cache):
    with serving(HubServer(FILES)) as server:
        path = download(server, cache).files["gpt_000.pth"]
        path.resolve().write_bytes(b"short")
        assert download(server, cache).files["gpt_000.pth"].read_bytes() == PUBLISHED["gpt_000.pth"]


def test_a_file_of_another_size_than_listed_is_refused(cache):
    true_size = len(PUBLISHED["gpt_003.pth"])
    cut = {**FILES, "gpt_003.pth": PUBLISHED["gpt_003.pth"][:1000]}
    with serving(HubServer(cut, listed_sizes={"gpt_003.pth": true_size})) as server:
        message = failure(server, cache)
    assert f"gpt_003.pth of {REPO} has 1000 bytes here but {true_size} on the Hub" in message


def test_a_listed_file_that_is_missing_is_one_line(cache):
    with serving(HubServer(FILES, listed_only=("gpt_005.pth",))) as server:
        assert "a file that it lists is missing" in failure(server, cache)


def test_an_unknown_repository_is_one_line(cache):
    with serving(HubServer(FILES)) as server:
        assert "no such public repository" in failure(server, cache, "someone/else")
        assert "no such public repository" in failure(server, cache, "not a name")


def test_a_revision_can_be_named_and_must_be_there(cache):
    with serving(HubServer(FILES)) as server:
        assert download(server, cache, f"{REPO}@main").commit == COMMIT
        assert "no such revision" in failure(server, cache, f"{REPO}@v9")


def test_a_repository_without_models_is_one_line(cache):
    with serving(HubServer({"README.md": b"# nothing here"})) as server:
        assert "holds no gpt_NNN.pth files" in failure(server, cache)


def test_a_server_that_is_down_is_one_line(cache):
    with serving(HubServer(FILES)) as server:
        pass
    assert "give a folder of these files as the source" in failure(server, cache)


CONVERT = """
import json, sys
from culture_core.errors import CultureError
from culture_core.models.convert import convert
try:
    convert("hub", sys.argv[1])
except CultureError as error:
    print(error)
    sys.exit(2)
"""


def convert_from_hub(tmp_path, **environment):
    command = [sys.executable, "-c", CONVERT, str(tmp_path / "out")]
    here = {**os.environ, "HF_HOME": str(tmp_path / "home"), "PYTHONPATH": str(FIXTURES.parents[1])}
    here.pop("HF_HUB_OFFLINE", None)
    return subprocess.run(command, env={**here, **environment}, capture_output=True, text=True)


def test_converting_from_the_hub_of_hf_endpoint_gives_the_population(tmp_path):
    with serving(HubServer(FILES)) as server:
        done = convert_from_hub(tmp_path, HF_ENDPOINT=server.url)
    assert done.returncode == 0, done.stderr
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["source"]["name"] == "hub"
    assert (manifest["source"]["hub_repo"], manifest["source"]["hub_commit"]) == (REPO, COMMIT)
    assert manifest["source"]["files"]["gpt_002.pth"] == sha256_file(ASYM / "gpt_002.pth")
    assert manifest["culture_quizzes"] == [135, 15]
    from culture_core import load_culture

    truth = expected(ASYM, 4)
    with torch.inference_mode():
        assert relative_error(load_culture(4, tmp_path / "out")[0](truth.tokens), truth.logits) < 1e-4


def test_converting_offline_says_what_to_do_and_leaves_nothing(tmp_path):
    done = convert_from_hub(tmp_path, HF_HUB_OFFLINE="1", HF_ENDPOINT="http://127.0.0.1:9")
    assert done.returncode == 2, done.stderr
    assert "give a folder of these files as the source" in done.stdout
    assert done.stdout.count("\n") == 1
    assert not (tmp_path / "out").exists()
