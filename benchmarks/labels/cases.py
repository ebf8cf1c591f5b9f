"""Cases on which steps that use labels are compared: a split of a collection, embedded by one descriptor."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch

from landmark_retrieval.arrays import Float32s, Float64s, Int64s
from landmark_retrieval.embeddings import Embeddings, normalise
from landmark_retrieval.losses.arcface import ArcFace
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.reranking.inputs import RerankingInputs
from landmark_retrieval.search.exact_search import search
from landmark_retrieval.voting.settings import CalibrationSettings
from landmark_retrieval.voting.soft_voting import soft_vote
from landmark_retrieval.voting.training_landmarks import calibrate_labels
from landmark_retrieval.voting.votes import TrainSet, collect_votes

OVERLAPS = ("full", "half", "none", "mixed")
NOBODY = -1
"""Landmark of distractors."""
DEPTH = 100

_MANY = 1_000_000


@dataclass(frozen=True)
class Case:
    """What the chains read, and what they are judged by.

    Attributes:
        collection: of images.
        descriptor: its name.
        overlap: of the training landmarks and those of the queries.
        inputs: of the chains.
        landmarks: `(n_queries,)` true landmark of each query.
        sizes: `(n_queries,)` training images of it.
        judge: average precision of each query, `(n_queries,)`.
    """

    collection: str
    descriptor: str
    overlap: str
    inputs: RerankingInputs
    landmarks: Int64s
    sizes: Int64s
    judge: Callable[[Ranking], Float64s]


def cases_of_landmarks(collection: str, pooled: Float32s, landmarks: Int64s, seeds: int) -> Iterator[Case]:
    """Every overlap, split and descriptor of photographs that show one landmark each, or none.

    Args:
        collection: its name.
        pooled: `(n, dim)` vectors of all photographs.
        landmarks: `(n,)`, `NOBODY` for distractors.
        seeds: number of splits.
    """
    for overlap in OVERLAPS:
        for seed in range(seeds):
            rows = split(landmarks, overlap, seed)
            shown = landmarks[rows["query"]]
            sizes = np.bincount(landmarks[rows["train"]], minlength=landmarks.max() + 1)[shown]
            judge = precision_at_depth(shown[:, None] == landmarks[rows["index"]])
            for name, make in descriptors(pooled, landmarks, rows["train"]):
                inputs = make_inputs(make(), landmarks, rows, DEPTH)
                yield Case(collection, name, overlap, inputs, shown, sizes, judge)


def kept_images(n_landmarks: int, overlap: str) -> Int64s:
    """The most training images that each queried landmark keeps, for landmarks in a random order."""
    place = np.arange(n_landmarks)
    if overlap == "mixed":
        return np.array([_MANY, 1, 0])[place * 3 // n_landmarks]
    kept = {"full": [_MANY, _MANY], "half": [_MANY, 0], "none": [0, 0]}[overlap]
    return np.array(kept)[place * 2 // n_landmarks]


def split(landmarks: Int64s, overlap: str, seed: int) -> dict[str, Int64s]:
    """Rows of training, query and index images."""
    rng = np.random.default_rng([seed, 7])
    named, counts = np.unique(landmarks[landmarks != NOBODY], return_counts=True)
    enough = named[counts >= 4]
    queried = rng.permutation(enough)[: round(0.65 * len(enough))]
    most = dict(zip(queried.tolist(), kept_images(len(queried), overlap).tolist(), strict=True))
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


def precision_at_depth(relevant: np.ndarray) -> Callable[[Ranking], Float64s]:
    """AP@100 by `(n_queries, n_index)` relevance."""

    def judge(ranking: Ranking) -> Float64s:
        hits = np.take_along_axis(relevant, np.maximum(ranking.positions, 0), axis=1)
        hits &= ranking.positions >= 0
        precision = np.cumsum(hits, axis=1) / np.arange(1, hits.shape[1] + 1)
        return (hits * precision).sum(axis=1) / np.minimum(relevant.sum(axis=1), DEPTH)

    return judge


def descriptors(
    pooled: Float32s, landmarks: Int64s, train: Int64s
) -> Iterator[tuple[str, Callable[[], Float32s]]]:
    """Names and makers of the descriptors of all photographs."""
    yield "pooled", lambda: pooled
    yield "whitened on all", lambda: whiten(pooled, pooled)
    yield "whitened on train", lambda: whiten(pooled[train], pooled)
    yield "ArcFace on train", lambda: project(pooled[train], landmarks[train], pooled)


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
            logits = head.logits(head.cosines(layers(x[rows])), y[rows])
            loss = torch.nn.functional.cross_entropy(logits, y[rows])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    with torch.inference_mode():
        return normalise(layers.eval()(torch.tensor(vectors)).numpy())


def make_inputs(vectors: Float32s, landmarks: Int64s, rows: dict[str, Int64s], depth: int) -> RerankingInputs:
    """Everything that the chains read, of the rows of one split; the id of an image is its row."""
    parts = {name: Embeddings(own.astype(str), vectors[own]) for name, own in rows.items()}
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
        depth=depth,
    )
