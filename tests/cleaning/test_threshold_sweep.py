import numpy as np
import pandas as pd
import pytest

from landmark_retrieval.cleaning.spatial_cleaning import CleaningSettings, clean
from landmark_retrieval.cleaning.threshold_sweep import SweepSettings, beside_chance, threshold_sweep
from landmark_retrieval.errors import DataError
from landmark_retrieval.tables import ThresholdSweepBesideChance
from landmark_retrieval.verification.false_verifications import FalseVerificationSettings, false_verifications

INLIERS, NEIGHBOURS = (20, 25, 30, 35, 40, 45, 50), range(1, 11)


@pytest.fixture
def case(make_manifest, make_evidence):
    rng = np.random.default_rng(3)
    manifest = make_manifest({f"i{i}": int(rng.integers(4)) for i in range(60)})
    manifest.loc[rng.random(60) < 0.1, "kept"] = False
    rows = [(i, j) for i in range(60) for j in range(60) if i != j and rng.random() < 0.8]
    inliers = rng.integers(12, 58, (60, 60))
    return make_evidence([(f"i{i}", f"i{j}", int(inliers[min(i, j), max(i, j)])) for i, j in rows]), manifest


@pytest.mark.parametrize("keep_too_small", [False, True])
@pytest.mark.parametrize("min_landmark_size", [1, 2, 12])
def test_every_cell_is_what_deciding_would_keep(case, min_landmark_size, keep_too_small):
    evidence, manifest = case
    manifest.loc[:2, "landmark_id"] = [7, 8, 8]
    sweep = threshold_sweep(
        evidence, manifest, INLIERS, NEIGHBOURS, min_landmark_size, keep_too_small=keep_too_small
    )
    assert len(sweep) == 70
    for cell in sweep.itertuples():
        settings = {
            "method": "frequency",
            "neighbours": 9,
            "max_verified": 9,
            "copies_verify": True,
            "min_inliers": cell.min_inliers,
            "min_verified_neighbours": cell.min_verified_neighbours,
            "min_landmark_size": min_landmark_size,
            "too_small": "keep" if keep_too_small else "remove",
        }
        cleaned = clean(evidence, manifest, CleaningSettings.model_validate(settings), "")
        kept = cleaned.loc[cleaned["kept"], "landmark_id"]
        assert (cell.images, cell.landmarks) == (len(kept), kept.nunique())
    assert sweep["images"].nunique() > 10


def test_harder_thresholds_keep_no_more(case):
    sweep = threshold_sweep(*case, INLIERS, NEIGHBOURS, 1)
    grid = sweep.pivot_table(index="min_verified_neighbours", columns="min_inliers", values="images")
    images = grid.to_numpy()
    assert (np.diff(images, axis=0) <= 0).all()
    assert (np.diff(images, axis=1) <= 0).all()


def test_what_chance_gives_stands_beside_each_cell(case):
    sweep = threshold_sweep(*case, [20, 25, 60], [1, 2], 1)
    wanted = FalseVerificationSettings(rate=0.01, pairs=9, confidence=0.95, seed=0, drawn=0)
    compared = false_verifications(np.arange(400) % 30, np.arange(30), 2.0, 20, wanted)
    table = ThresholdSweepBesideChance.validate(beside_chance(sweep, compared))
    pd.testing.assert_frame_equal(table[list(sweep)], sweep)
    for cell in table.itertuples():
        row = compared.iloc[min(cell.min_inliers, len(compared) - 1)]
        assert (cell.different_share, cell.per_image) == (row["different_share"], row["per_image"])
    assert table["different_share"].iloc[0] == pytest.approx(np.mean(np.arange(400) % 30 >= 20))


def test_a_threshold_joins_the_grid():
    grid = SweepSettings(min_inliers=(20, 30), min_verified_neighbours=(1,))
    assert grid.with_inliers(25).min_inliers == (20, 25, 30)
    assert grid.with_inliers(30) == grid


def test_thresholds_that_are_none_are_an_error(case):
    with pytest.raises(DataError, match=r"ascending numbers, found \[30, 20\]"):
        threshold_sweep(*case, [30, 20], [1], 1)
    with pytest.raises(DataError, match="at least 1, found 0"):
        threshold_sweep(*case, [20], [0], 1)
    with pytest.raises(ValueError, match="min_verified_neighbours"):
        SweepSettings(min_inliers=(20,), min_verified_neighbours=())
