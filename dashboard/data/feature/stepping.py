"""Steps through many: to the next feature that fires, to a page of a list."""

import numpy as np


def next_alive(dead: np.ndarray, feature: int, step: int) -> int:
    """The next feature after (step 1) or before (step -1) `feature` that fires, going round; or itself."""
    n = len(dead)
    order = (feature + step * np.arange(1, n)) % n
    alive = order[~dead[order]]
    return int(alive[0]) if len(alive) else feature


def page_of(n_items: int, per_page: int, page: int) -> slice:
    """The items of a page (pages count from 1); the last page for a number too high."""
    last = max(1, -(-n_items // per_page))
    first = (min(page, last) - 1) * per_page
    return slice(first, min(first + per_page, n_items))
