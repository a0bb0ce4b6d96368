"""Which tests are slow: `make check` leaves them out, `make test` runs all.

By measured CPU time: files of more than some five seconds, and whatever needs a population built by the real
commands (some forty).
"""

from pathlib import Path

import pytest

TESTS = Path(__file__).parent
SLOW_FIXTURES = {"built_population", "measured_population", "answered_population", "small_cache"}
SLOW_PATHS = (
    "browser/",
    "build/test_rehearsal.py",
    "cli/",
    "circuits/test_heads_stage.py",
    "comparison/test_compare_command.py",
    "culture/nearest/test_distance.py",
    "culture/test_bounds.py",
    "culture/test_published.py",
    "culture/test_rounds.py",
    "dashboard/data/test_lab_computations.py",
    "dashboard/views/",
    "docs/test_code_blocks.py",
    "docs/test_site.py",
    "examples/",
    "evaluation/test_ablation.py",
    "evaluation/test_circuits.py",
    "evaluation/test_scoring.py",
    "features/index/test_index_parts.py",
    "features/probing/",
    "models/test_generation.py",
    "models/test_hooked_bridge.py",
    "models/test_hooked_bridge_saes.py",
    "models/test_hooked_kinds.py",
    "models/test_hub.py",
    "models/test_patch.py",
    "models/test_patch_bridge.py",
    "robustness/",
    "saes/test_finetune.py",
    "saes/test_sae_evaluation.py",
    "saes/test_sae_training.py",
    "processes/",
    "test_imports.py",
    "test_portable.py",
    "training/stacked/test_stacked_run.py",
    "training/stacked/test_trials.py",
    "training/test_distributed.py",
    "training/test_launch.py",
    "training/test_start.py",
    "universality/matching/test_correlation.py",
    "world/test_distribution.py",
    "world/test_two_samples.py",
)


def is_slow(item: pytest.Item) -> bool:
    """Whether a test is in a slow file or builds on a slow fixture."""
    path = item.path.relative_to(TESTS).as_posix()
    return path.startswith(SLOW_PATHS) or not SLOW_FIXTURES.isdisjoint(getattr(item, "fixturenames", ()))
