"""Calibrated labels at a share of the size of Google Landmarks v2: processor time of each part, and MiB.

    PYTHONPATH=src:benchmarks python benchmarks/labels/calibrated_at_size.py [--share 0.01] [--queries 1129]

The descriptors are those of `simulated.py`, 20 images a landmark. Index and training images shrink by the
share; the number of queries is what is given. Work and memory of the parts grow with: learning the
calibration, 20,000 × train; landmarks of the index, index × train; one query, train + 2 × index.
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import TypeVar

import numpy as np

from landmark_retrieval.embeddings import Embeddings
from landmark_retrieval.reranking.inputs import RerankingInputs
from landmark_retrieval.reranking.knn import KNN
from landmark_retrieval.reranking.labels.calibrated_labels import CalibratedLabels
from landmark_retrieval.reranking.labels.probable_landmarks import index_landmarks, query_landmarks
from landmark_retrieval.voting.settings import CalibrationSettings
from landmark_retrieval.voting.training_landmarks import calibrate_labels
from landmark_retrieval.voting.votes import TrainSet
from simulated import SIZES, make_world

SETTINGS = CalibrationSettings(landmarks=10, sample=20_000, seed=0)
T = TypeVar("T")


def timed(what: str, n: int, run: Callable[[], T]) -> T:
    """Run something, print its processor time and the peak of memory beyond what was held before."""
    before = resident_mib("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    started = process_time()
    result = run()
    seconds = process_time() - started
    peak = resident_mib("VmHWM") - before
    print(f"{what:28s} {seconds:8.2f} s, {1e3 * seconds / n:8.3f} ms an image, {peak:6.0f} MiB", flush=True)
    return result


def resident_mib(field: str) -> float:
    """Memory of this process, MiB: `VmRSS` now, `VmHWM` at its peak."""
    status = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith(field)) / 1024


def main() -> None:
    """Simulate descriptors and time the parts of the step."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--share", type=float, default=0.01, help="of the size of Google Landmarks v2")
    parser.add_argument("--queries", type=int, default=1_129)
    given = parser.parse_args()
    sizes = {side: round(given.share * SIZES["GLD-v2"][side]) for side in ("index", "train")}
    vectors, landmarks = make_world({"queries": given.queries, **sizes})
    sides = {
        side: Embeddings(np.char.add(side, np.arange(len(own)).astype(str)), own)
        for side, own in vectors.items()
    }
    train = TrainSet(sides["train"], landmarks["train"])
    print(", ".join(f"{len(own)} {side}" for side, own in sides.items()))
    calibrate_labels(TrainSet(sides["train"], landmarks["train"]), SETTINGS.model_copy(update={"sample": 50}))
    n = min(SETTINGS.sample, len(sides["train"]))
    calibration = timed("calibration", n, lambda: calibrate_labels(train, SETTINGS))
    queries, index = sides["queries"], sides["index"]
    shown, objection = timed(
        "landmarks of the index", len(index), lambda: index_landmarks(index, train, calibration)
    )
    timed("landmarks of the queries", len(queries), lambda: query_landmarks(queries, train, calibration))
    print(f"objection: {objection}, share of known landmarks: {shown.known_share if shown else None}")
    inputs = RerankingInputs(queries, index, train=train, calibration=calibration)
    ranking = timed("k-NN", len(queries), lambda: KNN().apply(None, inputs))
    step = CalibratedLabels()
    timed("the whole step", len(queries), lambda: step.apply(ranking, inputs))


if __name__ == "__main__":
    main()
