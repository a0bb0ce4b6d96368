"""The output folder of a training of stacked GPTs: everything whole, from the first check on.

OUT/gpt_K.safetensors    the weights of GPT K, bfloat16, as a population folder holds them
OUT/report.json          how they were made, how far they are, every check
OUT/log.jsonl            the curves: a line every few seconds and one for each check, for each GPT ("gpt": K)
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from culture_core.artifacts import read_json, sha256_file, write_json
from culture_core.errors import CultureError
from culture_core.models.mygpt import MyGPT, MyGPTConfig
from culture_core.places import check_folder
from culture_core.training import log
from culture_core.training.stacked.weights import unstack
from culture_core.writing import atomic_file

KIND = "stacked training"


class OutputFolder:
    """Paths and files of one output folder."""

    def __init__(self, root: Path | str) -> None:
        self.root = Path(root)

    def model(self, model_k: int) -> Path:
        return self.root / f"gpt_{model_k}.safetensors"

    @property
    def report(self) -> Path:
        return self.root / "report.json"

    @property
    def log(self) -> Path:
        return self.root / "log.jsonl"

    def check_ours(self) -> None:
        """Errors: CultureError when the folder holds anything but a run, or cannot be written."""
        check_folder(self.root, self._is_run, "the folder of a run of `culture train-stacked`")

    def _is_run(self, root: Path) -> bool:
        return all(
            path.match("gpt_*.safetensors") or path in (self.report, self.log) or path.suffix == ".partial"
            for path in root.iterdir()
        )

    def write_models(self, weights: Mapping[str, Tensor], config: MyGPTConfig, n_models: int) -> None:
        for k in range(n_models):
            state = {
                name: tensor.detach().cpu().to(torch.bfloat16).contiguous()
                for name, tensor in unstack(weights, k).items()
            }
            with atomic_file(self.model(k)) as partial:
                save_file(state, partial, metadata={"config": json.dumps(asdict(config))})

    def read_models(self) -> list[MyGPT]:
        """The GPTs, float32. Errors: CultureError when the folder is not one, or damaged."""
        report = self.read_report()
        config = MyGPTConfig(**report["config"])
        return [_read_model(self.model(k), config, k) for k in range(len(report["seeds"]))]

    def write_report(self, report: Mapping[str, Any]) -> None:
        write_json(self.report, {"kind": KIND, **report})

    def read_report(self) -> dict[str, Any]:
        """Errors: CultureError when there is none, or another file of that name."""
        report = read_json(self.report)
        if not isinstance(report, dict) or report.get("kind") != KIND:
            raise CultureError(f"{self.report} is not a report of `culture train-stacked`")
        return report

    def hashes(self) -> list[str]:
        """SHA-256 of the weights of each GPT."""
        return [sha256_file(self.model(k)) for k in range(len(self.read_report()["seeds"]))]

    def read_log(self, model_k: int) -> list[dict[str, Any]]:
        """The records of one GPT, without its number."""
        return [
            {name: value for name, value in record.items() if name != "gpt"}
            for record in log.read(self.log)
            if record.get("gpt") == model_k
        ]

    def begin_log(self, previous: "OutputFolder | None") -> None:
        """A new log, or one that continues where a previous run's report ends."""
        text = previous.log.read_text() if previous is not None and previous.log.exists() else ""
        with atomic_file(self.log) as partial:
            partial.write_text(text)
        if previous is not None:
            log.forget_after(self.log, previous.read_report()["seen"])


def _read_model(path: Path, config: MyGPTConfig, model_k: int) -> MyGPT:
    model = MyGPT(config)
    try:
        model.load_state_dict({name: tensor.float() for name, tensor in load_file(path).items()})
    except (SafetensorError, OSError, RuntimeError) as error:
        raise CultureError(f"{path} is missing or damaged: {error}") from None
    model.id = model_k
    return model
