import numpy as np
import pandas as pd

from landmark_retrieval.overlap.verdicts import tally

VERDICTS = pd.DataFrame(
    [
        ("Bo", 7, "same", "", "b.json"),
        ("Ann", 7, "same", "the left\n tower", "a.json"),
        ("Cy", 7, "different", "", "c.json"),
        ("Ann", 3, "unsure", "night", "a.json"),
    ],
    columns=["reviewer", "landmark_id", "verdict", "note", "file"],
)


def test_votes_of_each_landmark():
    votes = tally(VERDICTS)
    assert votes.index.tolist() == [3, 7]
    assert votes[["same", "different", "unsure"]].to_numpy().tolist() == [[0, 0, 1], [2, 1, 0]]
    assert votes["said"].tolist() == ["unsure: Ann (night)", "same: Ann (the left tower), Bo; different: Cy"]


def test_order_of_votes_changes_nothing():
    votes = tally(VERDICTS)
    for seed in range(5):
        order = np.random.default_rng(seed).permutation(len(VERDICTS))
        pd.testing.assert_frame_equal(tally(VERDICTS.iloc[order]), votes)


def test_no_votes():
    votes = tally(VERDICTS.iloc[:0])
    assert votes.empty
    assert votes.columns.tolist() == ["same", "different", "unsure", "said"]
