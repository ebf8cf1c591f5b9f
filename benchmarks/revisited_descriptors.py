"""Every method that needs descriptors alone, on those of a revisited benchmark.

    PYTHONPATH=src python benchmarks/revisited_descriptors.py FOLDER DESCRIPTORS

FOLDER holds one gnd_<name>.pkl, DESCRIPTORS is a file in it with the descriptors of index and query images.
"""

import argparse
from pathlib import Path
from time import perf_counter

import numpy as np
from pydantic import TypeAdapter

from landmark_retrieval.embeddings import Embeddings, normalise
from landmark_retrieval.formats.revisited import read_revisited
from landmark_retrieval.formats.vectors import read_embeddings_file
from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.metrics.revisited import per_query
from landmark_retrieval.prediction import LabelPrediction
from landmark_retrieval.reranking.chain import Step, apply_chain
from landmark_retrieval.reranking.inputs import RerankingInputs

KNN = {"method": "knn"}
CHAINS = {
    "k-NN": [KNN],
    "AQE, 3 neighbours": [KNN, {"method": "aqe", "n": 3, "includes_query": False}],
    "AQE, 10 with the query": [KNN, {"method": "aqe"}],
    "αQE, 10 with the query": [KNN, {"method": "alpha_qe"}],
    "DBA, 20": [{"method": "dba"}],
    "rank-weighted DBA, 20": [{"method": "dba", "weights": "rank"}],
    "αDBA, 20": [{"method": "alpha_dba"}],
    "αDBA, 20, then αQE, 10": [{"method": "alpha_dba"}, {"method": "alpha_qe"}],
    "diffusion (Iscen), k 50, k_q 10": [KNN, {"method": "diffusion"}],
    "diffusion (Iscen), k 10, k_q 3": [KNN, {"method": "diffusion", "k": 10, "k_q": 3}],
    "offline diffusion (Yang), n 1000": [KNN, {"method": "offline_diffusion"}],
    "C-CRF, clique 1000": [KNN, {"method": "c_crf"}],
    "EGT, k 100, t ∞": [KNN, {"method": "explore_exploit"}],
    "EGT, k 250, t 0.42": [KNN, {"method": "explore_exploit", "k": 250, "t": 0.42}],
    "k-reciprocal, shortlist 100": [KNN, {"method": "k_reciprocal"}],
    "k-reciprocal, whole set": [KNN, {"method": "k_reciprocal", "scope": "whole_set"}],
    "GNN": [KNN, {"method": "gnn"}],
    "SuperGlobal, 400": [KNN, {"method": "super_global"}],
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
    stored = read_embeddings_file(files, arguments.descriptors)
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
    print("| chain | Easy | Medium | Hard | s |\n|---|---|---|---|---|")
    for name, chain in CHAINS.items():
        steps = TypeAdapter(list[Step]).validate_python(chain)
        started = perf_counter()
        ranking = apply_chain(steps, None, inputs)
        seconds = perf_counter() - started
        judged = per_query(ranking, queries.image_ids, index.image_ids, relevance)
        mean = 100 * judged.groupby("difficulty")["ap"].mean()
        figures = " | ".join(f"{mean[level]:.2f}" for level in ("Easy", "Medium", "Hard"))
        print(f"| {name} | {figures} | {seconds:.1f} |", flush=True)


if __name__ == "__main__":
    main()
