"""What a scan proposes, and the bound on what it leaves out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Proposals:
    """Rows that may be among the best of each query.

    Attributes:
        positions: `(n_queries, n)` int64 rows of the index in no order, `-1` pads.
        ceilings: `(n_queries,)` float64; no row that is not proposed scores more.
    """

    positions: NDArray[np.int64]
    ceilings: NDArray[np.float64]
