"""k-NN and query expansion on stored descriptors of a revisited benchmark, by our own search and protocol.

    PYTHONPATH=src python benchmarks/revisited_descriptors.py FOLDER DESCRIPTORS

FOLDER holds one gnd_<name>.pkl, DESCRIPTORS is a file in it with the descriptors of index and query images.
"""

import argparse
from pathlib import Path

import numpy as np

from landmark_retrieval.embeddings import Embeddings, normalise
from landmark_retrieval.formats.descriptors import read_descriptors
from landmark_retrieval.formats.revisited import read_revisited
from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.metrics.revisited import per_query
from landmark_retrieval.prediction import LabelPrediction
from landmark_retrieval.reranking.alpha_qe import AlphaQE
from landmark_retrieval.reranking.aqe import AQE
from landmark_retrieval.reranking.inputs import RerankingInputs
from landmark_retrieval.reranking.knn import KNN

CHAINS = {
    "knn": [KNN()],
    "aqe, 3 neighbours": [KNN(), AQE(n=3, includes_query=False)],
    "aqe, 10 with the query": [KNN(), AQE()],
    "alpha_qe, 10 with the query": [KNN(), AlphaQE()],
}


def main() -> None:
    """Print one line of Easy, Medium and Hard mAP per chain."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("descriptors")
    parser.add_argument("--name", default="roxford5k")
    arguments = parser.parse_args()
    files = FileTree(arguments.folder)
    index_images, query_images, relevance = read_revisited(files, arguments.name)
    stored = read_descriptors(files, arguments.descriptors)
    index, queries = (
        Embeddings(
            np.array(images["image_id"], str), normalise(stored.vectors[stored.rows_of(images["image_id"])])
        )
        for images in (index_images, query_images)
    )
    unknown = [
        LabelPrediction(np.full(len(side), -1), np.zeros(len(side), np.float32)) for side in (queries, index)
    ]
    inputs = RerankingInputs(queries, index, *unknown, depth=len(index))
    for name, steps in CHAINS.items():
        ranking = None
        for step in steps:
            ranking = step.apply(ranking, inputs)
        figures = (
            per_query(ranking, queries.image_ids, index.image_ids, relevance)
            .groupby("difficulty")["ap"]
            .mean()
        )
        print(f"{name:30s}", *(f"{level} {100 * figures[level]:.4f}" for level in ("Easy", "Medium", "Hard")))


if __name__ == "__main__":
    main()
