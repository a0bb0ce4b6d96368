"""Robustness tests run the same pages as tests/dashboard does."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "dashboard"))
sys.path.insert(0, str(Path(__file__).parent))
