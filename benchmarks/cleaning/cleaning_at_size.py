"""How cleaning grows with the number of photographs, and what Google Landmarks v2 would need.

    … benchmarks/cleaning/cleaning_at_size.py [--sizes 300 600 1200] [--keypoints 500]

Photographs of 640 pixels are drawn, twenty of a scene, and go through the steps of cleaning but the
embedding and the search of neighbours (`search.py`, `approximate_search.py`): local features, verification
of each photograph with the others of its scene, decision, survey of thresholds, boxes. Time and disk are
extrapolated to 4,132,914 photographs by the exponent that the sizes show, and linearly from the largest.
How many pairs that set has is not known: at most 99 neighbours of each photograph are verified, so that 409
million is a bound.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import cv2
import numpy as np
import pandas as pd

from landmark_retrieval.cleaning.boxes import BoxSettings, estimate_boxes
from landmark_retrieval.cleaning.spatial_cleaning import CleaningSettings, clean
from landmark_retrieval.cleaning.threshold_sweep import threshold_sweep
from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.local_features.extraction import extract_features
from landmark_retrieval.local_features.root_sift import RootSift, RootSiftSettings
from landmark_retrieval.manifests.manifest import as_published
from landmark_retrieval.storage.parts import Shards
from landmark_retrieval.verification.pairs import verify_pairs, work_fingerprint
from landmark_retrieval.verification.settings import VerificationSettings

WHOLE, BOUND = 4_132_914, 99
PER_SCENE, SIDE, WORKERS = 20, 640, 2
VERIFICATION = VerificationSettings.model_validate(
    {
        "matching": {
            "method": "product",
            "mutual": True,
            "max_distance": 0.9,
            "ratio": 0.85,
        },
        "consensus": {"transform": "affine", "threshold_px": 6.0, "iterations": 2000, "confidence": 0.999},
        "seed": 0,
    }
)
CLEANING = CleaningSettings.model_validate(
    {
        "method": "frequency", "neighbours": 1000, "max_verified": BOUND, "min_inliers": 31,
        "min_verified_neighbours": 3, "copies_verify": True, "min_landmark_size": 1, "too_small": "remove",
    }
)  # fmt: skip
BOXES = BoxSettings(min_inliers=31, step=0.1, tolerance_px=0.5, max_rounds=200)


def draw(folder: Path, n: int) -> pd.DataFrame:
    """Photographs of scenes, and their table."""
    rows = []
    for scene in range(n // PER_SCENE):
        rng = np.random.default_rng([0, scene])
        coarse = rng.integers(0, 256, (SIDE // 12, SIDE // 12, 3), dtype=np.uint8)
        wall = cv2.resize(coarse, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
        for i in range(PER_SCENE):
            linear = np.eye(2) * rng.uniform(0.7, 1.1) + rng.normal(0, 0.1, (2, 2))
            view = cv2.warpAffine(wall, np.hstack([linear, rng.uniform(0, 40, (2, 1))]), (SIDE, SIDE))
            noisy = view * rng.uniform(0.6, 1) + rng.normal(0, 6, (SIDE, SIDE, 1))
            name = f"{scene:06d}_{i}"
            cv2.imwrite(str(folder / f"{name}.jpg"), np.clip(noisy, 0, 255).astype(np.uint8))
            rows.append((name, f"{name}.jpg", SIDE, SIDE, scene))
    columns = ["image_id", "path", "width", "height", "landmark_id"]
    return pd.DataFrame(rows, columns=columns).astype({"image_id": "str", "path": "str"})


def size_of(folder: Path) -> int:
    """Bytes of all files below."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def run(n: int, keypoints: int) -> dict[str, float]:
    """Seconds and bytes of each step for `n` photographs."""
    figures: dict[str, float] = {}

    def timed(step: str, work: Callable[[], Any]) -> Any:
        started = perf_counter()
        result = work()
        figures[step] = perf_counter() - started
        return result

    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        for name in ("photographs", "work", "features", "shards"):
            (root / name).mkdir()
        table = draw(root / "photographs", n)
        features = RootSiftSettings(
            kind="root_sift", max_keypoints=keypoints, max_side=SIDE, contrast_threshold=0.02
        )
        stream = extract_features(
            FileTree(root / "photographs"), table, RootSift(features), WORKERS, crop=False, work=root / "work"
        )
        store = timed("local features", lambda: stream.save(root / "features"))
        rows = np.arange(n).reshape(-1, PER_SCENE)
        first, second = np.triu_indices(PER_SCENE, 1)
        pairs = np.concatenate([np.stack([scene[first], scene[second]], axis=1) for scene in rows])
        both = np.concatenate([pairs, pairs[:, ::-1]]).astype(np.int64)
        shards = Shards(root / "shards", work_fingerprint(store, None, both, VERIFICATION))
        evidence = timed("verification", lambda: verify_pairs(store, both, VERIFICATION, 1, parts=shards))
        source = as_published(table, "drawn", "")
        manifest = timed("decision", lambda: clean(evidence, source, CLEANING, "evidence"))
        timed(
            "thresholds",
            lambda: threshold_sweep(evidence, source, range(21, 56, 5), range(1, 11), 1),
        )
        timed("boxes", lambda: estimate_boxes(evidence, manifest, np.ones(n), BOXES))
        figures |= {
            "bytes of features": size_of(root / "features"),
            "bytes of evidence": size_of(root / "shards"),
            "pairs": len(evidence),
            "kept": float(manifest["kept"].mean()),
        }
    return figures


def main() -> None:
    """Three sizes, growth, extrapolation."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[300, 600, 1200])
    parser.add_argument("--keypoints", type=int, default=500)
    arguments = parser.parse_args()
    run(2 * PER_SCENE, arguments.keypoints)  # compiles
    found = {n: run(n, arguments.keypoints) for n in arguments.sizes}
    print(pd.DataFrame(found).to_string(float_format="{:.3f}".format))
    small, large = min(found), max(found)
    print(f"\n{os.cpu_count()} cores; per photograph and pair at {large}, and the whole")
    of_pairs = {"verification", "decision", "thresholds", "boxes", "bytes of evidence"}
    for name, value in found[large].items():
        if name in ("pairs", "kept"):
            continue
        exponent = np.log(value / found[small][name]) / np.log(large / small)
        unit = found[large]["pairs"] if name in of_pairs else large
        whole = WHOLE * BOUND if name in of_pairs else WHOLE
        linear, steep = value / unit * whole, value * (whole / unit) ** max(exponent, 1.0)
        shown = [f"{x / 2**30:.0f} GiB" if "bytes" in name else f"{x / 3600:.1f} h" for x in (linear, steep)]
        each = f"{value / unit:.0f} B" if "bytes" in name else f"{value / unit * 1e6:.0f} µs"
        print(f"{name}: {each} each, exponent {exponent:.2f}; whole {shown[0]} linearly, {shown[1]} by it")


if __name__ == "__main__":
    main()
