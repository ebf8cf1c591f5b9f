import pandas as pd
import pytest

from landmark_retrieval.overlap.summary import OTHERWISE, overlap_summary
from landmark_retrieval.tables import OverlapSummary, column_types

PAIRS = pd.DataFrame(
    [
        ("ox", "q0", 7, True),
        ("ox", "q0", 8, True),
        ("ox", "q1", 7, True),
        ("ox", "q2", 9, False),
        ("ox", "q3", 6, True),
        ("pa", "q0", 8, True),
        ("pa", "q1", 7, False),
    ],
    columns=["benchmark", "query_id", "landmark_id", "verified"],
)
DECISIONS = pd.DataFrame({"landmark_id": [5, 6, 7, 8], "removed": [True, False, True, True]})


@pytest.fixture
def parent(make_manifest):
    manifest = make_manifest({"a": 7, "b": 7, "c": 7, "d": 8, "e": 8, "f": 5, "g": 6, "h": 9})
    manifest.loc[2, "kept"] = False
    return manifest


def test_what_each_benchmark_shows(parent):
    table = overlap_summary(PAIRS, DECISIONS, parent)
    assert table.to_numpy().tolist() == [
        ["ox", 4, 2, 2, 4],
        ["pa", 2, 1, 1, 2],
        [OTHERWISE, 0, 0, 1, 1],
        ["total", 6, 3, 3, 5],
    ]
    pd.testing.assert_frame_equal(overlap_summary(PAIRS.iloc[::-1], DECISIONS.iloc[::-1], parent), table)


def test_nothing_removed(parent):
    table = overlap_summary(PAIRS, DECISIONS.assign(removed=False), parent)
    assert table[["overlapping_queries", "landmarks", "images"]].to_numpy().sum() == 0
    assert table["queries"].tolist() == [4, 2, 0, 6]
    assert {name: str(dtype) for name, dtype in table.dtypes.items()} == column_types(OverlapSummary)
    assert overlap_summary(PAIRS.iloc[:0], DECISIONS.iloc[:0], parent)["images"].tolist() == [0, 0]
