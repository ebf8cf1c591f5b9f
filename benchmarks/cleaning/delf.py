"""How well DELF tells pairs of one landmark from pairs of two, beside RootSIFT on the same pairs.

    PYTHONPATH=src:benchmarks python benchmarks/cleaning/delf.py ROOT TABLE DELF [--images 120] [--pairs 300]

ROOT is the folder that the paths of TABLE, a manifest in Parquet, lie in; DELF the folder of a trained model.
As many pairs of one landmark as of two are drawn from the images kept. Per kind of feature and per setting of
matching and of the affine transform: the area under the ROC curve of the inlier count, and the share of
the pairs of one landmark found where one in a hundred of the others is let through, with the count it takes.
The labels are taken for the truth; views of one landmark that share nothing count as missed.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.images.reading import read_rgb
from landmark_retrieval.local_features.delf.extractor import Delf, on_device
from landmark_retrieval.local_features.delf.keypoints import pyramid
from landmark_retrieval.local_features.delf.model import DelfModel, load_delf
from landmark_retrieval.local_features.delf.settings import DelfSettings
from landmark_retrieval.local_features.extractor import Extractor
from landmark_retrieval.local_features.features import LocalFeatures
from landmark_retrieval.local_features.root_sift import RootSift, RootSiftSettings
from landmark_retrieval.local_features.scaling import scaled
from landmark_retrieval.local_features.storage.store import LocalFeatureStore
from landmark_retrieval.models.device import choose_device
from landmark_retrieval.verification.affine import AffineSettings
from landmark_retrieval.verification.matching import MatchingSettings
from landmark_retrieval.verification.pairs import count_inliers
from landmark_retrieval.verification.settings import VerificationSettings
from timing import timed

DEVICE = choose_device("auto")
PYRAMIDS = {"1": (1.0,), "0.5-2": (0.5, 0.7071, 1.0, 1.4142, 2.0), "1-2.8": (1.0, 1.4142, 2.0, 2.8284)}
ROOT_SIFT = RootSiftSettings(kind="root_sift", max_keypoints=500, max_side=640, contrast_threshold=0.02)
DISTANCES, RATIOS, THRESHOLDS = (0.7, 0.9), (0.85, 0.95, None), (6.0, 12.0, 20.0)
BEST = 4

Pairs = NDArray[np.int64]


def draw_images(table: pd.DataFrame, n: int) -> pd.DataFrame:
    """Kept images of landmarks drawn until there are `n`, at most eight of each."""
    kept = table[table["kept"]].groupby("landmark_id").head(8)
    landmarks = np.random.default_rng(0).permutation(np.unique(kept["landmark_id"]))
    rank = {landmark: i for i, landmark in enumerate(landmarks.tolist())}
    ordered = kept.assign(rank=kept["landmark_id"].map(rank)).sort_values(["rank", "image_id"])
    return ordered.head(n).reset_index(drop=True)


def draw_pairs(labels: NDArray[np.int64], n: int) -> tuple[Pairs, NDArray[np.bool_]]:
    """Pairs of rows, at most half of them of one landmark, and which these are."""
    every = np.stack(np.triu_indices(len(labels), 1), axis=1)
    same = labels[every[:, 0]] == labels[every[:, 1]]
    rng = np.random.default_rng(1)
    pairs = np.concatenate([rng.permutation(every[part])[: n // 2] for part in (same, ~same)])
    return pairs, labels[pairs[:, 0]] == labels[pairs[:, 1]]


def area_under_curve(counts: NDArray[np.int64], same: NDArray[np.bool_]) -> float:
    """Share of pairs of pairs that are in the right order, ties half."""
    ahead = np.sign(counts[same][:, None] - counts[~same][None, :])
    return float((ahead + 1).mean() / 2)


def found_at_one_percent(counts: NDArray[np.int64], same: NDArray[np.bool_]) -> tuple[float, int]:
    """Share of pairs of one landmark at the lowest count that 1 % of the others reach, and the count."""
    bound = next(b for b in range(3, counts.max() + 2) if (counts[~same] >= b).mean() <= 0.01)
    return float((counts[same] >= bound).mean()), bound


def settings_tried() -> Iterator[VerificationSettings]:
    """Every combination of bounds on matches and residuals."""
    for distance, ratio, threshold in product(DISTANCES, RATIOS, THRESHOLDS):
        yield VerificationSettings(
            matching=MatchingSettings(method="product", mutual=True, max_distance=distance, ratio=ratio),
            consensus=AffineSettings(threshold_px=threshold, iterations=1000, confidence=0.999),
            seed=0,
        )


def compare(name: str, features: list[LocalFeatures], pairs: Pairs, same: NDArray[np.bool_]) -> None:
    """The best settings by what they find at 1 % false positives."""
    store = LocalFeatureStore.pack([f"{i:05d}" for i in range(len(features))], features)
    rows = []
    for settings in settings_tried():
        counts = count_inliers(store, pairs, settings, workers=1)[:, 1]
        found, bound = found_at_one_percent(counts, same)
        matching = settings.matching
        rows.append(
            f"{name:14s} found at 1 % {found:.3f} (from {bound:2d} inliers)  "
            f"AUC {area_under_curve(counts, same):.3f}  max_distance {matching.max_distance} "
            f"ratio {matching.ratio} threshold {settings.consensus.threshold_px} px"
        )
    print("\n".join(sorted(rows, reverse=True)[:BEST]), flush=True)


def extract(name: str, extractor: Extractor, pictures: list[NDArray[np.uint8]]) -> list[LocalFeatures]:
    """Features of pictures, with a line on the rate."""
    features, seconds = timed(lambda: [extractor(picture) for picture in pictures])
    mean = np.mean([len(f) for f in features])
    print(f"{name:16s} {len(pictures) / seconds:.1f} images/s, {mean:.0f} keypoints an image", flush=True)
    return features


def score_distribution(
    model: DelfModel, pictures: list[NDArray[np.uint8]], settings: DelfSettings
) -> pd.DataFrame:
    """Quantiles of attention over all positions, and positions above them, to choose `min_score` by."""
    ready = on_device(model, DEVICE)
    small = [scaled(picture, settings.max_side) for picture in pictures]
    levels = [level for picture in small for level in pyramid(ready, picture, settings, DEVICE)]
    scores = np.sort(np.concatenate([level.scores for level in levels]))
    quantiles = np.array([0.1, 0.5, 0.9])
    bounds = np.quantile(scores, quantiles, method="lower")
    above = (len(scores) - np.searchsorted(scores, bounds)) / len(pictures)
    return pd.DataFrame({"quantile": quantiles, "score": bounds, "keypoints_per_image": above})


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("root", type=Path)
    parser.add_argument("table", type=Path)
    parser.add_argument("delf", type=Path)
    parser.add_argument("--images", type=int, default=120)
    parser.add_argument("--pairs", type=int, default=300)
    parser.add_argument("--keypoints", type=int, default=500)
    arguments = parser.parse_args()
    files, model = FileTree(arguments.root), load_delf(arguments.delf)
    table = draw_images(pd.read_parquet(arguments.table), arguments.images)
    pictures = [read_rgb(files, path) for path in table["path"]]
    pairs, same = draw_pairs(table["landmark_id"].to_numpy(np.int64), arguments.pairs)
    print(f"{len(pictures)} images, {same.sum()} pairs of one landmark, {(~same).sum()} of two; {DEVICE}")
    compare("RootSIFT", extract("RootSIFT", RootSift(ROOT_SIFT), pictures), pairs, same)
    for name, scales in PYRAMIDS.items():
        settings = DelfSettings(
            kind="delf",
            threads=1,
            max_keypoints=arguments.keypoints,
            max_side=640,
            scales=scales,
            min_score=0,
            amp=False,
        )
        label = f"DELF {name}"
        compare(label, extract(label, Delf(model, settings, DEVICE), pictures), pairs, same)
    print(score_distribution(model, pictures[:20], settings).to_string(index=False))


if __name__ == "__main__":
    main()
