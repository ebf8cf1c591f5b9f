"""Recall@100 of approximate indexes against time and memory, and a recommended setting.

    PYTHONPATH=src python benchmarks/approximate_search.py --size M --out docs/ann_recall.png

The descriptors are those of `simulated.py` with the spectrum of learnt descriptors: the variance of the i-th
principal direction falls as 1/i, and the directions are turned at random. Queries are searched with a fresh
index of each kind under several parameters; recall is against the exact search.
"""

from __future__ import annotations

import argparse
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from landmark_retrieval.embeddings import normalise
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.search.approximate.factory import bytes_per_vector
from landmark_retrieval.search.approximate.search import approximate_search, build_index
from landmark_retrieval.search.exact_search import search
from simulated import SIZES, landmarks_of, make_split
from timing import timed

K, WANTED = 100, 0.95
LISTS = {"S": 256, "M": 1_024}
TRAIN_SAMPLE, ROTATION_SAMPLE = 65_536, 16_384  # OPQ turns the vectors 50 times: minutes
PROBES = tuple({"n_probe": n} for n in (1, 2, 4, 8, 16, 32, 64))
VISITS = tuple({"ef_search": n} for n in (32, 64, 128, 256, 512))
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"]  # Okabe–Ito
MARKERS = "osD^vP"


class Plan(NamedTuple):
    """An index, rows scored exactly, and parameters to try."""

    factory: str
    rescore: int
    parameters: tuple[dict[str, int], ...]
    train_sample: int = TRAIN_SAMPLE


def plans(lists: int) -> list[Plan]:
    """What is measured."""
    return [
        Plan("HNSW32", 100, VISITS),
        Plan(f"IVF{lists},Flat", 100, PROBES),
        Plan(f"IVF{lists},SQ8", 150, PROBES),
        Plan(f"IVF{lists},PQ64", 100, PROBES),
        Plan(f"IVF{lists},PQ64", 1_000, PROBES),
        Plan(f"OPQ64_256,IVF{lists},PQ64", 1_000, PROBES, ROTATION_SAMPLE),
    ]


def with_spectrum(vectors: NDArray[np.float32], seed: int = 0) -> NDArray[np.float32]:
    """Descriptors whose principal variances fall as 1/i, L2-normalised."""
    dim = vectors.shape[1]
    turn = np.linalg.qr(np.random.default_rng([seed, dim]).standard_normal((dim, dim)))[0]
    return normalise(vectors @ (turn / np.sqrt(np.arange(1, dim + 1))[:, None]).astype(np.float32))


def recall(exact: Ranking, found: Ranking) -> float:
    """Mean share of the exact top K that was found; a row that ties the exact K-th score counts as found.

    Both rankings hold the same exact score for the same pair, so comparing scores is enough.
    """
    return float(np.mean(found.scores >= exact.scores[:, -1:]))


def measure(
    queries: NDArray[np.float32], index: NDArray[np.float32], exact: Ranking, size: str
) -> pd.DataFrame:
    """One row for each index and parameter."""
    rows: list[dict[str, Any]] = []
    build = cache(lambda factory, sample: timed(build_index, index, factory, sample))
    for plan in plans(LISTS[size]):
        built, building = build(plan.factory, plan.train_sample)
        for parameter in plan.parameters:
            ask = partial(approximate_search, rescore=plan.rescore, **parameter)
            found, seconds = timed(ask, queries, index, K, built, repeats=3)
            rows.append(
                {
                    "index": f"{plan.factory}, {plan.rescore} re-scored",
                    "parameter": ", ".join(f"{name} {value}" for name, value in parameter.items()),
                    "recall": recall(exact, found),
                    "ms": 1e3 * seconds / len(queries),
                    "bytes": bytes_per_vector(built.faiss_index),
                    "build_s": building,
                }
            )
            print(pd.DataFrame(rows[-1:]).to_string(index=False, header=len(rows) == 1), flush=True)
    return pd.DataFrame(rows)


def recommend(measured: pd.DataFrame) -> str:
    """The fastest and the smallest setting that find enough."""
    enough = measured[measured["recall"] >= WANTED]
    if enough.empty:
        return f"nothing reaches recall {WANTED}: search exactly"
    lines = []
    for quality, columns in (("fastest", ["ms", "bytes"]), ("smallest", ["bytes", "ms"])):
        best = enough.sort_values(columns).iloc[0]
        lines.append(
            f"{quality} with recall@{K} >= {WANTED}: {best['index']}, {best['parameter']}: "
            f"recall {best['recall']:.3f}, {best['ms']:.3f} ms a query, {best['bytes']:.0f} bytes a vector"
        )
    return "\n".join(lines)


def draw(measured: pd.DataFrame, exact_ms: float, title: str, path: Path) -> None:
    """Recall against time and against memory."""
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.6), sharey=True, layout="constrained")
    for (name, lines), colour, marker in zip(
        measured.groupby("index", sort=False), COLOURS, MARKERS, strict=True
    ):
        style = {"color": colour, "marker": marker, "markersize": 5}
        left.plot(lines["ms"], lines["recall"], label=name, **style)
        right.plot(lines["bytes"], lines["recall"], **style)
    left.axvline(exact_ms, color="black", linestyle="--", label=f"exact search, {exact_ms:.2f} ms")
    right.axvline(4 * 512, color="black", linestyle="--")
    for axis, label in ((left, "time of a query, ms"), (right, "memory of a vector, bytes")):
        axis.set_xscale("log")
        axis.set_xlabel(label)
        axis.set_ylim(0, 1.02)
        axis.grid(alpha=0.3)
    left.set_ylabel(f"recall@{K}")
    left.legend(fontsize=8, loc="lower right")
    place = {"textcoords": "offset points", "ha": "right", "fontsize": 8}
    right.annotate("the vectors themselves", (4 * 512, 0.03), (-6, 0), **place)
    figure.suptitle(title, fontsize=11)
    figure.savefig(path, dpi=100)


def main() -> None:
    """Make the descriptors, measure, draw, recommend."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", choices=LISTS, default="M")
    parser.add_argument("--out", type=Path, help="PNG")
    arguments = parser.parse_args()
    sizes = SIZES[arguments.size]
    splits = [make_split(sizes[s], landmarks_of(sizes), n)[0] for n, s in enumerate(("queries", "index"))]
    queries, index = (with_spectrum(split) for split in splits)
    search(queries[:64], index[:5_000], K)  # compiles
    exact, seconds = timed(search, queries, index, K, repeats=3)
    exact_ms = 1e3 * seconds / len(queries)
    print(f"exact search: {exact_ms:.3f} ms a query")
    measured = measure(queries, index, exact, arguments.size)
    print(recommend(measured))
    if arguments.out:
        title = f"{len(queries):,} queries, {len(index):,} index descriptors of {index.shape[1]} dimensions"
        draw(measured, exact_ms, title, arguments.out)


if __name__ == "__main__":
    main()
