"""GPTs that are sure of the background, or poor at everything, so that their quizzes part them."""

from pathlib import Path

import torch

from culture_core.artifacts import PopulationFolder, provenance
from culture_core.culture.settings import InventingSettings, RoundSettings, VerdictSettings
from culture_core.models.mygpt import MyGPT, MyGPTConfig
from culture_core.models.population import save_population
from culture_core.world.vocabulary import N_COLOURS

TINY = MyGPTConfig(d_model=8, dim_keys=4, dim_hidden=8, n_heads=2, n_blocks=1)
SURE, POOR = 6.0, 1.5
LOOSE = VerdictSettings(understands=1e-60, fails=1e-65, max_failures=1)
SETTINGS = RoundSettings(
    seed=5,
    round_size=8,
    sample=0.5,
    test=0.25,
    inventing=InventingSettings(hot=1.5, cold=1.0),
    verdicts=LOOSE,
)


def leaning_gpt(model_k: int, lean: float, markers: float = -30.0) -> MyGPT:
    """A random GPT whose logit of background is higher by `lean`, that of markers by `markers`."""
    torch.manual_seed(model_k)
    model = MyGPT(TINY).eval()
    model.id = model_k
    with torch.no_grad():
        model.readout.weight.mul_(0.1)
        model.readout.bias.zero_()
        model.readout.bias[0] = lean
        model.readout.bias[N_COLOURS:] = markers
    return model


def leaning_population(root: Path) -> PopulationFolder:
    """Two GPTs that are sure and one that is poor: what the sure ones invent, only the poor one fails."""
    models = [leaning_gpt(0, SURE), leaning_gpt(1, SURE), leaning_gpt(2, POOR)]
    return save_population(root, models, made_by=provenance("test"))
