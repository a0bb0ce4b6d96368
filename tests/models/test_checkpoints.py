import pickle
from collections import OrderedDict

import pytest
import torch
from model_helpers import ASYM, FIXTURE_MODELS, tiny_gpt

from culture_core import load_culture
from culture_core.cli.main import main
from culture_core.errors import CultureError
from culture_core.models.checkpoints import (
    load_tensors,
    read_checkpoint,
    read_culture_quizzes,
    write_checkpoint,
    write_culture_quizzes,
)
from culture_core.models.population import read_manifest


def as_fork(key: str) -> str:
    """A public key in the layout of the study's fork, which wraps each part once more."""
    parts = key.split(".")
    depth = 2 if parts[0] == "trunk" else 1
    return ".".join([*parts[:depth], "f", *parts[depth:]])


def published_pair():
    return torch.load(ASYM / "gpt_000.pth", weights_only=True)


def saved(tmp_path, value):
    path = tmp_path / "gpt_000.pth"
    torch.save(value, path)
    return path


def changed(tmp_path, **tensors):
    """The fixture's checkpoint with tensors replaced, or left out when None (dots in keys written __)."""
    state, accuracy = published_pair()
    for key, tensor in tensors.items():
        key = key.replace("__", ".")
        state.pop(key, None)
        if tensor is not None:
            state[key] = tensor
    return saved(tmp_path, (state, accuracy))


class Boom:
    """A pickle that makes a file when loaded with code execution allowed."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


@pytest.mark.parametrize(("folder", "model_k"), FIXTURE_MODELS)
def test_sizes_are_read_off_the_tensors(folder, model_k):
    config = read_checkpoint(folder / f"gpt_{model_k:03d}.pth").config
    sizes = (config.d_model, config.dim_keys, config.dim_hidden, config.n_heads, config.n_blocks)
    assert sizes == ((64, 8, 96, 4, 3) if folder == ASYM else (32, 32, 32, 2, 2))


def test_both_key_layouts_give_the_same_model(tmp_path):
    state, accuracy = published_pair()
    forked = saved(tmp_path, (OrderedDict((as_fork(key), value) for key, value in state.items()), accuracy))
    public, fork = read_checkpoint(ASYM / "gpt_000.pth"), read_checkpoint(forked)
    assert public.config == fork.config
    assert all(torch.equal(public.state[name], fork.state[name]) for name in public.state)


@pytest.mark.parametrize("accuracy", [0.9, torch.tensor(0.9), torch.tensor(0.9, dtype=torch.float64), 1])
def test_accuracy_may_be_a_number_or_a_tensor(tmp_path, accuracy):
    state, _ = published_pair()
    read = read_checkpoint(saved(tmp_path, (state, accuracy))).accuracy
    assert read == pytest.approx(float(accuracy))
    assert type(read) is float


def test_half_precision_weights_are_read_as_float32(tmp_path):
    state, accuracy = published_pair()
    halves = {key: value.half() for key, value in state.items()}
    read = read_checkpoint(saved(tmp_path, (halves, accuracy)))
    assert all(tensor.dtype == torch.float32 for tensor in read.state.values())


def test_writing_what_was_read_gives_the_same_file_contents(tmp_path):
    (model,) = load_culture(3, ASYM)
    write_checkpoint(tmp_path / "gpt_003.pth", model)
    written, accuracy = torch.load(tmp_path / "gpt_003.pth", weights_only=True)
    original, published_accuracy = torch.load(ASYM / "gpt_003.pth", weights_only=True)
    assert list(written) == list(original)
    assert all(torch.equal(written[key], original[key]) for key in original)
    assert torch.equal(accuracy, published_accuracy)


def test_a_written_model_reads_back_the_same(tmp_path):
    model = tiny_gpt(2)
    write_checkpoint(tmp_path / "gpt_002.pth", model)
    again = read_checkpoint(tmp_path / "gpt_002.pth")
    tokens = torch.randint(15, (2, 404))
    with torch.inference_mode():
        assert torch.equal(again.model()(tokens), model(tokens))
    assert again.accuracy == pytest.approx(0.52)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(CultureError, match=r"gpt_009\.pth does not exist"):
        read_checkpoint(tmp_path / "gpt_009.pth")


WRAPPINGS = {
    "compiled": lambda key: f"_orig_mod.{key}",
    "data-parallel": lambda key: f"module.{key}",
    "both": lambda key: f"_orig_mod.module.{key}",
    "both, the other way": lambda key: f"module._orig_mod.{key}",
    "compiled parts": lambda key: key.replace("trunk.0.", "trunk.0._orig_mod."),
}


@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_checkpoints_of_wrapped_models_are_read(tmp_path, wrapping):
    state, accuracy = published_pair()
    wrapped = {WRAPPINGS[wrapping](key): tensor for key, tensor in state.items()}
    assert wrapped.keys() != state.keys()
    ours, plain = read_checkpoint(saved(tmp_path, (wrapped, accuracy))), read_checkpoint(ASYM / "gpt_000.pth")
    assert ours.config == plain.config
    assert all(torch.equal(ours.state[name], tensor) for name, tensor in plain.state.items())


def test_a_tensor_under_two_names_is_refused(tmp_path):
    state, accuracy = published_pair()
    key = next(iter(state))
    path = saved(tmp_path, ({**state, f"module.{key}": state[key] + 1}, accuracy))
    with pytest.raises(CultureError, match="a tensor under two names"):
        read_checkpoint(path)


def test_an_accuracy_that_is_nan_is_unknown_and_told(tmp_path, capsys):
    state, _ = published_pair()
    saved(tmp_path, (state, torch.tensor(float("nan"))))
    assert main(["convert", str(tmp_path), str(tmp_path / "out")]) == 0
    assert "GPT 0: its checkpoint gives no accuracy" in capsys.readouterr().out
    assert read_manifest(tmp_path / "out")["models"][0]["accuracy"] is None


def test_two_files_of_one_gpt_are_refused_by_name(tmp_path):
    saved(tmp_path, published_pair())
    saved(tmp_path, published_pair()).rename(tmp_path / "gpt_0.pth")
    saved(tmp_path, published_pair())
    with pytest.raises(CultureError, match=r"two files of GPT 0, gpt_0\.pth and gpt_000\.pth"):
        load_culture(source=tmp_path)


@pytest.mark.parametrize("size", [0, 1, 100, 5_000, 200_000])
def test_a_truncated_file_is_one_line(tmp_path, size):
    path = tmp_path / "gpt_000.pth"
    path.write_bytes((ASYM / "gpt_000.pth").read_bytes()[:size])
    assert_one_line(path)


def test_random_bytes_are_one_line(tmp_path):
    path = tmp_path / "gpt_000.pth"
    path.write_bytes(torch.randint(256, (4096,), generator=torch.Generator().manual_seed(0)).byte().numpy())
    assert_one_line(path)


def test_a_flipped_byte_does_not_pass_silently_as_another_shape(tmp_path):
    path = tmp_path / "gpt_000.pth"
    data = bytearray((ASYM / "gpt_000.pth").read_bytes())
    data[len(data) - 200] ^= 0xFF
    path.write_bytes(data)
    assert_one_line(path)


@pytest.mark.parametrize("writer", ["torch", "pickle"])
def test_a_pickle_with_code_is_refused_and_not_run(tmp_path, writer):
    trap = tmp_path / "ran"
    path = tmp_path / "gpt_000.pth"
    state, _ = published_pair()
    if writer == "torch":
        torch.save((state, Boom(trap)), path)
    else:
        path.write_bytes(pickle.dumps((Boom(trap), 0.9), protocol=2))
    message = assert_one_line(path)
    assert "run code" in message or writer == "pickle"
    assert not trap.exists()


@pytest.mark.parametrize(
    "value",
    [
        {"a": torch.zeros(1)},
        [1, 2, 3],
        (torch.zeros(3), 0.5),
        ({}, 0.5),
        ({"embedding.0.f.0.weight": 3}, 0.5),
        (published_pair()[0], "good"),
        (published_pair()[0], torch.zeros(3)),
        torch.zeros(3),
    ],
    ids=["dict", "list", "no-dict", "empty", "no-tensor", "word", "many-accuracies", "tensor"],
)
def test_a_file_of_something_else_is_one_line(tmp_path, value):
    assert_one_line(saved(tmp_path, value))


@pytest.mark.parametrize(
    ("tensors", "named"),
    [
        ({"trunk__2__f__1__w_v": None}, "trunk.2.1.w_v"),
        ({"trunk__0__f__1__w_q": torch.zeros(3, 8, 64)}, "not a multiple"),
        ({"readout__f__weight": torch.zeros(15, 63)}, "readout.weight"),
        ({"encoder__weight": torch.zeros(1)}, "encoder.weight"),
        ({"readout__f__bias": torch.full((15,), float("nan"))}, "readout.bias"),
        ({"embedding__0__f__0__weight": torch.zeros(20, 64)}, "20 tokens"),
        ({"readout__f__bias": None}, "readout.bias"),
    ],
)
def test_a_wrong_tensor_is_named(tmp_path, tensors, named):
    assert named in assert_one_line(changed(tmp_path, **tensors))


def assert_one_line(path) -> str:
    with pytest.raises(CultureError) as caught:
        read_checkpoint(path)
    message = str(caught.value)
    assert path.name in message
    assert "\n" not in message
    assert "weights_only" not in message
    return message


def test_culture_quizzes_read_in_the_order_of_the_file():
    train, test = read_culture_quizzes(ASYM / "c_quizzes.pth")
    chunks, _ = torch.load(ASYM / "c_quizzes.pth", weights_only=True)
    assert train.shape == (135, 404)
    assert test.shape == (15, 404)
    assert train.dtype == torch.uint8
    assert torch.equal(train.long(), torch.cat(chunks))


def test_culture_quizzes_survive_writing(tmp_path):
    train, test = read_culture_quizzes(ASYM / "c_quizzes.pth")
    write_culture_quizzes(tmp_path / "c_quizzes.pth", train, test)
    again = read_culture_quizzes(tmp_path / "c_quizzes.pth")
    assert torch.equal(again[0], train)
    assert torch.equal(again[1], test)
    lists = load_tensors(tmp_path / "c_quizzes.pth")
    assert isinstance(lists, tuple)
    assert all(chunk.dtype == torch.int64 and chunk.shape[1] == 404 for part in lists for chunk in part)


def test_no_culture_quizzes_yet_is_no_error(tmp_path):
    torch.save(([], []), tmp_path / "c_quizzes.pth")
    train, test = read_culture_quizzes(tmp_path / "c_quizzes.pth")
    assert train.shape == test.shape == (0, 404)


@pytest.mark.parametrize(
    "value",
    [
        3,
        ([], [], []),
        (3, 4),
        ([torch.zeros(2, 405)], []),
        ([torch.full((1, 404), 99)], []),
        ([torch.zeros(1, 404)], []),
    ],
)
def test_other_things_than_quizzes_are_one_line(tmp_path, value):
    torch.save(value, tmp_path / "c_quizzes.pth")
    with pytest.raises(CultureError, match=r"c_quizzes\.pth is not a culture quiz file"):
        read_culture_quizzes(tmp_path / "c_quizzes.pth")
