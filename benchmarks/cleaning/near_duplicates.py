"""Hashes of photographs, and all near pairs among millions of them.

    … benchmarks/cleaning/near_duplicates.py                        # 10k to 5M hashes
    … benchmarks/cleaning/near_duplicates.py --photographs FOLDER   # real ones: distances, seconds

The peers compare all with all: a loop for the smallest size, FAISS's IndexBinaryMultiHash for each. Real
photographs are saved again, resized, brightened and cropped; the table tells in how many bits that shows.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import cv2
import faiss
import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.images.hashing import perceptual_hash
from landmark_retrieval.images.reading import read_rgb
from landmark_retrieval.near_duplicates.hash_neighbours import near_hashes
from timing import peak_mib, report, timed

SIZES = (10_000, 100_000, 200_000, 1_000_000, 5_000_000)
RADII = (4, 6, 10)
_LOOP_UP_TO, _FAISS_UP_TO = 10_000, 200_000
_MANY = 10**9

Pixels = NDArray[np.uint8]


def simulated(n: int) -> NDArray[np.uint64]:
    """Half of the hashes at random, each of the others up to twelve bits from one of them."""
    rng = np.random.default_rng(0)
    random = rng.integers(0, 2**64, n // 2, dtype=np.uint64)
    near = random.copy()
    for _ in range(12):
        turned = rng.random(len(near)) < 0.5
        near[turned] ^= np.uint64(1) << rng.integers(0, 64, turned.sum(), dtype=np.uint64)
    return np.unique(np.concatenate([random, near]))


def loop(hashes: NDArray[np.uint64], radius: int) -> int:
    """Number of pairs, each hash against those after it."""
    following = (np.bitwise_count(hashes[i + 1 :] ^ hashes[i]) for i in range(len(hashes)))
    return sum(int((distances <= radius).sum()) for distances in following)


def multi_hash(hashes: NDArray[np.uint64], radius: int) -> int:
    """Number of pairs by FAISS: four bands of 16 bits, each searched up to the radius of a quarter."""
    codes = hashes.view(np.uint8).reshape(-1, 8)
    index = faiss.IndexBinaryMultiHash(64, 4, 16)
    index.nflip = radius // 4
    index.add(codes)
    limits, _, rows = index.range_search(codes, radius + 1)
    asked = np.repeat(np.arange(len(hashes)), np.diff(limits.astype(np.int64)))
    return int((rows > asked).sum())


def compare_peers() -> None:
    """Seconds for every size and radius."""
    near_hashes(simulated(1_000), 6, _MANY)  # compiles
    for n in SIZES:
        hashes = simulated(n)
        for radius in RADII:
            found, ours = timed(near_hashes, hashes, radius, _MANY)
            print(f"{n:9,d} hashes, {radius:2d} bits: {len(found.rows):9,d} pairs in {ours:8.2f} s, "
                  f"peak {peak_mib():.0f} MiB", flush=True)  # fmt: skip
            peers: dict[str, Callable[..., int]] = {}
            if n <= _LOOP_UP_TO:
                peers["all with all"] = loop
            if n <= _FAISS_UP_TO:
                peers["faiss IndexBinaryMultiHash"] = multi_hash
            for name, peer in peers.items():
                pairs, seconds = timed(peer, hashes, radius)
                assert pairs == len(found.rows), (name, pairs, len(found.rows))
                report(name, n, seconds, ours)


def _jpeg(quality: int) -> Callable[[Pixels], Pixels]:
    def save(pixels: Pixels) -> Pixels:
        _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
        return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)

    return save


def _resized(factor: float) -> Callable[[Pixels], Pixels]:
    way = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC

    def resize(pixels: Pixels) -> Pixels:
        size = [max(1, round(side * factor)) for side in pixels.shape[1::-1]]
        return np.asarray(cv2.resize(pixels, size, interpolation=way), np.uint8)

    return resize


def _cropped(fraction: float) -> Callable[[Pixels], Pixels]:
    def crop(pixels: Pixels) -> Pixels:
        top, left = (int(side * fraction / 2) for side in pixels.shape[:2])
        return np.ascontiguousarray(pixels[top : len(pixels) - top, left : pixels.shape[1] - left])

    return crop


CHANGES: dict[str, Callable[[Pixels], Pixels]] = {
    **{f"JPEG quality {q}": _jpeg(q) for q in (95, 75, 50, 30)},
    **{f"resized {f}": _resized(f) for f in (0.25, 0.5, 0.77, 2)},
    "30 grey levels brighter": lambda p: np.clip(p.astype(int) + 30, 0, 255).astype(np.uint8),
    "contrast 1.3": lambda p: np.clip(p * 1.3, 0, 255).astype(np.uint8),
    **{f"cropped by {100 * f:.0f} %": _cropped(f) for f in (0.02, 0.05, 0.1)},
}


def measure(folder: Path) -> None:
    """Bits in which changed and different photographs differ."""
    files = FileTree(folder)
    paths = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*.jpg"))
    photographs = [read_rgb(files, path) for path in paths]
    hashes, seconds = timed(lambda: [perceptual_hash(p) for p in photographs])
    _, reading = timed(lambda: [read_rgb(files, path) for path in paths])
    print(f"{len(paths)} photographs, {sum(h is None for h in hashes)} without a hash; each read in "
          f"{1e3 * reading / len(paths):.2f} ms, hashed in {1e3 * seconds / len(paths):.2f} ms")  # fmt: skip
    for name, change in CHANGES.items():
        pairs = [(h, perceptual_hash(change(p))) for h, p in zip(hashes, photographs, strict=True)]
        bits = np.array([(a ^ b).bit_count() for a, b in pairs if a is not None and b is not None])
        print(f"{name:26s} median {np.median(bits):4.0f}   99 % {np.percentile(bits, 99):4.0f}   "
              f"most {bits.max():3d}   up to 6 bits: {np.mean(bits <= 6):.1%}")  # fmt: skip
    for same in (True, False):
        bits = _between(paths, hashes, same)
        counts = ", ".join(f"{(bits <= r).sum()} up to {r}" for r in (4, 6, 8, 10, 12))
        where = "one folder" if same else "two folders"
        print(f"{where:26s} {len(bits)} pairs: {counts}; {np.mean(bits):.1f} in the mean")


def _between(paths: list[str], hashes: list[int | None], same: bool) -> NDArray[np.int64]:
    listed = [(Path(path).parent, h) for path, h in zip(paths, hashes, strict=True) if h is not None]
    return np.array([(h ^ g).bit_count() for (a, h), (b, g) in combinations(listed, 2) if (a == b) == same])


def main() -> None:
    """Simulated hashes, or real photographs."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--photographs", type=Path, help="folder of JPEG files, a folder in it for each landmark"
    )
    folder = parser.parse_args().photographs
    logging.getLogger("landmark_retrieval").setLevel(logging.WARNING)
    if folder is None:
        compare_peers()
    else:
        measure(folder)


if __name__ == "__main__":
    main()
