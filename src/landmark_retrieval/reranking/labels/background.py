"""Similarity as odds: how many irrelevant images of the index would be as similar by chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landmark_retrieval.arrays import Float32s, Float64s, Floats, Int64s
from landmark_retrieval.embeddings import Embeddings
from landmark_retrieval.search.exact.scores import score_block

_SAMPLE = 2_048  # index images that stand for all
_ONE_SIGMA = 0.8413447460685429  # of a normal distribution, that much lies below one standard deviation
_AT_ONE = -1.0  # log-odds of relevance where one irrelevant image is expected to be as similar
_QUERIES = 256


@dataclass(frozen=True, eq=False)
class Background:
    """The normal distribution of each query's similarity to images that do not show its landmark.

    Attributes:
        middle: `(n,)` median over the index: nearly all of it is irrelevant.
        spread: `(n,)` from the median to the quantile of one standard deviation.
        n_index: images of the index.
    """

    middle: Float64s
    spread: Float64s
    n_index: int

    def __getitem__(self, queries: slice) -> Background:
        return Background(self.middle[queries], self.spread[queries], self.n_index)

    def log_odds(self, cosines: Float32s) -> Float64s:
        """Log-odds that images of these similarities, `(n, k)`, are relevant; `-inf` stays.

        `−log E − 1` with `E = n_index · P(background ≥ cosine)`, the expected number of irrelevant images
        that are as similar (as searches for biological sequences count them: Karlin and Altschul, PNAS 1990).
        No scale of the cosines enters.
        """
        from scipy.special import log_ndtr

        spread = np.where(self.spread > 0, self.spread, np.inf)
        above = (np.maximum(cosines, -2.0) - self.middle[:, None]) / spread[:, None]
        odds = _AT_ONE - np.log(self.n_index) - log_ndtr(-above)
        return np.where(np.isneginf(cosines), -np.inf, odds)


def background_of(queries: Floats, index: Embeddings) -> Background:
    """The background of each query, each from its own similarities alone.

    Args:
        queries: `(n, dim)`.
        index: with one image or more.
    """
    block = np.ascontiguousarray(index.vectors[sampled_rows(index)], dtype=np.float32)
    middle, spread = np.empty(len(queries)), np.empty(len(queries))
    for start in range(0, len(queries), _QUERIES):
        chunk = slice(start, start + _QUERIES)
        scores = score_block(queries[chunk], block).astype(np.float64)
        middle[chunk], above = np.quantile(scores, [0.5, _ONE_SIGMA], axis=1)
        spread[chunk] = above - middle[chunk]
    return Background(middle, spread, len(index))


def sampled_rows(index: Embeddings) -> Int64s:
    """Rows of at most 2,048 images, drawn by a hash of their ids: the order of the index does not matter."""
    if len(index) <= _SAMPLE:
        return np.arange(len(index))
    from pandas.util import hash_array

    keys = hash_array(index.image_ids.astype(object), categorize=False)
    return np.sort(np.argsort(keys, kind="stable")[:_SAMPLE])
