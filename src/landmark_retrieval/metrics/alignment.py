"""Where ids stand among other ids."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from landmark_retrieval.errors import DataError
from landmark_retrieval.search.identity import Ids


def rows_in(ids: Ids, wanted: Ids) -> NDArray[np.int64]:
    """Row in `ids` of each wanted id, `-1` where it is not there, `(len(wanted),)` int64.

    Raises:
        DataError: an id stands twice among `ids`.
    """
    index = pd.Index(np.asarray(ids, dtype=object))
    if not index.is_unique:
        raise DataError(f"image id {index[index.duplicated()][0]!r} stands twice")
    return index.get_indexer(np.asarray(wanted, dtype=object)).astype(np.int64)
