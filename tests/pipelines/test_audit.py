from contextvars import copy_context
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
import pytest
import yaml

from landmark_retrieval import experiments
from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.pipelines.audit.nodes import _matches
from landmark_retrieval.pipelines.audit.pipeline import create_pipeline
from landmark_retrieval.reporting.review.rows import ReviewSettings
from landmark_retrieval.tables import OverlapCandidates, OverlapPairs, column_types
from landmark_retrieval.verification.evidence import Evidence
from landmark_retrieval.verification.settings import GeometrySettings

SETTINGS = yaml.safe_load(Path(__file__, "../../../conf/base/parameters/cleaning.yml").resolve().read_text())
CHOSEN: dict[str, Any] = {
    "sources": {
        "small": {"format": "gldv1", "release": "Small"},
        "noisy": {"format": "gldv2", "release": "Noisy"},
    },
    "variants": {
        "v1": {"source": "small"},
        "v2": {"source": "noisy"},
        "noisy_first": {"union_of": ["v2", "v1"]},
        "small_first": {"union_of": ["v1", "v2"]},
    },
    "models": {"m": {"trained_on": "v1"}},
    "baseline": "knn",
    "ablations": {"knn": {"steps": [{"method": "knn"}]}},
}


@pytest.fixture
def trees(tmp_path) -> dict[str, FileTree]:
    """One photograph in each of two training sources and one query."""
    pixels = np.random.default_rng(0).integers(0, 256, (3, 30, 40, 3), dtype=np.uint8)
    for source, picture in zip(("noisy", "small", "judged"), pixels, strict=True):
        (tmp_path / source).mkdir()
        cv2.imwrite(str(tmp_path / source / f"{source}.png"), picture)
    return {f"{path.name}.raw": FileTree(path) for path in tmp_path.iterdir()}


def test_matches_with_every_source_of_a_union_are_drawn(trees):
    images = np.array(["a", "b"])
    evidence = Evidence(
        image_ids=np.array(["q"]),
        other_ids=images,
        pairs=np.array([[0, 0], [0, 1]], np.int32),
        direction=np.ones(2, np.uint8),
        matches=np.full(2, 4, np.int32),
        inliers=np.full(2, 2, np.int32),
        transforms=np.tile(np.eye(3, dtype=np.float32), (2, 1, 1)),
        offsets=np.array([0, 2, 4]),
        matched=np.full((4, 4), 80, np.uint16),
    )
    columns = list(column_types(OverlapPairs))
    pairs = [("judged", "q", image, 1, 0.9, rank, 4, 2, True) for rank, image in enumerate(images)]
    candidate = (1, "", "judged", 1, 2, 2, 2, 0.9, 1.0, "", float("nan"), True, "verified")
    parent = pd.DataFrame({"image_id": images, "landmark_id": 1, "kept": True, "source": ["noisy", "small"]})
    found = {
        **trees,
        "parent.manifest": parent.assign(path=parent["source"] + ".png", width=40, height=30),
        "candidates": pd.DataFrame([candidate], columns=list(column_types(OverlapCandidates))),
        "judged.overlap_evidence": evidence,
        "judged.overlap_pairs": pd.DataFrame(pairs, columns=columns),
        "judged.query_images": pd.DataFrame({"image_id": ["q"], "path": ["judged.png"]}),
    }
    settings = (
        GeometrySettings.model_validate(SETTINGS["geometry"]),
        ReviewSettings.model_validate(SETTINGS["review"]),
    )

    assert len(_matches(*settings, found)[1]) == 2


@pytest.mark.parametrize(
    ("after", "names"), [("noisy_first", {"noisy.landmark_names"}), ("small_first", set())]
)
def test_landmarks_have_the_names_of_the_source_that_numbers_them(after, names):
    chosen = {**CHOSEN, "audits": {"union": {"before": "v1", "after": after}}}

    def inputs() -> set[str]:
        experiments.choose({"experiments": chosen})
        (comparison,) = (n for n in create_pipeline().nodes if n.name == "audits.union.compare")
        return set(comparison.inputs)

    found = copy_context().run(inputs)

    assert {name for name in found if name.endswith("landmark_names")} == names
    assert {"noisy.raw", "small.raw"} <= found
