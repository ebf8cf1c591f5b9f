"""Does spatial verification help on real photographs, and from how many inliers on?

    … benchmarks/cleaning/verified_photographs.py PHOTOGRAPHS --weights WEIGHTS [--aliked ALIKED]

Arguments are those of planted_photographs.py. Every photograph of a place with at least two is a query among
all others, those of no place included; the first 100 are verified. Printed are mAP over the whole list and
the difference to k-NN, with 95 % bootstrap intervals over places, for thresholds on inliers; 0 sorts the
whole shortlist.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from planted_photographs import WORKERS, Collection

from landmark_retrieval.ranking import Ranking
from landmark_retrieval.reranking.geometry import Geometry, inlier_counts
from landmark_retrieval.reranking.shortlist.spatial_verification import chosen_inliers, verified_first
from landmark_retrieval.search.exact_search import search

SHORTLIST, RESAMPLES = 100, 4_000
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


def interval(differences: NDArray[np.float64], places: NDArray[np.str_]) -> NDArray[np.float64]:
    """95 % percentile interval of the mean over queries, places resampled."""
    _, place = np.unique(places, return_inverse=True)
    sums, sizes = np.bincount(place, differences), np.bincount(place)
    n = len(sizes)
    drawn = np.random.default_rng(0).multinomial(n, np.full(n, 1 / n), RESAMPLES)
    return np.percentile(drawn @ sums / (drawn @ sizes), [2.5, 97.5])


def main() -> None:
    """Verify once, sort by each threshold."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("photographs", type=Path)
    parser.add_argument("--weights", required=True)
    parser.add_argument("--aliked", type=Path)
    arguments = parser.parse_args()
    collection = Collection(arguments.photographs, arguments.weights, arguments.aliked)
    images, n = collection.images, len(collection.images)
    places = images["place"].to_numpy(str)
    embeddings = collection.embeddings(np.arange(n), images["image_id"].tolist())
    ranking = without_oneself(search(embeddings, embeddings, n))
    store = collection.features(images)
    geometry = Geometry(store, store, collection.verification, WORKERS)
    inliers = inlier_counts(geometry, ranking.positions[:, :SHORTLIST])
    before = average_precisions(ranking, places)
    asked = [place for place in places if place and (places == place).sum() > 1]
    print(f"{len(before)} queries of {len(set(asked))} places, k-NN {100 * before.mean():.2f}")
    for rate in (0.1, 0.01, 0.001):
        print(f"auto, {rate:g} per query: at least {chosen_inliers(geometry, SHORTLIST, rate)}")
    for threshold in THRESHOLDS:
        after = average_precisions(verified_first(ranking, inliers, threshold), places)
        change = 100 * (after - before)
        low, high = interval(change, np.array(asked))
        print(
            f"at least {threshold}: {100 * after.mean():.2f}, {change.mean():+.2f} "
            f"[{low:+.2f}, {high:+.2f}], {(change != 0).sum()} lists changed"
        )


if __name__ == "__main__":
    main()
