import pandas as pd
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.verification.evidence import checked_evidence, is_verified

GOOD = pd.DataFrame(
    {"image_id": ["a", "b"], "other_id": ["b", "a"], "matches": [40, 40], "inliers": [31, 30]}
)


def test_good_evidence_passes():
    pd.testing.assert_frame_equal(checked_evidence(GOOD), GOOD)
    assert checked_evidence(GOOD.iloc[:0]).empty


@pytest.mark.parametrize(
    ("bad", "named"),
    [
        (GOOD.drop(columns="inliers"), "inliers"),
        (GOOD.assign(inliers=-1), "inliers"),
        (GOOD.assign(inliers=[1.5, 2.5]), "inliers"),
        (pd.concat([GOOD, GOOD]), "image_id"),
        (GOOD.assign(more=1), "more"),
    ],
)
def test_bad_evidence_is_an_error_that_names_the_column(bad, named):
    with pytest.raises(DataError, match=f"evidence.*{named}"):
        checked_evidence(bad)


def test_paper_wants_more_than_the_bound_and_its_code_as_many():
    counts = pd.Series([29, 30, 31])
    assert is_verified(counts, 30, strict=True).tolist() == [False, False, True]
    assert is_verified(counts, 30, strict=False).tolist() == [False, True, True]
