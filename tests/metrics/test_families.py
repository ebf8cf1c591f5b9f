import numpy as np
import pandas as pd
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.metrics.families import FAMILIES, checked_per_query
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.tables import RevisitedFigures, table_of

TRUTHS = {
    "gldv2": pd.DataFrame({"image_id": ["q"], "usage": ["Private"], "relevant": [["b"]]}),
    "revisited": pd.DataFrame({"query_id": ["q"], "image_id": ["b"], "grade": ["easy"]}),
}


@pytest.mark.parametrize("name", FAMILIES)
def test_per_query_figures_have_what_the_protocols_name(name: str):
    family = FAMILIES[name]
    ranking = Ranking(np.array([[1, 0]]), np.array([[0.9, 0.1]], dtype=np.float32), 2)

    table = family.per_query(ranking, ["q"], ["a", "b"], TRUTHS[name])

    pd.testing.assert_frame_equal(checked_per_query(table), table)
    for protocol in family.protocols:
        columns = [
            protocol.key,
            protocol.split,
            "cluster",
            *(measure.column for measure in protocol.measures),
        ]
        assert set(columns) <= set(table)
    assert family.leading.rows_of(table)["ap"].tolist() == [1.0]
    assert family.judged_images(TRUTHS[name], ["q"]) == {"q": {"b": "correct"}}


def test_a_release_is_printed_with_every_protocol():
    assert [p.release for p in FAMILIES["revisited"].on("RParis6k")] == ["RParis6k"] * 3


def test_depth_of_the_rankings():
    assert {name: family.depth for name, family in FAMILIES.items()} == {"gldv2": 100, "revisited": None}


def test_per_query_figures_are_checked_by_the_schema_of_their_columns():
    table = table_of(RevisitedFigures, [("q", "Easy", "q", 1, 0.5, 1.0, 0.2, 0.1)])
    pd.testing.assert_frame_equal(checked_per_query(table), table)
    with pytest.raises(DataError, match=r"per_query: .*difficulty"):
        checked_per_query(table.assign(difficulty="Simple"))
    with pytest.raises(
        DataError, match=r"expected the columns image_id, .*found query_id, ap; evaluate again"
    ):
        checked_per_query(table[["query_id", "ap"]])
