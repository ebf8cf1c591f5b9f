"""αQE at the size of Google Landmarks v2, from a sixteenth and a quarter of its queries and of its index.

    PYTHONPATH=src python benchmarks/query_expansion_at_size.py [--folder FOLDER]

Simulated float16 descriptors lie on disk, in the page cache when they are read; lists of 100 images are asked
for. The growth exponent of a step is that of its seconds against the share. Whole size is extrapolated from
the larger share, by the exponent that was measured and by the one that the arithmetic has: the search takes
every query with every index row (2), the expansion a fixed number of rows for each query (1).
"""

from __future__ import annotations

import argparse
import math
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.reranking.expansion.query_expansion import expand_queries
from landmark_retrieval.search.exact_search import search
from simulated import SIZES, landmarks_of, write_split
from timing import peak_mib, timed

WHOLE = SIZES["GLD-v2"]
SHARES = (1 / 16, 1 / 4)
N_NEIGHBOURS, ALPHA, DEPTH = 9, 3.0, 100
ARITHMETIC = {"first search": 2, "expansion": 1, "second search": 2}


def write_share(folder: Path, share: float) -> list[NDArray[np.float16]]:
    """Queries and index of a share, memory-mapped."""
    sizes = {split: round(n * share) for split, n in WHOLE.items()}
    paths = [folder / f"{split}_{round(1 / share)}.npy" for split in ("queries", "index")]
    for number, path in enumerate(paths):
        write_split(path, list(sizes.values())[number], landmarks_of(sizes), number, "float16")
    return [np.load(path, mmap_mode="r") for path in paths]


def seconds_of(queries: NDArray[np.float16], index: NDArray[np.float16]) -> dict[str, float]:
    """Seconds of each step."""
    first, first_search = timed(search, queries, index, DEPTH)
    listed = first.positions[:, :N_NEIGHBOURS]
    expanded, expansion = timed(expand_queries, queries, index, listed, ALPHA, repeats=3)
    _, second_search = timed(search, expanded, index, DEPTH)
    return {"first search": first_search, "expansion": expansion, "second search": second_search}


def extrapolate(step: str, small: float, large: float) -> None:
    """Print the growth of a step and its seconds at whole size."""
    growth = math.log(large / small) / math.log(SHARES[1] / SHARES[0])
    measured, arithmetic = (large / SHARES[1] ** exponent for exponent in (growth, ARITHMETIC[step]))
    print(
        f"{step}: exponent {growth:.2f}; whole size {measured:.2f} s, "
        f"by exponent {ARITHMETIC[step]} {arithmetic:.2f} s"
    )


def main() -> None:
    """Both shares, then the whole."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--folder", type=Path, help="where the descriptors are written for the time of the run"
    )
    measured = []
    with tempfile.TemporaryDirectory(dir=parser.parse_args().folder) as folder:
        for share in SHARES:
            queries, index = write_share(Path(folder), share)
            expand_queries(queries[:1], index, np.zeros((1, 1), dtype=np.int64), ALPHA)  # compiles
            search(queries[:64], index[:4_096], DEPTH)
            before = peak_mib()
            measured.append(seconds_of(queries, index))
            print(f"1/{1 / share:.0f}: {len(queries)} queries × {len(index)} index rows × {queries.shape[1]}")
            print(
                ", ".join(f"{step} {s:.3f} s" for step, s in measured[-1].items()),
                f"peak {peak_mib():.0f} MiB, {before:.0f} before",
            )
    for step in ARITHMETIC:
        extrapolate(step, measured[0][step], measured[1][step])


if __name__ == "__main__":
    main()
