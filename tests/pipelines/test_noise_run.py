"""Label noise, cleaned and scored, on the tests' world."""

import pytest

from landmark_retrieval.manifests import manifest_difference

pytestmark = pytest.mark.slow

SHARES = {"noise10": 0.1, "noise30": 0.3, "noise50": 0.5}


def test_each_share_holds_the_smaller_ones(with_noise):
    clean = with_noise.load("v2.manifest")
    changes = {name: manifest_difference(clean, with_noise.load(f"{name}.manifest")) for name in SHARES}

    assert {name: len(table) for name, table in changes.items()} == {
        name: round(share * clean["kept"].sum()) for name, share in SHARES.items()
    }
    labels = [table.set_index("image_id")["landmark_after"].to_dict() for table in changes.values()]
    assert labels[0].items() <= labels[1].items() <= labels[2].items()


def test_cleaning_is_scored_by_the_planted_labels(with_noise):
    noisy, cleaned = (with_noise.load(f"{name}.manifest") for name in ("noise30", "noise30_clean"))
    wrong = noisy["landmark_id"] != with_noise.load("v2.manifest")["landmark_id"]
    quality = with_noise.load("noise30_clean.cleaning_quality").set_index(["measure", "fault"])

    found = quality.loc[("recall", "planted label")]
    assert (found["count"], found["total"]) == ((wrong & ~cleaned["kept"]).sum(), wrong.sum())
    assert found["total"] > 0
    assert quality.loc[("precision", "any"), "count"] == found["count"]
    assert "planted label" not in with_noise.load("v2_clean.cleaning_quality")["fault"].tolist()
