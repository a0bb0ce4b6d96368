"""Who has a feature, by the best match in each other GPT above its own baseline."""

import numpy as np

from culture_core.universality.excess import HIGH
from culture_core.universality.matching.reader import MatchReader
from culture_core.universality.sharing import NONE, sharing_of

IDS = [2, 3, 7, 9]


def random_matches(m: int = 4, f: int = 60) -> MatchReader:
    """Matches of m GPTs with three baselines; feature 5 of the first never fires."""
    rng = np.random.default_rng(4)
    arrays = {name: rng.random((m, m, f), dtype=np.float32) for name in ("best_r", "permutation_r")}
    arrays["rotation_r"], arrays["untrained_r"] = rng.random((2, m, m, f), dtype=np.float32) * 0.3
    arrays["permutation_r"] *= 0.4
    arrays["best_feature"] = rng.integers(0, f, (m, m, f)).astype(np.int32)
    arrays["best_feature"][0, :, 5] = -1
    arrays["mutual"] = np.zeros((m, m, f), dtype=bool)
    return MatchReader({"models": IDS[:m]}, arrays)


def test_sharing_counts_gpts_feature_by_feature():
    matches = random_matches()
    counts, lonely = set(), 0
    for a, k in enumerate(IDS):
        sharing = sharing_of(matches, k)
        for feature in range(matches.n_features):
            if not matches.alive[k][feature]:
                assert (sharing.n_gpts[feature], sharing.lacked_by[feature]) == (0, NONE)
                continue
            there = [
                other
                for b, other in enumerate(IDS)
                if b == a
                or matches.best_r()[a, b, feature]
                - max(
                    matches._arrays[f"{name}_r"][a, b, feature]
                    for name in ("permutation", "untrained", "rotation")
                )
                > HIGH
            ]
            counts.add(len(there))
            others = [matches.best_r()[a, b, feature] for b in range(len(IDS)) if b != a]
            assert sharing.alone[feature] == (max(others) <= HIGH)
            lonely += sharing.alone[feature]
            assert sharing.n_gpts[feature] == len(there)
            lacking = set(IDS) - set(there)
            assert sharing.lacked_by[feature] == (lacking.pop() if len(lacking) == 1 else NONE)
    assert counts == {1, 2, 3, 4} and sharing_of(matches, IDS[0]).n_gpts[5] == 0
    assert 0 < lonely < 4 * 60 and not sharing_of(matches, IDS[0]).alone[5]


def test_without_baselines_r_itself_decides():
    matches = random_matches()
    bare = MatchReader(
        {"models": IDS}, {k: v for k, v in matches._arrays.items() if not k.endswith(("ion_r", "ned_r"))}
    )
    np.testing.assert_array_equal(bare.pair_excess(), matches.best_r())
