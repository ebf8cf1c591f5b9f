import pandas as pd
import pytest


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
                "source": pd.array([source] * len(ids), dtype="str"),
            }
        )

    return make
