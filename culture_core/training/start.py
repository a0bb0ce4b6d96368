"""Starting a run from existing GPTs rather than from scratch."""

from dataclasses import replace
from typing import Any

from culture_core.artifacts import sha256_file
from culture_core.errors import CultureError
from culture_core.models.sources import ModelSource, resolve_source
from culture_core.training.run_folder import RunFolder, Settings
from culture_core.training.trainer import Trainer


def start_facts(source: ModelSource) -> dict[str, Any]:
    """What a manifest says of the GPTs a run begins with: their place and the hashes of their files."""
    return {"source": source.name, "sha256": [sha256_file(source.files[k]) for k in source.ids]}


def begin_from(folder: RunFolder, settings: Settings, source_name: str) -> Settings:
    """Give every GPT of a new run the weights of the GPT of the same number in a source of models.

    Only the weights are taken: optimizers, rate and quizzes begin as for a new GPT, from its seed.
    Returns the settings, which name the source from now on.
    Errors: CultureError when the source has too few GPTs, or GPTs of another shape.
    """
    source = resolve_source(source_name)
    models = source.load_models(range(settings.n_models))
    for model in models:
        if replace(model.config, dropout=settings.config.dropout) != settings.config:
            raise CultureError(f"the GPTs of {source.name} are not of preset {settings.preset}")
    settings = replace(settings, start=start_facts(source))
    folder.write_settings(settings)
    for k, model in enumerate(models):
        trainer = Trainer(settings.config, settings.recipe, settings.seed + k, settings.tasks)
        trainer.model.load_state_dict(model.state_dict())
        folder.save_checkpoint(k, trainer.state_dict())
    return settings
