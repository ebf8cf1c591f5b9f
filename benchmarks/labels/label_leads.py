"""How far the nearest landmark is ahead of the others, on training images and on new ones.

    PYTHONPATH=src python benchmarks/labels/label_leads.py FOLDER WEIGHTS

Arguments are those of label_steps.py. Printed are, over the splits of its overlap "half", medians of the lead
of the nearest landmark in units of the mean spacing of those behind it (`voting/calibration.py`), and numbers
of images: of training images, with their landmark left out or with the other images of it, and of index
images. Of images of a training landmark those count whose nearest landmark it is.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from cases import descriptors, split
from label_steps import kept
from photographs import real_photographs

from landmark_retrieval.arrays import Bools, Float32s, Float64s, Int64s
from landmark_retrieval.embeddings import Embeddings
from landmark_retrieval.voting.calibration import leads_of
from landmark_retrieval.voting.nearest import NearestLandmarks, nearest_landmarks
from landmark_retrieval.voting.settings import CalibrationSettings
from landmark_retrieval.voting.training_landmarks import training_landmarks
from landmark_retrieval.voting.votes import TrainSet

SETTINGS = CalibrationSettings(landmarks=10, sample=20_000, seed=0)


def spacings(nearest: NearestLandmarks, counted: Bools) -> Float64s:
    """Leads of the counted images in spacings; their logarithm is what calibration compares."""
    return np.expm1(leads_of(nearest[counted]))


def measure(vectors: Float32s, landmarks: Int64s, rows: dict[str, Int64s]) -> dict[str, Float64s]:
    """Leads of one split, by kind of image."""
    own, shown = landmarks[rows["train"]], landmarks[rows["index"]]
    train = TrainSet(Embeddings(rows["train"].astype(str), vectors[rows["train"]]), own)
    looks = training_landmarks(train, SETTINGS)
    index = nearest_landmarks(vectors[rows["index"]], train, SETTINGS.landmarks)
    is_known = np.isin(shown, own)
    return {
        "left out, training": spacings(looks.without, np.ones(len(looks.without), np.bool_)),
        "unknown, index": spacings(index, ~is_known),
        "nearest, training": spacings(looks.within, looks.within.landmark_ids[:, 0] == looks.own),
        "nearest, index": spacings(index, is_known & (index.landmark_ids[:, 0] == shown)),
    }


def main() -> None:
    """Print a Markdown table of medians, a row per descriptor."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("weights")
    parser.add_argument("--vectors", type=Path, help="folder in which the vectors of photographs are kept")
    parser.add_argument("--seeds", type=int, default=8)
    given = parser.parse_args()
    torch.set_num_threads(1)  # so that the trained projection is the same everywhere
    pooled, landmarks = kept(
        given.vectors, "photographs", lambda: real_photographs(given.folder, given.weights)
    )
    found: dict[str, list[pd.DataFrame]] = {}
    for seed in range(given.seeds):
        rows = split(landmarks, "half", seed)
        for name, make in descriptors(pooled, landmarks, rows["train"]):
            for kind, leads in measure(make(), landmarks, rows).items():
                found.setdefault(name, []).append(pd.DataFrame({"kind": kind, "lead": leads}))
    tables = {name: pd.concat(parts).groupby("kind", sort=False)["lead"] for name, parts in found.items()}
    kinds = list(next(iter(tables.values())).groups)
    print(f"| descriptor | {' | '.join(kinds)} |\n|{'---|' * (len(kinds) + 1)}")
    for name, table in tables.items():
        medians = table.median()
        print(f"| {name} | {' | '.join(f'{medians[kind]:.2f} ({table.size()[kind]})' for kind in kinds)} |")


if __name__ == "__main__":
    main()
