"""Extraction of local features, their size on disk, and how fast large stores are opened and read.

    … benchmarks/cleaning/local_features.py [--photographs FOLDER] [--pictures 64] [--workers 2]

Without a folder of photographs, pictures are drawn. The large stores are one shard of random features under
many names (hard links): opening and locating costs what it would, but the bytes come from the page cache, not
from a disk.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
import pandas as pd

from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.local_features.extraction import extract_features
from landmark_retrieval.local_features.features import LocalFeatures
from landmark_retrieval.local_features.root_sift import RootSift, RootSiftSettings
from landmark_retrieval.local_features.storage.quantisation import quantise, unit_rows
from landmark_retrieval.local_features.storage.shard import FeatureShard
from landmark_retrieval.local_features.storage.store import SHARD_IMAGES, LocalFeatureStore
from landmark_retrieval.local_features.storage.store_files import Contents, ShardEntry, shard_path
from timing import peak_mib, timed

GLDV2_TRAIN = 4_132_914
SIZES = (10_240, 409_600, GLDV2_TRAIN)
KEYPOINTS, DIM, ASKED = 500, 128, 1000


def draw(folder: Path, n: int) -> list[str]:
    """Pictures of 640 x 480 pixels with a few hundred blobs."""
    rng = np.random.default_rng(0)
    for i in range(n):
        coarse = rng.integers(0, 256, (48, 64, 3), dtype=np.uint8)
        picture = cv2.resize(coarse, (640, 480), interpolation=cv2.INTER_CUBIC)
        cv2.imwrite(str(folder / f"{i}.jpg"), picture)
    return [f"{i}.jpg" for i in range(n)]


def extraction(files: FileTree, paths: list[str], workers: int, scratch: Path) -> None:
    """Images a second: first run, continued run; bytes per image; error of what is kept."""
    settings = RootSiftSettings(
        kind="root_sift", max_keypoints=KEYPOINTS, max_side=640, contrast_threshold=0.02
    )
    table = pd.DataFrame({"image_id": [f"{i:08d}" for i in range(len(paths))], "path": paths})
    stream = extract_features(files, table, RootSift(settings), workers, crop=False, work=scratch / "work")
    store, seconds = timed(lambda: stream.save(scratch / "first"))
    again, continued = timed(lambda: stream.save(scratch / "second"))
    assert again.fingerprint == store.fingerprint
    n, total = len(paths), sum(len(store.stored(row)) for row in range(len(store)))
    print(f"RootSIFT, {workers} threads: {n / seconds:.1f} images/s, {total / n:.0f} keypoints an image")
    print(f"the same with every shard finished: {n / continued:.0f} images/s")
    size = sum(path.stat().st_size for path in (scratch / "first").iterdir())
    # x, y and score as float32 beside the descriptor: what a plain store would hold.
    for name, each in (("float32", 12 + 4 * DIM), ("float16", 12 + 2 * DIM)):
        print(f"plain store with descriptors as {name}: {each * total / n:.0f} bytes an image")
    print(f"this store, ids and headers included: {size / n:.0f} bytes an image")
    errors([f for _, f in zip(range(100), stream, strict=False)])


def errors(images: list[LocalFeatures]) -> None:
    """How far cosines of random pairs of descriptors move, and how many values are too large for uint8."""
    rows = np.concatenate([features.descriptors for features in images])
    i, j = np.random.default_rng(0).integers(len(rows), size=(2, 200_000))
    cosines = (rows[i] * rows[j]).sum(axis=1)
    print(f"values above 255.5/512: {(rows > 255.5 / 512).mean():.2e}; largest {rows.max():.3f}")
    for encoding in ("uint8", "float16"):
        kept = LocalFeatures(
            np.zeros((len(rows), 2), np.float32), rows, np.ones(len(rows), np.float32), encoding
        )
        again = unit_rows(quantise("all", kept).descriptors)
        moved = np.abs((again[i] * again[j]).sum(axis=1) - cosines)
        print(f"cosine error as {encoding}: mean {moved.mean():.1e}, largest {moved.max():.1e}")


def random_shard() -> FeatureShard:
    """A full shard of random histograms."""
    rng = np.random.default_rng(0)
    shares = rng.gamma(0.7, size=(KEYPOINTS, DIM))
    descriptors = np.sqrt(shares / shares.sum(axis=1, keepdims=True)).astype(np.float32)
    points, scores = rng.uniform(0, 640, (KEYPOINTS, 2)).astype(np.float32), np.ones(KEYPOINTS, np.float32)
    image = quantise("random", LocalFeatures(points, descriptors, scores, "uint8"))
    return FeatureShard.pack([f"{i:016x}" for i in range(SHARD_IMAGES)], [image] * SHARD_IMAGES)


def large_store(folder: Path, shard: FeatureShard, n: int) -> int:
    """A store of `n` images, rounded up to whole shards, that are all the same; how many there are."""
    folder.mkdir()
    n_shards = -(-n // SHARD_IMAGES)
    shard.save(shard_path(folder, 0))
    for number in range(1, n_shards):
        os.link(shard_path(folder, 0), shard_path(folder, number))
    ids = np.char.mod("%016x", np.arange(n_shards * SHARD_IMAGES))
    Contents.of([ShardEntry.of(shard)] * n_shards, SHARD_IMAGES).save(folder, ids)
    return len(ids)


def reading(scratch: Path) -> None:
    """Open stores of three sizes and read random images of them."""
    shard = random_shard()
    for size in SIZES:
        folder = scratch / str(size)
        n = large_store(folder, shard, size)
        store, opened = timed(lambda folder=folder: LocalFeatureStore.load(folder), repeats=3)
        rows = np.random.default_rng(0).integers(n, size=ASKED).tolist()
        _, anywhere = timed(lambda store=store, rows=rows: [store.stored(row) for row in rows])
        near = [row % SHARD_IMAGES for row in rows]
        _, there = timed(lambda store=store, near=near: [store.stored(row) for row in near], repeats=3)
        _, floats = timed(lambda store=store, near=near: [store.features(row) for row in near], repeats=3)
        _, found = timed(lambda store=store: store.rows_of(["0", "000000000000000a"]))
        _, again = timed(lambda store=store: store.rows_of(["0", "000000000000000a"]))
        print(
            f"{n:9,d} images: opened in {1e3 * opened:.0f} ms; {ASKED} random ones {1e3 * anywhere:.0f} ms; "
            f"in an open shard stored {1e6 * there / ASKED:.1f} µs, features {1e6 * floats / ASKED:.0f} µs; "
            f"rows of ids {found:.1f} s the first time, then {1e3 * again:.1f} ms"
        )
    size = shard_path(scratch / str(SIZES[0]), 0).stat().st_size
    for keypoints in (KEYPOINTS, 2 * KEYPOINTS):
        whole = GLDV2_TRAIN * size / SHARD_IMAGES * keypoints / KEYPOINTS
        print(f"{GLDV2_TRAIN:,d} images of {keypoints} keypoints: {whole / 1e9:.0f} GB")
    print(f"largest resident memory {peak_mib():.0f} MiB")


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--photographs", type=Path, help="folder of JPEG files, searched through")
    parser.add_argument("--pictures", type=int, default=64)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    with TemporaryDirectory() as temporary:
        scratch = Path(temporary)
        if arguments.photographs:
            root = arguments.photographs
            paths = sorted(str(path.relative_to(root)) for path in root.rglob("*.jpg"))[: arguments.pictures]
        else:
            root = scratch / "pictures"
            root.mkdir()
            paths = draw(root, arguments.pictures)
        extraction(FileTree(root), paths, arguments.workers, scratch)
        reading(scratch)


if __name__ == "__main__":
    main()
