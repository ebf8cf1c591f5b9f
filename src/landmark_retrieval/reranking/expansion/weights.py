"""How much a neighbour counts in an expansion by its rank."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

RankWeights = Literal["equal", "rank"]


def neighbour_weights(by_rank: RankWeights, n_neighbours: int) -> NDArray[np.float64]:
    """Weights of the first, second … neighbour, `(n_neighbours,)` float64.

    `equal` is 1 for all. `rank` is `(k − r)/k` (after Gordo et al.) over the `k = n_neighbours + 1` images
    that are added up, where the image itself has rank 0 and so weight 1, its nearest neighbour rank 1 and the
    last one the weight `1/k`. A list that is shorter than asked for leaves the weights as they are.
    """
    if by_rank == "equal":
        return np.ones(n_neighbours)
    return np.arange(n_neighbours, 0, -1) / (n_neighbours + 1)
