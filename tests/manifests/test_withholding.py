import pandas as pd
import pytest

from landmark_retrieval.manifests.manifest import kept
from landmark_retrieval.manifests.withholding import WithholdingSettings, withhold


@pytest.fixture
def manifest(make_manifest):
    return make_manifest({f"{landmark}_{i}": landmark for landmark in range(20) for i in range(3)})


@pytest.fixture
def solution():
    """Queries of the landmarks 0 to 9, one of an unknown landmark, one of none."""
    landmark_ids = [[landmark] for landmark in range(10)] + [[3, 4], [99], []]
    return pd.DataFrame({"image_id": [f"q{i}" for i in range(13)], "landmark_ids": landmark_ids})


def left(manifest, solution, share, seed=0):
    made = withhold(manifest, solution, WithholdingSettings(share=share, seed=seed), "in noisy")
    return set(kept(made)["landmark_id"]), made


def test_a_share_of_the_asked_landmarks_goes(manifest, solution):
    stays, made = left(manifest, solution, 0.5)

    assert len(stays) == 15
    assert stays >= set(range(10, 20))
    assert set(made.loc[~made["kept"], "reason"]) == {"in noisy: withheld"}
    assert len(made) == len(manifest)


def test_none_and_all(manifest, solution):
    assert left(manifest, solution, 0.0)[0] == set(range(20))
    assert left(manifest, solution, 1.0)[0] == set(range(10, 20))


def test_a_larger_share_withholds_the_same_and_more(manifest, solution):
    assert left(manifest, solution, 0.6)[0] < left(manifest, solution, 0.3)[0]
    assert left(manifest, solution, 0.5)[0] != left(manifest, solution, 0.5, seed=1)[0]


def test_images_already_out_keep_reason_and_evidence(manifest, solution):
    manifest.loc[0, ["kept", "reason", "evidence"]] = [False, "wrong label", "clean.evidence"]
    _, made = left(manifest, solution, 1.0)
    assert made.loc[0, ["reason", "evidence"]].tolist() == ["wrong label", "clean.evidence"]
    assert set(made.loc[made["reason"] == "in noisy: withheld", "evidence"]) == {""}
