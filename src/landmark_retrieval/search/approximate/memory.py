"""What an approximate index takes, before it is built."""

from __future__ import annotations

from landmark_retrieval.search.approximate.factory import bytes_per_vector, empty_index, fixed_bytes
from landmark_retrieval.search.memory import Estimate

SMALL_FACTORY = "OPQ64_256,IVF4096,PQ64"
"""72 bytes a vector."""

_TRAINING_COPIES = 3  # the sample, its transformed copy, and the part that k-means works on
_GROWING = 2  # an array is copied when it grows


def index_memory(n_index: int, dim: int, factory: str, train_sample: int, block_rows: int) -> Estimate:
    """Bytes of `build_index`, its result included, the vectors that are given to it not.

    Raises:
        DataError: the factory string is unknown.
    """
    index = empty_index(dim, factory)
    each = bytes_per_vector(index)
    parts = {
        "index": int(_GROWING * n_index * each + fixed_bytes(index)),
        "training": _TRAINING_COPIES * min(train_sample, n_index) * dim * 4,
        "block": min(block_rows, n_index) * dim * 4 * 2,
    }
    remedies = {
        "index": f"a factory with less than its {each:.0f} bytes a vector, such as {SMALL_FACTORY!r}",
        "training": "a smaller train_sample",
        "block": "a smaller block_rows",
    }
    return Estimate(f"approximate index {factory!r} of {n_index} vectors", parts, remedies)


def approximate_search_memory(n_queries: int, k: int, n_proposed: int, at_once: int, dim: int) -> Estimate:
    """Bytes of `approximate_search`, its result included, index and vectors not."""
    parts = {
        "lists": n_queries * k * (8 + 4 + 8 + 4),
        "proposals": min(n_queries, at_once) * (dim * 4 + n_proposed * (8 + 4 + 4 + 8 + 8)),
    }
    remedies = {"lists": "search fewer queries at once, or a smaller k", "proposals": "a smaller rescore"}
    return Estimate(f"approximate search of {n_queries} queries, k {k}", parts, remedies)
