import logging

import numpy as np
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.tables import FalseVerifications
from landmark_retrieval.verification.chance import chance_bounds
from landmark_retrieval.verification.false_verifications import (
    FalseVerificationSettings,
    ThresholdSettings,
    chosen_note,
    false_verifications,
    statement,
    threshold,
)

SETTINGS = FalseVerificationSettings(rate=0.01, pairs=1000, confidence=0.95, seed=0, drawn=4)
RNG = np.random.default_rng(0)
DIFFERENT = np.where(RNG.random(2_000) < 0.7, RNG.geometric(0.8, 2_000) + 3, 0)
EVIDENCE = np.r_[DIFFERENT[:500], RNG.integers(4, 90, 300)]


def test_every_row_counts_the_pairs_with_at_least_as_many_inliers():
    table = FalseVerifications.validate(false_verifications(DIFFERENT, EVIDENCE, 7.5, 8, SETTINGS))
    bounds = chance_bounds(DIFFERENT, len(table) - 1, SETTINGS.confidence)
    for row in table.itertuples():
        assert row.different_pairs == (row.min_inliers <= DIFFERENT).sum()
        assert row.evidence_pairs == (row.min_inliers <= EVIDENCE).sum()
        assert row.evidence_share == pytest.approx(row.evidence_pairs / 800)
        assert row.chance == pytest.approx(bounds[row.min_inliers])
        assert row.per_image == pytest.approx(7.5 * row.chance)
    assert table["min_inliers"].tolist() == list(range(len(table)))
    assert table.loc[table["used"] != "", ["min_inliers", "used"]].to_numpy().tolist() == [[8, "given"]]


@pytest.mark.parametrize("rate", [0.5, 0.01, 1e-4])
@pytest.mark.parametrize("tried", [1.0, 100.0])
def test_auto_is_the_smallest_number_that_keeps_the_rate(rate, tried):
    settings = SETTINGS.model_copy(update={"rate": rate})
    table = false_verifications(DIFFERENT, EVIDENCE, tried, "auto", settings)
    used = table[table["used"] == "chosen"].iloc[0]
    assert used["per_image"] <= rate < table["per_image"].iloc[int(used["min_inliers"]) - 1]
    assert threshold("auto", table, rate) == used["min_inliers"]
    assert threshold(33, table, rate) == 33


def test_more_pairs_tried_need_more_inliers():
    tables = [false_verifications(DIFFERENT, EVIDENCE, tried, "auto", SETTINGS) for tried in (1.0, 10.0, 1e3)]
    used = [int(table.loc[table["used"] != "", "min_inliers"].iloc[0]) for table in tables]
    assert used == sorted(set(used))


def test_no_number_that_keeps_the_rate_is_an_error():
    with pytest.raises(DataError, match="found none"):
        false_verifications(np.zeros(0, np.int64), EVIDENCE, 5.0, "auto", SETTINGS)
    with pytest.raises(DataError, match=r"no number of inliers keeps 0\.01"):
        false_verifications(np.array([4, 5, 9]), EVIDENCE, 100.0, "auto", SETTINGS)


def test_a_given_number_needs_no_pairs_of_different_landmarks():
    table = false_verifications(np.zeros(0, np.int64), EVIDENCE, 5.0, 8, SETTINGS)
    assert len(table) > 8
    assert (table["chance"] == 1).all()
    assert "no pair of different landmarks" in statement(table)


def test_the_threshold_is_said_and_logged(caplog):
    with caplog.at_level(logging.INFO):
        table = false_verifications(DIFFERENT, EVIDENCE, 5.0, "auto", SETTINGS)
    used = int(table.loc[table["used"] != "", "min_inliers"].iloc[0])
    assert f"verified from {used} inliers on (chosen by the rate" in caplog.text
    assert chosen_note(table) == f" ({used} inliers needed, auto)"
    given = false_verifications(DIFFERENT, EVIDENCE, 5.0, 8, SETTINGS)
    assert "(as given)" in statement(given)
    assert chosen_note(given) == ""


def test_settings_become_a_number():
    table = false_verifications(DIFFERENT, EVIDENCE, 5.0, "auto", SETTINGS)
    auto = ThresholdSettings(min_inliers="auto")
    with pytest.raises(DataError, match="auto has to be chosen"):
        _ = auto.needed_inliers
    assert auto.chosen(table, SETTINGS.rate).needed_inliers == threshold("auto", table, SETTINGS.rate)
    assert ThresholdSettings(min_inliers=9).chosen(table, SETTINGS.rate).needed_inliers == 9
    for wrong in (0, "some"):
        with pytest.raises(ValueError, match="min_inliers"):
            ThresholdSettings(min_inliers=wrong)
