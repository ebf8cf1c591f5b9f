"""Decisions of cleaning at growing sizes, and what they would take at the size of Google Landmarks v2.

    PYTHONPATH=src:benchmarks python benchmarks/cleaning/cleaning_decisions.py [--sizes 40000 200000 1000000]

Every step is one thread's work; its processor seconds are given, which other work hardly changes.

Evidence is simulated: landmarks of 20 images on average, each image in 30 pairs, most of them of its
landmark, inliers that fall off geometrically, transforms that shift by some pixels. Growth exponents are
those between the two largest sizes; whole size is extrapolated from the largest by them, and at least in
proportion.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from time import process_time
from typing import Any

import numpy as np
import pandas as pd

from landmark_retrieval.cleaning.boxes import BoxSettings, estimate_boxes
from landmark_retrieval.cleaning.spatial_cleaning import CleaningSettings, clean
from landmark_retrieval.cleaning.threshold_sweep import threshold_sweep
from landmark_retrieval.manifests.difference import landmark_difference, manifest_difference
from landmark_retrieval.manifests.manifest import (
    as_published,
    manifest_fingerprint,
    source_version,
)
from landmark_retrieval.verification.evidence import Evidence
from simulated import SIZES
from timing import peak_mib

WHOLE = SIZES["GLD-v2"]["train"]
NEIGHBOURS, LANDMARK_SIZE, MEAN_INLIERS = 30, 20, 6
SHARED: dict[str, Any] = {
    "neighbours": 1000, "max_verified": 100, "min_inliers": 10, "copies_verify": True, "min_landmark_size": 2,
    "too_small": "remove",
}  # fmt: skip
FREQUENCY = CleaningSettings.model_validate(SHARED | {"method": "frequency", "min_verified_neighbours": 3})
MATCH_GRAPH = CleaningSettings.model_validate(
    SHARED | {"method": "match_graph", "components": "largest", "min_component": 2}
)
BOXES = BoxSettings(min_inliers=10, step=0.1, tolerance_px=0.5, max_rounds=100)


def simulated_source(n: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Images with their landmarks, and the hashes of their files."""
    rng = np.random.default_rng(0)
    ids = pd.array(np.sort([f"{number:016x}" for number in rng.permutation(2 * n)[:n]]), dtype="str")
    train = pd.DataFrame({"image_id": ids, "path": ids, "width": 800, "height": 600})
    train["landmark_id"] = rng.integers(0, n // LANDMARK_SIZE, n)
    digests = pd.array([f"{number:064x}" for number in rng.permutation(n)], dtype="str")
    hashes = pd.DataFrame({"image_id": ids, "split": pd.array(["train"] * n, dtype="str"), "sha256": digests})
    return train, hashes


def simulated_evidence(train: pd.DataFrame) -> Evidence:
    """Pairs of images that lie near each other in an order by landmark."""
    rng = np.random.default_rng(1)
    n = len(train)
    order = np.argsort(train["landmark_id"].to_numpy(), kind="stable")
    place = np.arange(n)
    near = [
        np.sort(order[np.stack([place[:-step], place[step:]])], axis=0)
        for step in range(1, 1 + NEIGHBOURS // 2)
    ]
    keys = np.unique(np.concatenate([first * n + second for first, second in near]))
    inliers = (rng.geometric(1 / MEAN_INLIERS, len(keys)) - 1).astype(np.int32)
    transforms = np.tile(np.eye(3, dtype=np.float32), (len(keys), 1, 1))
    transforms[:, :2, 2] = rng.normal(0, 20, (len(keys), 2))
    transforms[inliers == 0] = np.nan
    offsets = np.append(0, inliers.cumsum(dtype=np.int64))
    ids = train["image_id"].to_numpy(dtype=str)
    return Evidence(
        ids, ids, np.stack(np.divmod(keys, n), axis=1).astype(np.int32),
        rng.integers(1, 4, len(keys)).astype(np.uint8), inliers, inliers, transforms, offsets,
        rng.integers(0, 480 * 16, (offsets[-1], 4), dtype=np.uint16),
    )  # fmt: skip


def measure(n: int) -> dict[str, float]:
    """Processor seconds of each step at `n` images."""
    train, hashes = simulated_source(n)
    evidence = simulated_evidence(train)
    seconds: dict[str, float] = {}

    def step(name: str, function: Callable[..., Any], *arguments: Any) -> Any:
        started = process_time()
        result = function(*arguments)
        seconds[name] = process_time() - started
        return result

    version = step("source_version", source_version, train, hashes)
    manifest = as_published(train, "gldv2", version)
    step("manifest_fingerprint", manifest_fingerprint, manifest)
    cleaned = step("decide: frequency", clean, evidence, manifest, FREQUENCY, "v2_clean.evidence")
    step("decide: match_graph", clean, evidence, manifest, MATCH_GRAPH, "v2_clean.evidence")
    step("surface: 7 x 10", threshold_sweep, evidence, manifest, range(5, 19, 2), range(1, 11), 2)
    step("manifest_difference", manifest_difference, manifest, cleaned)
    step("landmark_difference", landmark_difference, manifest, cleaned)
    step("boxes", estimate_boxes, evidence, manifest, np.ones(n), BOXES)
    print(
        f"{n} images, {len(evidence)} pairs, {cleaned['kept'].sum()} kept, peak so far {peak_mib():.0f} MiB",
        flush=True,
    )
    return seconds


def main() -> None:
    """Measure, then extrapolate."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[40_000, 200_000, 1_000_000])
    sizes = sorted(parser.parse_args().sizes)
    measure(1_000)  # compiles, imports
    found = [measure(n) for n in sizes]
    print(f"{'step':22s}" + "".join(f"{n:>12,d}" for n in sizes) + f"{'exponent':>10s}{WHOLE:>14,d}")
    for name, largest in found[-1].items():
        line = "".join(f"{seconds[name]:10.2f} s" for seconds in found)
        if len(sizes) > 1:
            exponent = math.log(largest / found[-2][name]) / math.log(sizes[-1] / sizes[-2])
            line += f"{exponent:10.2f}{largest * (WHOLE / sizes[-1]) ** max(exponent, 1):12.1f} s"
        print(f"{name:22s}{line}")


if __name__ == "__main__":
    main()
