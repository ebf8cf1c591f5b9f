"""Grid of the steps that use labels: descriptors × overlap of train and queries × landmark size × method.

    PYTHONPATH=src python benchmarks/labels/label_steps.py FOLDER WEIGHTS [--generated]
        [--revisited FOLDER DESCRIPTORS] > grid.md

FOLDER has one sub-folder per landmark in landmarks/, and photographs of none in distractors/. WEIGHTS are of
a SqueezeNet 1.0 (`caffe:<file>` if it expects BGR pixels). `--generated` adds photographs of a generated
world whose landmarks differ in size, `--revisited` the descriptors of revisited Oxford or Paris. Photographs
are embedded once (kept in the folder `--vectors`).

Per seed, 65 % of the landmarks with four photographs or more get queries: 40 % of their photographs train,
20 % query, 40 % index. All others are training images. "half" and "none" take the training images of so many
of these landmarks away, "mixed" those of a third, and all but one of another third. How the database of a
revisited benchmark is split says `revisited.py`. mAP@100, of a revisited benchmark Medium mAP; intervals
resample landmarks; the largest losses come first.
"""

import argparse
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from cases import Case, cases_of_landmarks
from photographs import generated_photographs, real_photographs
from pydantic import TypeAdapter
from revisited import cases_of_benchmark

from landmark_retrieval.arrays import Float32s, Int64s
from landmark_retrieval.metrics.intervals import Interval, IntervalSettings, mean_interval
from landmark_retrieval.reranking.chain import Step, apply_chain

KNN, SORT, INSERT = {"method": "knn"}, {"method": "sort_step"}, {"method": "insert_step"}
ALPHA_QE = {"method": "alpha_qe", "n": 4}
GUARDED = [{**step, "certainty": 0.5} for step in (SORT, INSERT)]
CHAINS: dict[str, list[dict[str, Any]]] = {
    "k-NN": [KNN],
    "αQE": [KNN, ALPHA_QE],
    "αQE, sort, insert": [KNN, ALPHA_QE, SORT, INSERT],
    "the same, guarded": [KNN, ALPHA_QE, *GUARDED],
    "landmark-aware": [KNN, ALPHA_QE, {"method": "landmark_aware"}],
    "calibrated": [KNN, {"method": "calibrated_labels"}],
}
INTERVALS = IntervalSettings(resamples=2_000, confidence=0.95, seed=0)
KEYS = ["collection", "descriptor", "overlap", "landmarks"]


def measure(cases: Iterable[Case]) -> pd.DataFrame:
    """A row per case and query: its landmark, its training images, and AP by chain."""
    tables = []
    for case in cases:
        figures = {
            name: case.judge(apply_chain(TypeAdapter(list[Step]).validate_python(steps), None, case.inputs))
            for name, steps in CHAINS.items()
        }
        given = {"collection": case.collection, "descriptor": case.descriptor, "overlap": case.overlap}
        tables.append(pd.DataFrame({**given, "landmark": case.landmarks, "size": case.sizes, **figures}))
    return pd.concat(tables, ignore_index=True)


def print_grid(figures: pd.DataFrame, method: str) -> None:
    """One table, the largest losses of a method to the better of k-NN and αQE first."""
    figures = figures.dropna(subset=list(CHAINS))
    kinds = np.select([figures["size"] == 0, figures["size"] <= 2], ["unknown", "small"], "large")
    both = pd.concat([figures.assign(landmarks="all"), figures.assign(landmarks=kinds)])
    lines = []
    for key, group in both.groupby(KEYS, sort=False):
        safe = max(("k-NN", "αQE"), key=lambda name: group[name].mean())
        gains = [
            mean_interval(group[method] - group[other], INTERVALS, group["landmark"])
            for other in (safe, "αQE, sort, insert")
        ]
        means = [f"{100 * group[name].mean():.1f}" for name in CHAINS]
        number = f"{gains[0].n} / {gains[0].clusters}"
        lines.append((gains[0].estimate, [*map(str, key), number, *means, *map(in_points, gains)]))
    heads = [*KEYS, "queries / landmarks", *CHAINS]
    heads += [f"{method} − better of k-NN, αQE", f"{method} − αQE, sort, insert"]
    print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    for _, line in sorted(lines, key=lambda line: line[0]):
        print(f"| {' | '.join(line)} |")


def in_points(gain: Interval) -> str:
    """A difference and its interval, in points."""
    return f"{100 * gain.estimate:+.1f} [{100 * gain.low:+.1f}, {100 * gain.high:+.1f}]"


def kept(
    folder: Path | None, name: str, make: Callable[[], tuple[Float32s, Int64s]]
) -> tuple[Float32s, Int64s]:
    """Vectors and landmarks, from a file of the folder if there is one."""
    if folder is None:
        return make()
    file = folder / f"{name}.npz"
    if not file.exists():
        vectors, landmarks = make()
        np.savez(file, vectors=vectors, landmarks=landmarks)
    stored = np.load(file)
    return stored["vectors"], stored["landmarks"]


def cases(given: argparse.Namespace) -> Iterator[Case]:
    """Cases of all collections that were given."""
    vectors = kept(given.vectors, "photographs", lambda: real_photographs(given.folder, given.weights))
    yield from cases_of_landmarks("photographs", *vectors, given.seeds)
    if given.generated:
        vectors = kept(given.vectors, "generated", generated_photographs)
        yield from cases_of_landmarks("generated", *vectors, given.seeds)
    if given.revisited:
        folder, file = given.revisited
        yield from cases_of_benchmark(Path(folder), file, given.name, given.seeds)


def main() -> None:
    """Print the grid."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("weights")
    parser.add_argument("--generated", action="store_true", help="a generated world, too")
    parser.add_argument("--revisited", nargs=2, metavar=("FOLDER", "DESCRIPTORS"), help="a benchmark, too")
    parser.add_argument("--name", default="roxford5k", help="of the benchmark")
    parser.add_argument("--vectors", type=Path, help="folder in which the vectors of photographs are kept")
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--method", default="calibrated", choices=[*CHAINS])
    given = parser.parse_args()
    torch.set_num_threads(1)  # so that the trained projection is the same everywhere
    print_grid(measure(cases(given)), given.method)


if __name__ == "__main__":
    main()
