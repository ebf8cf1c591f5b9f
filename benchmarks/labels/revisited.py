"""Cases made of the descriptors of a revisited benchmark: half of its database labels the rest."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from cases import NOBODY, OVERLAPS, Case, kept_images, make_inputs

from landmark_retrieval.arrays import Float64s, Int64s
from landmark_retrieval.embeddings import normalise
from landmark_retrieval.formats.revisited import read_revisited
from landmark_retrieval.formats.vectors import read_embeddings_file
from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.metrics.clusters import query_clusters
from landmark_retrieval.metrics.revisited import per_query
from landmark_retrieval.ranking import Ranking


def cases_of_benchmark(folder: Path, file: str, name: str, seeds: int) -> Iterator[Case]:
    """Every overlap and split of the descriptors as they are, judged by Medium AP.

    A random half of the database are the training images, the rest is the index. Labels are the landmarks of
    the queries for their easy and hard images, and for the rest the word before the number in the name of a
    file, by which the picture was found on the web; images of a word that also names a query's landmark, and
    junk, stay out of training.

    Args:
        folder: with `gnd_<name>.pkl` and the descriptors.
        file: of the descriptors of all images.
        name: of the benchmark.
        seeds: number of splits.
    """
    files = FileTree(folder)
    index, queries, relevance = read_revisited(files, name)
    stored = read_embeddings_file(files, file)
    ids = [*index["image_id"], *queries["image_id"]]
    vectors = normalise(stored.vectors[stored.rows_of(ids)])
    landmarks = np.concatenate(landmarks_of(index, queries, relevance))
    shown = landmarks[len(index) :]
    number = {image: str(row) for row, image in enumerate(ids)}
    numbered = relevance.assign(
        query_id=relevance["query_id"].map(number), image_id=relevance["image_id"].map(number)
    )
    for overlap in OVERLAPS:
        for seed in range(seeds):
            rows = halves(landmarks[: len(index)], np.unique(shown), overlap, seed)
            rows["query"] = np.arange(len(index), len(ids))
            sizes = np.bincount(landmarks[rows["train"]], minlength=landmarks.max() + 1)[shown]
            inputs = make_inputs(vectors, landmarks, rows, depth=len(rows["index"]))
            judge = medium(rows, numbered)
            yield Case(name, "as it is", overlap, inputs, shown, sizes, judge)


def landmarks_of(
    index: pd.DataFrame, queries: pd.DataFrame, relevance: pd.DataFrame
) -> tuple[Int64s, Int64s]:
    """Landmarks of index images, `NOBODY` where nothing is told, and of queries."""
    good = relevance[relevance["grade"] != "junk"]
    images = good.groupby("query_id")["image_id"].apply(list)
    clusters = query_clusters(queries["image_id"], [images.get(q, []) for q in queries["image_id"]])
    names, shown = np.unique(clusters.astype(str), return_inverse=True)
    of_query = dict(zip(queries["image_id"], shown.tolist(), strict=True))
    of_image = dict(zip(good["image_id"], good["query_id"].map(of_query), strict=True))
    words = index["image_id"].str.rsplit("_", n=1).str[0]
    taken = {*queries["image_id"].str.rsplit("_", n=1).str[0]} - {"oxford", "paris"}
    _, code = np.unique(words, return_inverse=True)
    junk = set(relevance["image_id"]) - set(of_image)
    silent = (words.isin(taken) | index["image_id"].isin(junk)).to_numpy()
    own = np.where(silent, NOBODY, len(names) + code)
    own = [of_image.get(image, told) for image, told in zip(index["image_id"], own.tolist(), strict=True)]
    return np.array(own, dtype=np.int64), shown.astype(np.int64)


def halves(landmarks: Int64s, queried: Int64s, overlap: str, seed: int) -> dict[str, Int64s]:
    """Rows of training and index images."""
    rng = np.random.default_rng([seed, 3])
    order = rng.permutation(len(landmarks))
    train, index = np.sort(order[: len(order) // 2]), np.sort(order[len(order) // 2 :])
    keep = landmarks[train] != NOBODY
    for landmark, most in zip(rng.permutation(queried), kept_images(len(queried), overlap), strict=True):
        keep[rng.permutation(np.flatnonzero(landmarks[train] == landmark))[most:]] = False
    return {"train": train[keep], "index": index}


def medium(rows: dict[str, Int64s], relevance: pd.DataFrame) -> Callable[[Ranking], Float64s]:
    """Medium AP of each query, `(n_queries,)`; NaN where the index has no positive image."""
    queries, index = rows["query"].astype(str), rows["index"].astype(str)
    judged = relevance[relevance["image_id"].isin(index)]

    def judge(ranking: Ranking) -> Float64s:
        figures = per_query(ranking, queries, index, judged)
        own = figures[figures["difficulty"] == "Medium"].set_index("query_id")["ap"]
        return own.reindex(queries).to_numpy(dtype=np.float64)

    return judge
