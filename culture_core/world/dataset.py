"""Quiz sets as Hugging Face datasets: input_ids of 405 tokens, the 0 the models take in front, and the task.

Quizzes are generated in shards and streamed to Arrow files, so that memory stays bounded however many.
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from tqdm import tqdm

from culture_core.artifacts import sha256_file, write_json
from culture_core.errors import CultureError
from culture_core.places import check_folder
from culture_core.world.quizzes import DEFAULT_STRUCTURE, QuizBatch, generate_quizzes
from culture_core.world.vocabulary import LABELS, QUIZ_LENGTH
from culture_core.writing import atomic_folder

if TYPE_CHECKING:
    import pyarrow
    from datasets import Features

INPUT_LENGTH = 1 + QUIZ_LENGTH
_SHARD = 16_384
_ONE_SPLIT = "all"
_DATA, _INFO, _STATE = "data-00000-of-00001.arrow", "dataset_info.json", "state.json"
_SPLITS = "dataset_dict.json"


def quiz_features() -> "Features":
    """The columns: input_ids, 405 uint8, and label, a ClassLabel over the tasks."""
    from datasets import ClassLabel, Features, List, Value

    return Features(
        {"input_ids": List(Value("uint8"), length=INPUT_LENGTH), "label": ClassLabel(names=list(LABELS))}
    )


def write_dataset(
    folder: Path | str,
    tasks: Sequence[str],
    n_per_task: int,
    seed: int,
    *,
    structure: str = DEFAULT_STRUCTURE,
    noise: float = 0.0,
    by_task: bool = False,
    progress: bool = True,
) -> None:
    """Write the quiz set generate_quizzes(...) makes as a dataset that `datasets.load_from_disk` reads.

    by_task: a DatasetDict with a split for each task; else one Dataset, interleaved as generated.
    Errors: CultureError as generate_quizzes, for no quizzes at all, and for a folder that holds something
    else, before anything is written.
    """
    check_dataset_folder(folder)
    if n_per_task < 1:
        raise CultureError("a dataset needs at least one quiz of each task")
    generate_quizzes(tasks, 1, seed, structure=structure, noise=noise)

    def generate(start: int, count: int) -> QuizBatch:
        return generate_quizzes(tasks, count, seed, structure=structure, noise=noise, start=start)

    with atomic_folder(Path(folder)) as partial:
        folders = {task: partial / task for task in tasks} if by_task else {_ONE_SPLIT: partial}
        for split_folder in folders.values():
            split_folder.mkdir(exist_ok=True)
        _stream(folders, generate, n_per_task, max(1, _SHARD // len(tasks)), progress)
        for split_folder in folders.values():
            _write_metadata(split_folder)
        if by_task:
            write_json(partial / _SPLITS, {"splits": list(folders)})


def check_dataset_folder(folder: Path | str) -> None:
    """Errors: CultureError when the folder holds anything but a dataset of quizzes, or cannot be written, and
    where `datasets` is not installed."""
    if find_spec("datasets") is None:
        raise CultureError("datasets is not installed: pip install 'culture-core[sae]'")
    check_folder(folder, _is_dataset, "a dataset of quizzes")


def _is_dataset(folder: Path) -> bool:
    """Whether a folder holds a dataset that write_dataset made, and nothing else but the caches of
    `datasets`."""
    if (folder / _SPLITS).is_file():
        splits = [path for path in folder.iterdir() if path.name != _SPLITS]
        return all(path.name in LABELS and path.is_dir() and _is_split(path) for path in splits)
    return _is_split(folder)


def _is_split(folder: Path) -> bool:
    from datasets import DatasetInfo

    names = {path.name for path in folder.iterdir() if not path.match("cache-*.arrow")}
    if names != {_DATA, _INFO, _STATE}:
        return False
    try:
        return bool(DatasetInfo.from_directory(str(folder)).features == quiz_features())
    except (OSError, ValueError, TypeError, KeyError):
        return False


def check_hub_access() -> None:
    """Errors: CultureError when the Hub cannot be reached, or the credentials there are do not count."""
    from huggingface_hub import HfApi

    try:
        HfApi().whoami()
    except Exception as error:  # huggingface_hub and httpx raise many kinds
        raise CultureError(f"cannot push to the Hub: {_first_line(error)}; try `hf auth login`") from None


def push_dataset(folder: Path | str, repo: str, *, private: bool = False) -> None:
    """Upload a dataset folder to the Hub repo `repo`, with the credentials huggingface_hub finds.

    Errors: CultureError when the folder holds no dataset, and when the upload fails.
    """
    from datasets import load_from_disk

    try:
        dataset = load_from_disk(str(folder))
    except FileNotFoundError as error:
        raise CultureError(f"{folder} holds no dataset: {error}") from None
    try:
        dataset.push_to_hub(repo, private=private)
    except Exception as error:  # as above
        raise CultureError(f"cannot push {folder} to {repo}: {_first_line(error)}") from None


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


def _stream(
    folders: dict[str, Path],
    generate: Callable[[int, int], QuizBatch],
    n_per_task: int,
    shard: int,
    progress: bool,
) -> None:
    """Write quizzes to one Arrow file a split folder, `shard` quizzes of each task at a time."""
    from datasets.arrow_writer import ArrowWriter

    features = quiz_features()
    with ExitStack() as stack, tqdm(total=n_per_task, unit="quiz/task", disable=not progress) as bar:
        writers = {
            split: stack.enter_context(ArrowWriter(path=str(folder / _DATA), features=features))
            for split, folder in folders.items()
        }
        for start in range(0, n_per_task, shard):
            count = min(shard, n_per_task - start)
            batch = generate(start, count)
            for split, writer in writers.items():
                writer.write_table(_table(_of_split(batch, split), features))
            bar.update(count)
        for writer in writers.values():
            writer.finalize()


def _of_split(batch: QuizBatch, split: str) -> QuizBatch:
    return batch if split == _ONE_SPLIT else batch[batch.task == LABELS.index(split)]


def _table(batch: QuizBatch, features: "Features") -> "pyarrow.Table":
    import pyarrow as pa

    inputs = np.zeros((len(batch), INPUT_LENGTH), dtype=np.uint8)
    inputs[:, 1:] = batch.tokens.cpu().numpy()
    columns: list[Any] = [
        pa.FixedSizeListArray.from_arrays(pa.array(inputs.reshape(-1)), INPUT_LENGTH),
        pa.array(batch.task.cpu().numpy().astype(np.int64)),
    ]
    return pa.Table.from_arrays(columns, schema=features.arrow_schema)


def _write_metadata(folder: Path) -> None:
    """Write beside the Arrow file what `Dataset.save_to_disk` writes.

    That method itself would copy the file, and map all of it into memory for that.
    """
    from datasets import DatasetInfo

    DatasetInfo(features=quiz_features()).write_to_directory(str(folder))
    state: dict[str, Any] = {
        "_data_files": [{"filename": _DATA}],
        "_fingerprint": sha256_file(folder / _DATA)[:16],
        "_format_columns": None,
        "_format_kwargs": {},
        "_format_type": None,
        "_output_all_columns": False,
        "_split": None,
    }
    write_json(folder / _STATE, state)
