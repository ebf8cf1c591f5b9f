import numpy as np
import pandas as pd
import pytest

from landmark_retrieval.metrics.families import FAMILIES
from landmark_retrieval.ranking import Ranking

TRUTHS = {
    "gldv2": pd.DataFrame({"image_id": ["q"], "usage": ["Private"], "relevant": [["b"]]}),
    "revisited": pd.DataFrame({"query_id": ["q"], "image_id": ["b"], "grade": ["easy"]}),
}


@pytest.mark.parametrize("name", FAMILIES)
def test_per_query_figures_have_what_the_protocols_name(name: str):
    family = FAMILIES[name]
    ranking = Ranking(np.array([[1, 0]]), np.array([[0.9, 0.1]], dtype=np.float32), 2)

    table = family.per_query(ranking, ["q"], ["a", "b"], TRUTHS[name])

    for protocol in family.protocols:
        columns = [protocol.key, protocol.split, *(measure.column for measure in protocol.measures)]
        assert set(columns) <= set(table)
    assert family.leading.rows_of(table)["ap"].tolist() == [1.0]
    assert family.judged_images(TRUTHS[name], ["q"]) == {"q": {"b": "correct"}}


def test_a_release_is_printed_with_every_protocol():
    assert [p.release for p in FAMILIES["revisited"].on("RParis6k")] == ["RParis6k"] * 3


def test_depth_of_the_rankings():
    assert {name: family.depth for name, family in FAMILIES.items()} == {"gldv2": 100, "revisited": None}
