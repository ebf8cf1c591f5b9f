"""Clusters of queries: those that show the same landmark and are no independent samples."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

SHARED = 0.5
"""Share of the smaller of two relevant sets from which two queries show the same landmark.

A single shared image says little: on revisited Oxford one picture of several colleges links 42 of 70 queries
where one is enough. From a quarter to three quarters shared, the original and revisited Oxford and Paris
fall into the same 11, 11, 12 and 11 clusters, their landmarks.
"""


def query_clusters(query_ids: Iterable[str], relevant: Iterable[Collection[Hashable]]) -> NDArray[np.object_]:
    """The cluster of each query, named by the smallest id in it.

    Two queries belong together if they share at least `SHARED` of the smaller of their relevant sets, or are
    connected through others. A query without anything relevant is a cluster of its own.

    Args:
        query_ids: unique ids of the queries.
        relevant: what is relevant to each of them: images, or landmarks where these are named.

    Returns:
        `(n_queries,)` names, the same for any order of queries and images.
    """
    from scipy.sparse.csgraph import connected_components

    ids = pd.Series(list(query_ids), dtype=object)
    if ids.empty:
        return np.empty(0, dtype=object)
    component = connected_components(_links([set(images) for images in relevant]), directed=False)[1]
    return ids.groupby(component).transform("min").to_numpy(dtype=object)


def _links(relevant: Sequence[Collection[Hashable]]) -> Any:
    """Sparse `(n_queries, n_queries)`, with an entry wherever two queries show the same landmark."""
    from scipy.sparse import csr_array

    sizes = np.array([len(images) for images in relevant])
    images, _ = pd.factorize(np.array([i for images in relevant for i in images], dtype=object))
    rows = np.repeat(np.arange(len(sizes)), sizes)
    shape = (len(sizes), int(images.max(initial=-1)) + 1 or 1)
    member = csr_array((np.ones(len(rows), dtype=np.int64), (rows, images)), shape=shape)
    shared = (member @ member.T).tocoo()
    first, second = shared.coords
    close = shared.data >= SHARED * np.minimum(sizes[first], sizes[second])
    pairs = (first[close], second[close])
    return csr_array((np.ones(int(close.sum()), dtype=np.int8), pairs), shape=shared.shape)
