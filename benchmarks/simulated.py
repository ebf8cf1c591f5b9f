"""Clustered descriptors on disk, of any size: landmarks with a few modes, noise around each mode.

    PYTHONPATH=src python benchmarks/simulated.py FOLDER --queries 117577 --index 761757 --train 4132914

Each split becomes `FOLDER/<split>.npy`, `(n, dim)` L2-normalised, and `FOLDER/<split>_landmarks.npy`, `(n,)`
int64.
Written block by block; a block depends on its number and the seed alone.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.embeddings import normalise

SIZES = {
    "S": {"queries": 1_000, "index": 10_000, "train": 20_000},
    "M": {"queries": 1_000, "index": 100_000, "train": 200_000},
    "GLD-v2": {"queries": 117_577, "index": 761_757, "train": 4_132_914},
}
"""Images per split: small, middle, and Google Landmarks v2."""

IMAGES_PER_LANDMARK, MODES, DIM, SPREAD = 20, 3, 512, 0.05
_BLOCK = 65_536


def make_split(
    n: int, n_landmarks: int, split: int, dim: int = DIM, seed: int = 0
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Descriptors `(n, dim)` float32 and landmarks `(n,)` int64 of one split, held in memory."""
    blocks = [make_block(rows, n_landmarks, split, number, dim, seed) for number, rows in _blocks(n)]
    return np.concatenate([b[0] for b in blocks]), np.concatenate([b[1] for b in blocks])


def make_block(
    rows: int, n_landmarks: int, split: int, number: int, dim: int = DIM, seed: int = 0
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """One block of a split."""
    modes = _modes(n_landmarks, dim, seed)
    rng = np.random.default_rng([seed, split, number])
    drawn = rng.integers(0, len(modes), rows)
    noise = rng.standard_normal((rows, dim), dtype=np.float32) * np.float32(SPREAD)
    return normalise(modes[drawn] + noise), drawn // MODES


def make_world(
    sizes: dict[str, int], dim: int = DIM, seed: int = 0
) -> tuple[dict[str, NDArray[np.float32]], dict[str, NDArray[np.int64]]]:
    """Descriptors and landmarks of each split; the last split decides how many landmarks there are."""
    n_landmarks = landmarks_of(sizes)
    made = {
        split: make_split(n, n_landmarks, number, dim, seed)
        for number, (split, n) in enumerate(sizes.items())
    }
    return {s: m[0] for s, m in made.items()}, {s: m[1] for s, m in made.items()}


def landmarks_of(sizes: dict[str, int]) -> int:
    """Number of landmarks of a world."""
    return max(1, list(sizes.values())[-1] // IMAGES_PER_LANDMARK)


def write_split(path: Path, n: int, n_landmarks: int, split: int, dtype: str, dim: int = DIM) -> None:
    """Write `path` and, beside it, the landmarks of its rows."""
    vectors = np.lib.format.open_memmap(path, "w+", dtype, (n, dim))
    landmarks = np.empty(n, dtype=np.int64)
    for number, rows in _blocks(n):
        chunk = slice(number * _BLOCK, number * _BLOCK + rows)
        vectors[chunk], landmarks[chunk] = make_block(rows, n_landmarks, split, number, dim)
    np.save(path.with_name(f"{path.stem}_landmarks.npy"), landmarks)


def _blocks(n: int) -> list[tuple[int, int]]:
    return [(number, min(_BLOCK, n - start)) for number, start in enumerate(range(0, n, _BLOCK))]


_made: dict[tuple[int, int, int], NDArray[np.float32]] = {}


def _modes(n_landmarks: int, dim: int, seed: int) -> NDArray[np.float32]:
    key = (n_landmarks, dim, seed)
    if key not in _made:
        _made.clear()
        rng = np.random.default_rng([seed, 1_000])
        _made[key] = normalise(rng.standard_normal((n_landmarks * MODES, dim), dtype=np.float32))
    return _made[key]


def main() -> None:
    """Write the splits that were asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--dtype", choices=["float16", "float32"], default="float16")
    for split in SIZES["GLD-v2"]:
        parser.add_argument(f"--{split}", type=int, default=SIZES["GLD-v2"][split])
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    sizes = {split: getattr(arguments, split) for split in SIZES["GLD-v2"]}
    for number, (split, n) in enumerate(sizes.items()):
        path = arguments.folder / f"{split}.npy"
        write_split(path, n, landmarks_of(sizes), number, arguments.dtype)


if __name__ == "__main__":
    main()
