import numpy as np
import pandas as pd
import pytest

from landmark_retrieval.verification.evidence import Evidence


@pytest.fixture(scope="module")
def one_thread():
    """Networks as small as those of the tests only wait for each other's threads."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def make_manifest():
    """A manifest from `{image_id: landmark_id}`, everything kept."""

    def make(landmarks, source="gldv2"):
        ids = list(landmarks)
        return pd.DataFrame(
            {
                "image_id": pd.array(ids, dtype="str"),
                "path": pd.array([f"{i}.jpg" for i in ids], dtype="str"),
                "width": pd.array([256] * len(ids), dtype="int64"),
                "height": pd.array([192] * len(ids), dtype="int64"),
                "landmark_id": pd.array(list(landmarks.values()), dtype="int64"),
                "kept": pd.array([True] * len(ids), dtype="bool"),
                "reason": pd.array(["as published"] * len(ids), dtype="str"),
                "evidence": pd.array([""] * len(ids), dtype="str"),
                "source": pd.array([source] * len(ids), dtype="str"),
                "source_version": pd.array(["0f0f"] * len(ids), dtype="str"),
            }
        )

    return make


@pytest.fixture
def make_evidence():
    """Evidence from `(image, neighbour, inliers)`, a row for each neighbour list that holds the other."""

    def make(rows, image_ids=()):
        ids = np.array(sorted({i for row in rows for i in row[:2]} | set(image_ids)), dtype=str)
        place = {i: row for row, i in enumerate(ids.tolist())}
        found = {}
        for image, other, inliers in rows:
            pair = tuple(sorted((place[image], place[other])))
            direction, _ = found.get(pair, (0, 0))
            found[pair] = direction | (1 if image < other else 2), inliers
        pairs = sorted(found)
        direction, inliers = (np.array([found[pair][i] for pair in pairs], dtype=int) for i in (0, 1))
        transforms = np.tile(np.eye(3, dtype=np.float32), (len(pairs), 1, 1))
        transforms[inliers == 0] = np.nan
        return Evidence(
            ids,
            ids,
            np.array(pairs, dtype=np.int32).reshape(-1, 2),
            direction.astype(np.uint8),
            (inliers + 5).astype(np.int32),
            inliers.astype(np.int32),
            transforms,
            np.append(0, inliers.cumsum()).astype(np.int64),
            np.zeros((inliers.sum(), 4), np.uint16),
        )

    return make


@pytest.fixture
def on_circle():
    """Vectors of length one in the plane, `(n, 2)`, from their angles in degrees."""

    def vectors(degrees):
        angles = np.deg2rad(degrees)
        return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)

    return vectors
