import numpy as np
import pandas as pd
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.metrics.gldv2_retrieval import (
    correct_at,
    judged_images,
    per_query,
    precision_at,
)
from landmark_retrieval.ranking import PADDING, Ranking
from landmark_retrieval.search.identity import ids_fingerprint

INDEX = [f"i{i}" for i in range(6)]
SOLUTION = pd.DataFrame(
    {
        "image_id": ["q1", "q2", "q3", "q4"],
        "usage": ["Public", "Private", "Private", "Private"],
        "relevant": [["i1", "i2"], ["i1"], ["i3", "i4", "i5"], ["i3"]],
    }
)


def ranking_of(lists: list[list[int]], n_index: int, fingerprint: str = "") -> Ranking:
    depth = max(map(len, lists))
    positions = np.array([[*found, *[PADDING] * (depth - len(found))] for found in lists], dtype=np.int64)
    scores = np.where(positions == PADDING, -np.inf, -np.arange(depth, dtype=np.float32))
    return Ranking(positions, scores.astype(np.float32), n_index, fingerprint)


def loop(found: list[str], relevant: list[str], depth: int) -> tuple[float, float, float]:
    """AP, P@10 and first correct rank, spelt out."""
    n_correct, ap, first = 0, 0.0, depth + 1
    for rank, image in enumerate(found[:depth], start=1):
        if image in relevant:
            n_correct += 1
            ap += n_correct / rank
            first = min(first, rank)
    in_ten = sum(image in relevant for image in found[:depth][:10])
    return ap / min(len(relevant), depth), in_ten / 10, first


@pytest.fixture
def small() -> Ranking:
    """Answers of q2, q3 and q4; q1 is not answered."""
    return ranking_of([[0, 1], [4], [3, 4]], 6)


def test_reference_vector(small):
    table = per_query(small, ["q2", "q3", "q4"], INDEX, SOLUTION)
    assert table["ap"].tolist() == pytest.approx([0, 1 / 2, 1 / 3, 1])
    assert table["ap"].mean() == pytest.approx(0.458333, abs=1e-6)
    assert table["p10"].mean() == pytest.approx(0.075)
    assert table["first_correct"].tolist() == [101, 2, 1, 1]
    assert table["first_correct"].mean() == 26.25
    assert table["first_correct"].median() == 1.5
    assert per_query(small, ["q2", "q3", "q4"], INDEX, SOLUTION, depth=1)["ap"].mean() == 0.5


def test_reference_vector_of_precision(small):
    correct = correct_at(small, ["q2", "q3", "q4"], INDEX, SOLUTION, 100)
    assert [precision_at(correct, k).mean() for k in (1, 2, 10)] == pytest.approx([0.5, 0.375, 0.075])


def test_agrees_with_the_loop_on_short_long_and_missing_lists():
    rng = np.random.default_rng(0)
    index = [f"i{i}" for i in range(300)]
    queries = [f"q{i}" for i in range(40)]
    lists = [rng.permutation(300)[: rng.integers(0, 200)].tolist() for _ in queries]
    relevant = [[f"i{i}" for i in rng.permutation(310)[: rng.integers(1, 250)]] for _ in queries]
    solution = pd.DataFrame({"image_id": queries, "usage": "Public", "relevant": relevant}).sample(
        frac=1, random_state=1
    )
    table = per_query(ranking_of(lists[:35], 300), queries[:35], index, solution)
    for row in table.itertuples():
        q = int(row.image_id[1:])
        found = [index[i] for i in lists[q]] if q < 35 else []
        assert (row.ap, row.p10, row.first_correct) == pytest.approx(loop(found, relevant[q], 100))
        assert row.n_relevant == len(relevant[q])


def test_renumbering_index_and_queries_changes_nothing(small):
    shuffle = np.random.default_rng(1).permutation(6)
    renumbered = np.where(small.positions == PADDING, PADDING, np.argsort(shuffle)[small.positions])[::-1]
    moved = Ranking(renumbered, small.scores[::-1], 6)
    ids = [INDEX[i] for i in shuffle]
    before = per_query(small, ["q2", "q3", "q4"], INDEX, SOLUTION)
    pd.testing.assert_frame_equal(per_query(moved, ["q4", "q3", "q2"], ids, SOLUTION), before)


def test_relevant_images_missing_from_the_index_still_count(small):
    solution = SOLUTION.assign(relevant=[["i1"], ["i1", "gone"], ["i4"], ["i3"]])
    table = per_query(small, ["q2", "q3", "q4"], INDEX, solution)
    assert table["ap"].tolist() == [0, 0.25, 1, 1]
    assert table["n_relevant"].tolist() == [1, 2, 1, 1]


def test_ignored_queries_have_no_figures(small):
    solution = SOLUTION.assign(
        usage=["Public", "Ignored", "Private", "Private"], relevant=[["i1"], [], ["i4"], ["i3"]]
    )
    table = per_query(small, ["q2", "q3", "q4"], INDEX, solution).set_index("image_id")
    assert table.loc["q2", ["ap", "p10", "first_correct"]].isna().all()
    assert table["ap"].drop("q2").tolist() == [0, 1, 1]


def test_lists_read_back_from_parquet_are_arrays(small):
    arrays = SOLUTION.assign(relevant=[np.array(ids, dtype=object) for ids in SOLUTION["relevant"]])
    queries = np.array(["q2", "q3", "q4"])
    expected = per_query(small, ["q2", "q3", "q4"], INDEX, SOLUTION)
    pd.testing.assert_frame_equal(per_query(small, queries, np.array(INDEX), arrays), expected)


def test_is_not_the_mean_over_all_cells():
    """`map_at_k` of the 2019 challenge code sums precision over n × k cells; it is another quantity."""
    truth, found = ["i1", "i2"], [["i1", "i0", "i1"], ["i0", "i2", "i0"]]
    cells = [
        [sum(x == t for x in row[: k + 1]) / (k + 1) for k in range(3)]
        for t, row in zip(truth, found, strict=True)
    ]
    hits = [[x == t for x in row] for t, row in zip(truth, found, strict=True)]
    assert np.mean(np.multiply(cells, hits)) == pytest.approx(0.361111, abs=1e-6)
    solution = pd.DataFrame({"image_id": ["a", "b"], "usage": "Public", "relevant": [["i1"], ["i2"]]})
    ours = per_query(ranking_of([[1, 0], [0, 2]], 3), ["a", "b"], ["i0", "i1", "i2"], solution, depth=3)
    assert ours["ap"].mean() == 0.75


def test_unknown_query(small):
    with pytest.raises(DataError, match="query 'q9' is not in the solution"):
        per_query(small, ["q2", "q3", "q9"], INDEX, SOLUTION)


def test_counted_query_without_relevant_images(small):
    with pytest.raises(DataError, match="query 'q1' counts but has no relevant image"):
        per_query(small, ["q2", "q3", "q4"], INDEX, SOLUTION.assign(relevant=[[], ["i1"], ["i1"], ["i3"]]))


def test_relevant_image_named_twice(small):
    with pytest.raises(DataError, match="query 'q2' names a relevant image twice"):
        per_query(
            small, ["q2", "q3", "q4"], INDEX, SOLUTION.assign(relevant=[["i0"], ["i1", "i1"], ["i1"], ["i3"]])
        )


def test_ranking_of_other_images():
    ranking = ranking_of([[0], [1], [2]], 6, ids_fingerprint(["q2", "q3", "q4"], INDEX))
    with pytest.raises(DataError, match="made for other images"):
        per_query(ranking, ["q2", "q3", "q4"], INDEX[::-1], SOLUTION)


def test_relevant_images_are_correct_and_no_other_is_named():
    assert judged_images(SOLUTION, ["q2", "q1"]) == {
        "q1": {"i1": "correct", "i2": "correct"},
        "q2": {"i1": "correct"},
    }


def test_queries_with_the_same_relevant_images_share_a_cluster(small):
    table = per_query(small, ["q2", "q3", "q4"], INDEX, SOLUTION)
    assert table["cluster"].tolist() == ["q1", "q1", "q3", "q3"]
    ignored = SOLUTION.assign(
        usage=["Ignored", *["Private"] * 3], relevant=[[], ["i1"], ["i3"], ["i3", "i4"]]
    )
    assert per_query(small, ["q2", "q3", "q4"], INDEX, ignored)["cluster"].tolist() == [
        "q1",
        "q2",
        "q3",
        "q3",
    ]
