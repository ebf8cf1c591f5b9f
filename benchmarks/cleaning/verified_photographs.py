"""Does spatial verification help on real photographs, and from how many inliers on?

    … benchmarks/cleaning/verified_photographs.py PHOTOGRAPHS --weights WEIGHTS [--aliked ALIKED]

Arguments are those of planted_photographs.py. Every photograph of a place with at least two is a query among
all others, those of no place included; the first 100 are verified. Printed are mAP over the whole list and
the difference to k-NN for thresholds on inliers, with 95 % intervals and tests over places;
0 sorts the whole shortlist.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from planted_photographs import WORKERS, Collection, arguments_of_collection

from landmark_retrieval.metrics.intervals import IntervalSettings
from landmark_retrieval.metrics.paired_tests import holm, mean_difference
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.reranking.geometry import Geometry, inlier_counts
from landmark_retrieval.reranking.shortlist.spatial_verification import chosen_inliers, verified_first
from landmark_retrieval.search.exact_search import search

SHORTLIST = 100
INTERVALS = IntervalSettings(resamples=2_000, confidence=0.95, seed=0)
THRESHOLDS = (0, 5, 6, 7, 8, 9, 10, 11, 16, 21, 31)


def without_oneself(ranking: Ranking) -> Ranking:
    """Lists of all images among all, each without the image itself."""
    n = ranking.n_index
    others = ranking.positions != np.arange(n)[:, None]
    shape = (n, n - 1)
    return Ranking(ranking.positions[others].reshape(shape), ranking.scores[others].reshape(shape), n)


def average_precisions(ranking: Ranking, places: NDArray[np.str_]) -> NDArray[np.float64]:
    """Of the queries that have a relevant image, `(n,)`; relevant is what shows the same place."""
    relevant = (places[ranking.positions] == places[:, None]) & (places != "")[:, None]
    precision = relevant.cumsum(axis=1) / np.arange(1, ranking.depth + 1)
    total = relevant.sum(axis=1)
    return ((precision * relevant).sum(axis=1) / np.maximum(total, 1))[total > 0]


def table(ranking: Ranking, inliers: NDArray[np.int32], places: NDArray[np.str_]) -> list[str]:
    """Lines of a Markdown table, one per threshold; p-values are adjusted for all of them (Holm)."""
    before = average_precisions(ranking, places)
    named, photographs = np.unique(places[places != ""], return_counts=True)
    clusters = [place for place in places if place in named[photographs > 1]]
    after = [average_precisions(verified_first(ranking, inliers, t), places) for t in THRESHOLDS]
    changes = [mean_difference(100 * (each - before), INTERVALS, clusters) for each in after]
    adjusted = holm(pd.Series([change.p for change in changes]))
    lines = ["| inliers from | mAP | difference | p | lists changed |", "|---|---|---|---|---|"]
    for threshold, each, change, p in zip(THRESHOLDS, after, changes, adjusted, strict=True):
        difference = f"{change.estimate:+.2f} [{change.low:+.2f}, {change.high:+.2f}]"
        lines.append(f"| {threshold} | {100 * each.mean():.2f} | {difference} | {p:.4f} | {change.changed} |")
    return [f"{len(before)} queries of {len(set(clusters))} places, k-NN {100 * before.mean():.2f}", *lines]


def main() -> None:
    """Verify once, sort by each threshold."""
    arguments = arguments_of_collection(__doc__).parse_args()
    collection = Collection(arguments.photographs, arguments.weights, arguments.aliked)
    images, n = collection.images, len(collection.images)
    embeddings = collection.embeddings(np.arange(n), images["image_id"].tolist())
    ranking = without_oneself(search(embeddings, embeddings, n))
    store = collection.features(images)
    geometry = Geometry(store, store, collection.verification, WORKERS)
    inliers = inlier_counts(geometry, ranking.positions[:, :SHORTLIST])
    for rate in (0.1, 0.01, 0.001):
        print(f"auto, {rate:g} per query: at least {chosen_inliers(geometry, SHORTLIST, rate)}")
    print("\n".join(table(ranking, inliers, images["place"].to_numpy(str))))


if __name__ == "__main__":
    main()
