"""The offline part of offline diffusion at the size of Google Landmarks v2, from smaller shares of its index.

    PYTHONPATH=src python benchmarks/diffusion_at_size.py [--fractions 64 16] [--folder FOLDER]

Simulated float16 descriptors lie on disk. The graph (a search of the index for its own images, 1,000 deep)
and the systems are timed apart. Growth exponents are those between the two largest shares. Whole size is
extrapolated from the largest one, by the exponent that was measured and by that of the arithmetic: the search
takes every image with every other (2), a system the same number of images whatever the index (1).
"""

from __future__ import annotations

import argparse
import math
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from diffusion import OFFLINE, Stopwatch, compile_kernels
from landmark_retrieval.embeddings import Embeddings
from landmark_retrieval.reranking.diffusion.offline_diffusion_solving import solve_rows
from simulated import SIZES, landmarks_of, write_split
from timing import peak_mib

WHOLE = SIZES["GLD-v2"]["index"]
ARITHMETIC = {"search and graph": 2, "systems": 1}


@dataclass(frozen=True)
class Measured:
    """What a share of the index took."""

    images: int
    seconds: dict[str, float]
    disk_gib: float
    peak_mib: float


def measure(folder: Path, fraction: int, stopwatch: Stopwatch) -> Measured:
    """Solve a share; as many landmarks for an image as the whole has."""
    n = WHOLE // fraction
    path = folder / f"index_{fraction}.npy"
    write_split(path, n, landmarks_of(SIZES["GLD-v2"]) // fraction, 1, "float16")
    index = Embeddings(np.arange(n).astype(str), np.load(path, mmap_mode="r"))
    stopwatch.seconds.clear()
    rows = solve_rows(index, OFFLINE, folder / f"rows_{fraction}")
    disk = (rows.positions.nbytes + rows.values.nbytes) / 2**30
    return Measured(n, dict(zip(ARITHMETIC, stopwatch.seconds, strict=True)), disk, peak_mib())


def extrapolate(step: str, small: Measured, large: Measured) -> None:
    """Print the growth of a step and its hours at whole size."""
    ratio = WHOLE / large.images
    growth = math.log(large.seconds[step] / small.seconds[step]) / math.log(large.images / small.images)
    measured, arithmetic = (
        large.seconds[step] * ratio**exponent / 3600 for exponent in (growth, ARITHMETIC[step])
    )
    print(
        f"{step}: exponent {growth:.2f}; whole size {measured:.2f} h, "
        f"by exponent {ARITHMETIC[step]} {arithmetic:.2f} h"
    )


def main() -> None:
    """Every share, then the whole."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--fractions", type=int, nargs="+", default=[64, 16], help="two or more, 1/f of the index"
    )
    parser.add_argument("--folder", type=Path, help="where files are written for the time of the run")
    arguments = parser.parse_args()
    compile_kernels()
    stopwatch, measured = Stopwatch(), []
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        for fraction in sorted(arguments.fractions, reverse=True):
            measured.append(measure(Path(folder), fraction, stopwatch))
            seconds = ", ".join(f"{step} {s:.1f} s" for step, s in measured[-1].seconds.items())
            print(f"1/{fraction}: {measured[-1].images} images, {seconds}, ", end="")
            print(
                f"{measured[-1].disk_gib:.2f} GiB on disk, peak {measured[-1].peak_mib:.0f} MiB", flush=True
            )
    for step in ARITHMETIC:
        extrapolate(step, *measured[-2:])
    disk = measured[-1].disk_gib * WHOLE / measured[-1].images
    print(f"disk at whole size: {disk:.1f} GiB, twice that while the shards are joined")


if __name__ == "__main__":
    main()
