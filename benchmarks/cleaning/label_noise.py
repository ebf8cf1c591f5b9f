"""Effect of label noise, and of cleaning, on training and on votes, on real photographs.

    … benchmarks/cleaning/label_noise.py PHOTOGRAPHS --weights WEIGHTS [--splits 8]

PHOTOGRAPHS holds one sub-folder per landmark in `landmarks/`, and photographs of none in `distractors/`.
WEIGHTS is what the configuration calls `model.weights` of a SqueezeNet, such as `caffe:squeezenet1_0.pth`.

In each split 40 % of the photographs of 65 % of the landmarks with four or more train, 20 % are queries and
40 % are index images, to which the distractors belong; photographs of all other landmarks train. 0, 10, 30
and 50 % of the training labels are replaced (`manifests.label_noise`; seeded by the split). The training set
is taken as it is, cleaned as in `conf/photos` (but copies verify), cleaned with `too_small: keep`, and
without the planted labels (what perfect cleaning would leave). Trained is a linear projection of the
network's vectors with ArcFace, always for the same number of steps. Figures are mAP@100; differences are to
the training set as it is, at the same noise, by the same method; intervals resample landmarks, over all
splits; `*` marks p < 0.05 adjusted for all rows. Small landmarks have one or two training photographs.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from planted_photographs import NEIGHBOURS, VERIFICATION, Collection
from pydantic import TypeAdapter

from landmark_retrieval.arrays import Float32s, Float64s, Int64s
from landmark_retrieval.cleaning.neighbours import same_landmark_neighbours
from landmark_retrieval.cleaning.spatial_cleaning import CleaningSettings, clean
from landmark_retrieval.embeddings import Embeddings, normalise
from landmark_retrieval.local_features.storage.store import LocalFeatureStore
from landmark_retrieval.losses.arcface import ArcFace
from landmark_retrieval.manifests.label_noise import LabelNoiseSettings, plant_label_noise, planted_faults
from landmark_retrieval.manifests.manifest import as_published
from landmark_retrieval.metrics.cleaning_quality import score_cleaning
from landmark_retrieval.metrics.intervals import IntervalSettings
from landmark_retrieval.metrics.paired_tests import holm, mean_difference
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.reranking.chain import Step, apply_chain
from landmark_retrieval.reranking.inputs import RerankingInputs
from landmark_retrieval.search.exact_search import search
from landmark_retrieval.verification.pairs import verify_pairs
from landmark_retrieval.voting.settings import CalibrationSettings
from landmark_retrieval.voting.soft_voting import soft_vote
from landmark_retrieval.voting.training_landmarks import calibrate_labels
from landmark_retrieval.voting.votes import TrainSet, collect_votes

SHARES = (0.0, 0.1, 0.3, 0.5)
STEPS, BATCH, DIM, DEPTH = 240, 32, 128, 100
CLEANING = {
    **{**NEIGHBOURS, "method": "frequency", "min_inliers": 8, "min_verified_neighbours": 1},
    "min_landmark_size": 2,
}
AS_IS, CLEANED, KEPT, EXACT = "as it is", "cleaned", "cleaned, small kept", "planted labels removed"
VOTERS = {AS_IS: (AS_IS, CLEANED, KEPT), CLEANED: (CLEANED, AS_IS, KEPT), KEPT: (KEPT,), EXACT: (EXACT,)}
CHAINS: dict[str, list[dict[str, Any]]] = {
    "sort_insert": [{"method": "knn"}, {"method": "sort_step"}, {"method": "insert_step"}],
    "calibrated_labels": [{"method": "knn"}, {"method": "calibrated_labels"}],
}
KNN = "knn"
SMALL = 2
"""Training photographs of a small landmark, at most."""
INTERVALS = IntervalSettings(resamples=4_000, confidence=0.95, seed=0)


class Labelled:
    """The labelled photographs of a collection, their neighbours and local features."""

    def __init__(self, collection: Collection) -> None:
        images = collection.images
        self.rows = np.flatnonzero(images["place"] != "")
        self.distractors = np.flatnonzero(images["place"] == "")
        named = images.iloc[self.rows]
        _, landmarks = np.unique(named["place"].to_numpy(str), return_inverse=True)
        table = named[["image_id", "path", "width", "height"]].assign(landmark_id=landmarks.astype(np.int64))
        self.manifest = as_published(table, "photographs", "")
        everything = np.arange(len(images))
        self.vectors = normalise(collection.embeddings(everything, images["image_id"].tolist()).vectors)
        own = Embeddings(table["image_id"].to_numpy(str), self.vectors[self.rows])
        self.neighbours: Ranking = search(own, own, len(own))
        self.features: LocalFeatureStore = collection.features(named)


def split(landmarks: Int64s, seed: int) -> pd.Series:
    """The split of each labelled photograph."""
    rng = np.random.default_rng([seed, 7])
    named, counts = np.unique(landmarks, return_counts=True)
    enough = named[counts >= 4]
    splits = np.full(len(landmarks), "train", dtype=object)
    for landmark in rng.permutation(enough)[: round(0.65 * len(enough))]:
        own = rng.permutation(np.flatnonzero(landmarks == landmark))
        n_train, n_query = (max(1, round(share * len(own))) for share in (0.4, 0.2))
        splits[own[n_train:]] = "index"
        splits[own[n_train : n_train + n_query]] = "query"
    return pd.Series(splits)


def versions(labelled: Labelled, splits: pd.Series, share: float, seed: int) -> dict[str, pd.DataFrame]:
    """The training set with so much noise, and what cleaning makes of it."""
    right = labelled.manifest.assign(kept=(splits == "train").to_numpy())
    noisy = plant_label_noise(right, LabelNoiseSettings(share=share, seed=seed))
    alone = -1 - np.arange(len(noisy))  # photographs that do not train have no neighbour
    landmarks = np.where(noisy["kept"], noisy["landmark_id"], alone)
    pairs = same_landmark_neighbours(labelled.neighbours, landmarks, CLEANING["max_verified"])
    evidence = verify_pairs(labelled.features, pairs, VERIFICATION, 1)
    made = {AS_IS: noisy}
    for name, too_small in ((CLEANED, "remove"), (KEPT, "keep")):
        settings = CleaningSettings.model_validate(CLEANING | {"too_small": too_small})
        made[name] = clean(evidence, noisy, settings, "evidence")
    if share:
        wrong = noisy["image_id"].isin(planted_faults(right, noisy)["image_id"])
        made[EXACT] = noisy.assign(kept=noisy["kept"] & ~wrong)
    return made


def project(labelled: Labelled, manifest: pd.DataFrame) -> Float32s:
    """All vectors through a projection with batch normalisation, trained for `STEPS` steps."""
    torch.manual_seed(0)
    kept = manifest["kept"].to_numpy()
    names, labels = np.unique(manifest.loc[kept, "landmark_id"], return_inverse=True)
    x, y = torch.tensor(labelled.vectors[labelled.rows[kept]]), torch.tensor(labels)
    head = ArcFace(len(names), DIM, scale=30.0, margin=0.3)
    layers = torch.nn.Sequential(torch.nn.Linear(x.shape[1], DIM), torch.nn.BatchNorm1d(DIM))
    optimiser = torch.optim.Adam([*layers.parameters(), *head.parameters()], lr=1e-3, weight_decay=1e-4)
    for rows in _batches(len(x)):
        logits = head.logits(head.cosines(layers(x[rows])), y[rows])
        loss = torch.nn.functional.cross_entropy(logits, y[rows])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    with torch.inference_mode():
        return normalise(layers.eval()(torch.tensor(labelled.vectors)).numpy())


def _batches(n: int) -> Iterator[torch.Tensor]:
    """`STEPS` batches of the same size from one pass after the other."""
    passes = [torch.randperm(n) for _ in range(STEPS * BATCH // n + 1)]
    yield from torch.cat(passes).split(BATCH)[:STEPS]


def inputs_of(vectors: Float32s, rows: dict[str, Int64s], train: TrainSet) -> RerankingInputs:
    """What the chains read."""
    parts = {name: Embeddings(own.astype(str), vectors[own]) for name, own in rows.items()}
    votes = {
        side: collect_votes(search(part, train.embeddings, 3), train.landmark_ids, 3)
        for side, part in parts.items()
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
        depth=DEPTH,
    )


def measure(labelled: Labelled, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """AP of every query of a split, and what cleaning found."""
    truth = labelled.manifest["landmark_id"].to_numpy()
    splits = split(truth, seed)
    own = {name: np.flatnonzero(splits == name) for name in ("query", "index", "train")}
    shown = truth[own["query"]]
    answers = np.append(truth[own["index"]], np.full(len(labelled.distractors), -1))
    rows = {
        "query": labelled.rows[own["query"]],
        "index": np.append(labelled.rows[own["index"]], labelled.distractors),
    }
    relevant = shown[:, None] == answers
    sizes = np.bincount(truth[own["train"]])[shown]
    asked = pd.DataFrame({"landmark": shown, "query": own["query"], "size": sizes, "split": seed})
    tables, found = [], []
    for share in SHARES:
        made = versions(labelled, splits, share, seed)
        found.append(_quality(made, share))
        for trained, manifest in made.items():
            vectors = project(labelled, manifest)
            for key, ap in _figures(labelled, vectors, rows, relevant, made, trained):
                given = {"noise": share, "trained": trained, "voters": key[0], "chain": key[1], "ap": ap}
                tables.append(asked.assign(**given))
    return pd.concat(tables), pd.concat(found)


def _figures(
    labelled: Labelled,
    vectors: Float32s,
    rows: dict[str, Int64s],
    relevant: np.ndarray,
    made: dict[str, pd.DataFrame],
    trained: str,
) -> Iterator[tuple[tuple[str, str], Float64s]]:
    """AP by voters and chain."""
    for voters in VOTERS[trained]:
        kept = made[voters]["kept"].to_numpy()
        ids = labelled.rows[kept]
        train = TrainSet(
            Embeddings(ids.astype(str), vectors[ids]), made[voters].loc[kept, "landmark_id"].to_numpy()
        )
        inputs = inputs_of(vectors, rows, train)
        if voters == trained:
            yield ("–", KNN), average_precision([{"method": KNN}], inputs, relevant)
        for chain, steps in CHAINS.items():
            yield (voters, chain), average_precision(steps, inputs, relevant)


def average_precision(steps: list[dict[str, Any]], inputs: RerankingInputs, relevant: np.ndarray) -> Float64s:
    """AP@100 of each query."""
    ranking = apply_chain(TypeAdapter(list[Step]).validate_python(steps), None, inputs)
    hits = np.take_along_axis(relevant, np.maximum(ranking.positions, 0), axis=1) & (ranking.positions >= 0)
    precision = np.cumsum(hits, axis=1) / np.arange(1, hits.shape[1] + 1)
    return (hits * precision).sum(axis=1) / np.minimum(relevant.sum(axis=1), DEPTH)


def _quality(made: dict[str, pd.DataFrame], share: float) -> pd.DataFrame:
    """Counts of removed and planted labels of the cleaned versions."""
    listed = made[AS_IS]["kept"].to_numpy()
    planted = made[AS_IS].loc[listed, "reason"].str.startswith("planted")
    faults = made[AS_IS].loc[listed, ["image_id"]].assign(fault=np.where(planted, "planted", ""))
    tables = []
    for name in (CLEANED, KEPT):
        kept = made[name][listed].reset_index(drop=True)
        scores = score_cleaning(kept, faults)
        places = kept.loc[kept["kept"], "landmark_id"].nunique(), kept["landmark_id"].nunique()
        left = {"measure": "landmarks left", "fault": "none", "count": places[0], "total": places[1]}
        tables.append(pd.concat([scores, pd.DataFrame([left])]).assign(noise=share, version=name))
    return pd.concat(tables)


def compare(figures: pd.DataFrame) -> list[dict[str, Any]]:
    """A row for each training set, voters and chain, with its difference to the training set as it is."""
    query, groups = ["split", "query"], ["noise", "trained", "voters", "chain"]
    lines = []
    for key, table in figures.groupby(groups, sort=False):
        noise, trained, voters, chain = key
        first = "–" if chain == KNN else AS_IS
        same = figures[(figures["noise"] == noise) & (figures["chain"] == chain)]
        baseline = same[(same["trained"] == AS_IS) & (same["voters"] == first)].set_index(query)
        ap = table.set_index(query)
        change = ap["ap"] - baseline["ap"].reindex(ap.index)
        line = dict(zip(groups, key, strict=True)) | {"mAP": 100 * ap["ap"].mean(), "p": np.nan}
        sizes, is_first = ap["size"].to_numpy(), trained == AS_IS and voters == first
        for name, chosen in (("all", sizes > 0), ("small", sizes <= SMALL), ("large", sizes > SMALL)):
            drawn = mean_difference(
                100 * change.to_numpy()[chosen], INTERVALS, ap["landmark"].to_numpy()[chosen]
            )
            line[name] = None if is_first else drawn
        lines.append(line | ({} if is_first else {"p": line["all"].p}))
    tested = [line for line in lines if line["all"] is not None]
    for line, p in zip(tested, holm(pd.Series([line["p"] for line in tested])), strict=True):
        line["p"] = p
    return sorted(lines, key=lambda line: -np.inf if line["all"] is None else line["all"].estimate)


def print_tables(figures: pd.DataFrame, found: pd.DataFrame) -> None:
    """Both tables, the losing rows first."""
    counts = found.groupby(["noise", "version", "measure", "fault"], sort=False)[["count", "total"]].sum()
    print("| noise | training set | | count | share |\n|---|---|---|---|---|")
    for (noise, version, measure, fault), row in counts[counts["total"] > 0].iterrows():
        if fault in ("none", "planted"):
            count, total = row
            cells = f"{measure} {fault} | {count} of {total} | {100 * count / total:.1f} %"
            print(f"| {noise:.0%} | {version} | {cells} |")
    shown = figures[["split", "query"]].drop_duplicates()
    of = f"{figures['split'].nunique()} splits, {figures['landmark'].nunique()} landmarks"
    print(f"\n{len(shown)} queries in {of}\n")
    heads = ["noise", "trained on", "votes of", "chain", "mAP@100", "Δ all", "Δ small", "Δ large"]
    print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    for line in compare(figures):
        cells = [f"{line['noise']:.0%}", line["trained"], line["voters"], line["chain"], f"{line['mAP']:.1f}"]
        for name in ("all", "small", "large"):
            star = "*" if name == "all" and line["p"] < 0.05 else ""
            d = line[name]
            cells.append("–" if d is None else f"{d.estimate:+.1f} [{d.low:+.1f}, {d.high:+.1f}]{star}")
        print(f"| {' | '.join(cells)} |")


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("photographs", type=Path)
    parser.add_argument("--weights", required=True)
    parser.add_argument("--splits", type=int, default=8)
    arguments = parser.parse_args()
    # one thread, so that vectors and the projection trained on them are the same everywhere
    labelled = Labelled(Collection(arguments.photographs, arguments.weights, threads=1))
    torch.set_num_threads(1)
    tables, found = zip(*(measure(labelled, seed) for seed in range(arguments.splits)), strict=True)
    print_tables(pd.concat(tables), pd.concat(found))


if __name__ == "__main__":
    main()
