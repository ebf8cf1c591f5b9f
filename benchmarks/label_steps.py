"""Grid of the steps that use labels: descriptors × overlap of train and queries × landmark size × method.

    PYTHONPATH=src python benchmarks/label_steps.py FOLDER WEIGHTS > grid.md

FOLDER has one sub-folder per landmark in landmarks/, and photographs of none in distractors/. WEIGHTS are of
a SqueezeNet 1.0 (`caffe:<file>` if it expects BGR pixels). Photographs are embedded once (kept in
`--vectors`). Per seed, 65 % of the landmarks with four photographs or more get queries: 40 % of their
photographs train, 20 % query, 40 % index. All others are training images. "half" and "none" take the training
images of so many of these landmarks away, "mixed" those of a third, and all but one of another third.
mAP@100; intervals resample landmarks; the largest losses come first.
"""

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from PIL import Image
from pydantic import TypeAdapter

from landmark_retrieval.arrays import Float32s, Int64s
from landmark_retrieval.embeddings import Embeddings, normalise
from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.losses.arcface import ArcFace
from landmark_retrieval.models.config import EmbeddingSettings, ModelSettings
from landmark_retrieval.models.embedding_model import build_model
from landmark_retrieval.models.extraction import extract
from landmark_retrieval.reranking.chain import Step, apply_chain
from landmark_retrieval.reranking.inputs import RerankingInputs
from landmark_retrieval.search.exact_search import search
from landmark_retrieval.voting.settings import CalibrationSettings
from landmark_retrieval.voting.soft_voting import soft_vote
from landmark_retrieval.voting.training_landmarks import calibrate_labels
from landmark_retrieval.voting.votes import TrainSet, collect_votes

KNN, SORT, INSERT = {"method": "knn"}, {"method": "sort_step"}, {"method": "insert_step"}
ALPHA_QE = {"method": "alpha_qe", "n": 4}
GUARDED = [{**step, "certainty": 0.5} for step in (SORT, INSERT)]
CHAINS: dict[str, list[dict[str, Any]]] = {
    "k-NN": [KNN],
    "αQE": [KNN, ALPHA_QE],
    "αQE, sort, insert": [KNN, ALPHA_QE, SORT, INSERT],
    "the same, guarded": [KNN, ALPHA_QE, *GUARDED],
    "landmark-aware": [KNN, ALPHA_QE, {"method": "landmark_aware"}],
    "calibrated": [KNN, {"method": "calibrated_labels"}],
}
OVERLAPS = ("full", "half", "none", "mixed")
NOBODY = -1


def embed_photographs(folder: Path, weights: str) -> tuple[Float32s, list[str]]:
    """Pooled vectors of all photographs, and the landmark of each, empty for distractors."""
    files = sorted([*folder.glob("landmarks/*/*"), *folder.glob("distractors/*")])
    names = [str(file.relative_to(folder)) for file in files]
    sizes = [Image.open(file).size for file in files]
    table = pd.DataFrame(
        {"image_id": names, "path": names, "width": [w for w, _ in sizes], "height": [h for _, h in sizes]}
    )
    settings = {"backbone": "squeezenet1_0", "gem_p": 3.0, "gem_trainable": False, "dim": None, "seed": 0}
    model = build_model(ModelSettings.model_validate({**settings, "weights": weights}))
    shown = EmbeddingSettings(
        aspect_groups=None,
        max_side=512,
        scales=(1.0,),
        multiple_of=1,
        min_side=64,
        batch_size=4,
        amp=False,
        threads=1,
        workers=1,
        super_global=None,
    )
    stream = extract(model, FileTree(folder), table, shown, torch.device("cpu"))
    landmarks = [file.parent.name if file.parent.parent.name == "landmarks" else "" for file in files]
    return np.concatenate(list(stream)), landmarks


def split(landmarks: Int64s, overlap: str, seed: int) -> dict[str, Int64s]:
    """Rows of training, query and index images."""
    rng = np.random.default_rng([seed, 7])
    named, counts = np.unique(landmarks[landmarks != NOBODY], return_counts=True)
    enough = named[counts >= 4]
    queried = rng.permutation(enough)[: round(0.65 * len(enough))]
    third = np.arange(len(queried)) * 3 // len(queried)
    half = np.arange(len(queried)) * 2 // len(queried)
    left = {"full": [99, 99], "half": [99, 0], "none": [0, 0]}
    kept = np.array([99, 1, 0])[third] if overlap == "mixed" else np.array(left[overlap])[half]
    most = dict(zip(queried.tolist(), kept.tolist(), strict=True))
    rows: dict[str, list[int]] = {
        "train": [],
        "query": [],
        "index": list(np.flatnonzero(landmarks == NOBODY)),
    }
    for landmark in named:
        own = rng.permutation(np.flatnonzero(landmarks == landmark))
        if landmark not in most:
            rows["train"] += list(own)
            continue
        n_train, n_query = (max(1, round(share * len(own))) for share in (0.4, 0.2))
        rows["train"] += list(own[:n_train][: most[landmark]])
        rows["query"] += list(own[n_train : n_train + n_query])
        rows["index"] += list(own[n_train + n_query :])
    return {name: np.sort(np.array(found, dtype=np.int64)) for name, found in rows.items()}


def whiten(fitted: Float32s, vectors: Float32s, dim: int = 128) -> Float32s:
    """PCA whitening fitted on some vectors."""
    centred = fitted.astype(np.float64) - fitted.mean(axis=0)
    _, lengths, axes = np.linalg.svd(centred, full_matrices=False)
    dim = min(dim, len(fitted) - 1)
    scale = lengths[:dim] / np.sqrt(len(fitted)) + 1e-9
    return normalise((vectors - fitted.mean(axis=0)) @ axes[:dim].T / scale)


def project(
    fitted: Float32s, landmarks: Int64s, vectors: Float32s, epochs: int = 30, dim: int = 128
) -> Float32s:
    """A linear projection with batch normalisation, trained with ArcFace."""
    torch.manual_seed(0)
    names, labels = np.unique(landmarks, return_inverse=True)
    head = ArcFace(len(names), dim, scale=30.0, margin=0.3)
    layers = torch.nn.Sequential(torch.nn.Linear(fitted.shape[1], dim), torch.nn.BatchNorm1d(dim))
    weights = [*layers.parameters(), *head.parameters()]
    optimiser = torch.optim.Adam(weights, lr=1e-3, weight_decay=1e-4)
    x, y = torch.tensor(fitted), torch.tensor(labels)
    for _ in range(epochs):
        for rows in torch.randperm(len(x)).split(32):
            if len(rows) < 2:
                continue
            loss = torch.nn.functional.cross_entropy(
                head.logits(head.cosines(layers(x[rows])), y[rows]), y[rows]
            )
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    with torch.inference_mode():
        return normalise(layers.eval()(torch.tensor(vectors)).numpy())


def descriptors(
    pooled: Float32s, landmarks: Int64s, train: Int64s
) -> Iterator[tuple[str, Callable[[], Float32s]]]:
    """Names and makers of the descriptors of all photographs."""
    yield "pooled", lambda: pooled
    yield "whitened on all", lambda: whiten(pooled, pooled)
    yield "whitened on train", lambda: whiten(pooled[train], pooled)
    yield "ArcFace on train", lambda: project(pooled[train], landmarks[train], pooled)


def average_precisions(
    inputs: RerankingInputs, relevant: np.ndarray, chain: list[dict[str, Any]]
) -> np.ndarray:
    """AP@100 of each query of a chain."""
    ranking = apply_chain(TypeAdapter(list[Step]).validate_python(chain), None, inputs)
    hits = np.take_along_axis(relevant, np.maximum(ranking.positions, 0), axis=1) & (ranking.positions >= 0)
    precision = np.cumsum(hits, axis=1) / np.arange(1, hits.shape[1] + 1)
    return (hits * precision).sum(axis=1) / np.minimum(relevant.sum(axis=1), 100)


def make_inputs(vectors: Float32s, landmarks: Int64s, rows: dict[str, Int64s]) -> RerankingInputs:
    """Everything that the chains read."""
    parts = {n: Embeddings(np.array([f"{n}{i}" for i in r]), vectors[r]) for n, r in rows.items()}
    train = TrainSet(parts["train"], landmarks[rows["train"]])
    votes = {
        side: collect_votes(search(parts[side], train.embeddings, 3), train.landmark_ids, 3)
        for side in ("query", "index")
    }
    return RerankingInputs(
        parts["query"],
        parts["index"],
        soft_vote(votes["query"], 3),
        soft_vote(votes["index"], 3),
        query_votes=votes["query"],
        index_votes=votes["index"],
        train=train,
        calibration=calibrate_labels(train, CalibrationSettings(landmarks=10, sample=20_000, seed=0)),
    )


def measure(pooled: Float32s, landmarks: Int64s, seeds: int) -> pd.DataFrame:
    """A row per descriptor, overlap, split and query: its landmark, its training images, and AP by chain."""
    tables = []
    for overlap in OVERLAPS:
        for seed in range(seeds):
            rows = split(landmarks, overlap, seed)
            shown = landmarks[rows["query"]]
            relevant = shown[:, None] == landmarks[rows["index"]]
            sizes = np.bincount(landmarks[rows["train"]], minlength=landmarks.max() + 1)[shown]
            for name, make in descriptors(pooled, landmarks, rows["train"]):
                inputs = make_inputs(make(), landmarks, rows)
                figures = {
                    chain: average_precisions(inputs, relevant, steps) for chain, steps in CHAINS.items()
                }
                given = {"descriptor": name, "overlap": overlap, "landmark": shown, "size": sizes}
                tables.append(pd.DataFrame({**given, **figures}))
    return pd.concat(tables, ignore_index=True)


def interval(difference: np.ndarray, landmarks: np.ndarray) -> tuple[float, float, float]:
    """Mean difference in points, and its 95 % interval when landmarks are resampled."""
    _, cluster = np.unique(landmarks, return_inverse=True)
    sums, counts = np.bincount(cluster, difference), np.bincount(cluster)
    drawn = np.random.default_rng(0).multinomial(len(sums), np.full(len(sums), 1 / len(sums)), 4_000)
    low, high = np.quantile((drawn @ sums) / (drawn @ counts), [0.025, 0.975])
    return 100 * difference.mean(), 100 * low, 100 * high


def print_grid(figures: pd.DataFrame, method: str) -> None:
    """One table, the largest losses of a method to the better of k-NN and αQE first."""
    kinds = np.select([figures["size"] == 0, figures["size"] <= 2], ["unknown", "small"], "large")
    both = [figures.assign(landmarks="all"), figures.assign(landmarks=kinds)]
    lines = []
    for key, group in pd.concat(both).groupby(["descriptor", "overlap", "landmarks"], sort=False):
        safe = max(("k-NN", "αQE"), key=lambda chain: group[chain].mean())
        gains = [
            interval((group[method] - group[c]).to_numpy(), group["landmark"].to_numpy())
            for c in (safe, "αQE, sort, insert")
        ]
        means = [f"{100 * group[chain].mean():.1f}" for chain in CHAINS]
        cells = [f"{mean:+.1f} [{low:+.1f}, {high:+.1f}]" for mean, low, high in gains]
        lines.append(
            (gains[0][0], [*map(str, key), f"{len(group)} / {group['landmark'].nunique()}", *means, *cells])
        )
    heads = [
        "descriptor",
        "overlap",
        "landmarks",
        "queries / landmarks",
        *CHAINS,
        f"{method} − better of k-NN, αQE",
        f"{method} − αQE, sort, insert",
    ]
    print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    for _, line in sorted(lines, key=lambda line: line[0]):
        print(f"| {' | '.join(line)} |")


def main() -> None:
    """Print the grid."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("weights")
    parser.add_argument("--vectors", type=Path, help="npz file in which the pooled vectors are kept")
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--method", default="calibrated", choices=[*CHAINS])
    given = parser.parse_args()
    torch.set_num_threads(1)  # so that the trained projection is the same everywhere
    if given.vectors is not None and given.vectors.exists():
        kept = np.load(given.vectors)
        pooled, names = kept["vectors"], kept["landmarks"].tolist()
    else:
        pooled, names = embed_photographs(given.folder, given.weights)
        if given.vectors is not None:
            np.savez(given.vectors, vectors=pooled, landmarks=np.array(names))
    landmarks = np.unique(names, return_inverse=True)[1] - ("" in names)
    print_grid(measure(pooled, landmarks.astype(np.int64), given.seeds), given.method)


if __name__ == "__main__":
    main()
