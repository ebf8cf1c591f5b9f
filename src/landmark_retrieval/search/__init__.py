"""Exact and approximate nearest-neighbour search by inner product."""

from landmark_retrieval.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "approximate.index": ["ApproximateIndex", "load_index", "save_index"],
        "approximate.search": ["approximate_search", "build_index"],
        "exact.scores": ["pair_scores"],
        "exact_search": ["search"],
        "identity": ["check_ids", "ids_fingerprint"],
        "settings": ["SearchSettings", "build_with", "search_with"],
    },
)
