"""Upper bound on how often pairs of images share inliers by chance alone."""

from __future__ import annotations

import numpy as np

from landmark_retrieval.arrays import Float64s, Ints

_REACH = 2
"""Steps above the lower quartile within which extrapolations start."""


def chance_bounds(inliers: Ints, up_to: int, confidence: float) -> Float64s:
    """Upper bound on the chance that a pair of different scenes has at least 0, 1, …, `up_to` inliers.

    Among pairs of different labels there are some that do show the same: wrong labels, two names of one
    place, watermarks. They have many inliers, and a tail of counts that includes them says nothing about
    chance. The bound is therefore the smallest of

    * the Clopper–Pearson bound on the share of pairs with as many inliers, which holds whatever they are;
    * extrapolations from the body of the counts. Accidental inliers are taken to have a log-concave
      distribution (as binomial and Poisson counts have): the share of the next `w` counts, relative to that
      of the `w` counts before, does not grow with the count. From any place `s` on, with
      `M = P(s ≤ X < s + w)` and `r = P(s + w ≤ X < s + 2w) / M < 1`, so `P(X ≥ s + k·w) ≤ M·rᵏ / (1 − r)`.
      Bounds on M and r come from the counts near `s` alone; few real pairs are among these, and those that
      are raise r, and so the bound.

    `w` is the interquartile range of the positive counts (at least 1); `s` is every count from their lower
    quartile to `_REACH` times `w` above it. All bounds hold at once with the confidence (Bonferroni), as far
    as pairs are independent. Where real pairs are a quarter of those with inliers, the
    step becomes wider, and the bound looser.

    Args:
        inliers: `(n,)` of pairs of different labels, at least one.
        up_to: last count of interest.
        confidence: between 0 and 1, one-sided.

    Returns:
        `(up_to + 1,)` float64, non-increasing.
    """
    n, counts = len(inliers), np.bincount(inliers, minlength=up_to + 1)
    thresholds = np.arange(up_to + 1)
    at_least = counts[::-1].cumsum()[::-1][: up_to + 1]
    positive = inliers[inliers > 0] if at_least[1:].any() else np.ones(1, np.int64)
    low, high = np.percentile(positive, (25, 75), method="inverted_cdf").astype(int).tolist()
    width = max(high - low, 1)
    starts = range(low, low + _REACH * width + 1)
    miss = (1 - confidence) / (2 * len(starts) + 1)
    bounds = _upper(at_least, n, miss)
    for start in starts:
        here, there = counts[start : start + width].sum(), counts[start + width : start + 2 * width].sum()
        mass, ratio = _upper(here, n, miss), _odds(_upper(there, here + there, miss))
        steps = (thresholds - start) // width
        if ratio < 1:
            tail = mass * ratio ** np.maximum(steps, 0) / (1 - ratio)
            bounds = np.where(steps > 0, np.minimum(bounds, tail), bounds)
    return np.minimum.accumulate(bounds)


def _odds(probability: Float64s) -> float:
    return float(probability / (1 - probability)) if probability < 1 else np.inf


def _upper(successes: Ints, trials: int, miss: float) -> Float64s:
    """Clopper–Pearson upper bounds on probabilities; 1 without a trial or a failure."""
    from scipy.stats import beta

    failures = trials - np.asarray(successes)
    found = beta.ppf(1 - miss, successes + 1, np.maximum(failures, 1))
    return np.where(failures > 0, found, 1.0)
