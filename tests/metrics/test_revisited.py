import numpy as np
import pandas as pd
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.metrics.revisited import judged_images, per_query, trapezoidal_ap
from landmark_retrieval.ranking import PADDING, Ranking
from landmark_retrieval.search.identity import ids_fingerprint

FIGURES = ["ap", "p1", "p5", "p10"]


def ranking_of(lists: list[list[int]], n_index: int, fingerprint: str = "") -> Ranking:
    depth = max(map(len, lists))
    positions = np.array([[*found, *[PADDING] * (depth - len(found))] for found in lists], dtype=np.int64)
    scores = np.where(positions == PADDING, -np.inf, -np.arange(depth, dtype=np.float32))
    return Ranking(positions, scores.astype(np.float32), n_index, fingerprint)


def relevance_of(graded: dict[str, dict[str, list[int]]]) -> pd.DataFrame:
    rows = [
        (query, f"i{image}", grade)
        for query, grades in graded.items()
        for grade, images in grades.items()
        for image in images
    ]
    return pd.DataFrame(rows, columns=["query_id", "image_id", "grade"])


def ids(n: int) -> list[str]:
    return [f"i{i}" for i in range(n)]


def loop(found: list[int], grades: dict[str, list[int]], difficulty: str) -> list[float]:
    """The protocol as it is told: take the junk out, then walk down the list."""
    good = {"Easy": ["easy"], "Medium": ["easy", "hard"], "Hard": ["hard"]}[difficulty]
    positives = {image for grade in good for image in grades.get(grade, [])}
    junk = {image for grade, images in grades.items() if grade not in good for image in images}
    if not positives:
        return [float("nan")] * 4
    cleaned = [image for image in found if image not in junk]
    ap = old_recall = n_found = 0.0
    last = 0
    for rank, image in enumerate(cleaned):
        if image in positives:
            n_found += 1
            last = rank + 1
            before = 1.0 if rank == 0 else (n_found - 1) / rank
            ap += (before + n_found / (rank + 1)) / 2 * (n_found / len(positives) - old_recall)
            old_recall = n_found / len(positives)
    precisions = []
    for k in (1, 5, 10):
        places = min(k, last) if n_found == len(positives) else k
        precisions.append(sum(image in positives for image in cleaned[:places]) / places)
    return [ap, *precisions]


def test_reference_vector():
    ranking = ranking_of([[0, 2, 7, 1, 5, 3, 4, 6], [4, 1, 0, 6, 3, 2, 5, 7]], 8)
    relevance = relevance_of(
        {"q0": {"easy": [2, 5], "hard": [7], "junk": [0]}, "q1": {"easy": [], "hard": [1, 3], "junk": [4, 6]}}
    )
    table = per_query(ranking, ["q0", "q1"], ids(8), relevance).set_index(["difficulty", "query_id"])
    expected = {
        ("Easy", "q0"): [0.791667, 1.0, 0.666667, 0.666667],
        ("Easy", "q1"): [np.nan] * 4,
        ("Medium", "q0"): [0.902778, 1.0, 0.75, 0.75],
        ("Medium", "q1"): [0.791667, 1.0, 0.666667, 0.666667],
        ("Hard", "q0"): [1.0, 1.0, 1.0, 1.0],
        ("Hard", "q1"): [0.791667, 1.0, 0.666667, 0.666667],
    }
    for key, figures in expected.items():
        assert table.loc[key, FIGURES].tolist() == pytest.approx(figures, abs=1e-6, nan_ok=True)
    means = table[FIGURES].groupby("difficulty").mean()
    assert means.loc["Easy"].tolist() == pytest.approx([0.791667, 1.0, 0.666667, 0.666667], abs=1e-6)
    assert means.loc["Medium"].tolist() == pytest.approx([0.847222, 1.0, 0.708333, 0.708333], abs=1e-6)
    assert means.loc["Hard"].tolist() == pytest.approx([0.895833, 1.0, 0.833333, 0.833333], abs=1e-6)


@pytest.fixture
def case() -> tuple[list[list[int]], dict[str, dict[str, list[int]]]]:
    rng = np.random.default_rng(0)
    lists = [rng.permutation(60)[: rng.choice([60, 60, 25, 3, 0])].tolist() for _ in range(40)]
    graded = {}
    for q in range(40):
        judged = np.split(rng.permutation(64)[: rng.integers(0, 30)], np.sort(rng.integers(0, 20, size=2)))
        graded[f"q{q}"] = dict(zip(("easy", "hard", "junk"), map(np.ndarray.tolist, judged), strict=True))
    return lists, graded


def test_agrees_with_the_loop_on_full_short_and_empty_lists(case):
    lists, graded = case
    queries = list(graded)
    table = per_query(ranking_of(lists, 60), queries, ids(60), relevance_of(graded))
    assert len(table) == 120
    for row in table.itertuples():
        expected = loop(lists[queries.index(row.query_id)], graded[row.query_id], row.difficulty)
        assert [row.ap, row.p1, row.p5, row.p10] == pytest.approx(expected, nan_ok=True)


def test_renumbering_the_index_changes_nothing(case):
    lists, graded = case
    relevance, queries = relevance_of(graded), list(graded)
    shuffle = np.random.default_rng(1).permutation(60)
    moved = [np.argsort(shuffle)[found].tolist() if found else [] for found in lists]
    shuffled = per_query(
        ranking_of(moved, 60), queries, [f"i{i}" for i in shuffle], relevance.sample(frac=1, random_state=0)
    )
    pd.testing.assert_frame_equal(shuffled, per_query(ranking_of(lists, 60), queries, ids(60), relevance))


def test_junk_at_the_top_changes_nothing():
    relevance = relevance_of({"q": {"easy": [2], "junk": [0, 1]}})
    with_junk = per_query(ranking_of([[0, 1, 3, 2]], 4), ["q"], ids(4), relevance)
    without = per_query(ranking_of([[3, 2]], 4), ["q"], ids(4), relevance)
    pd.testing.assert_frame_equal(with_junk, without)


def test_positives_that_are_not_ranked():
    relevance = relevance_of({"q": {"easy": [1, 2, 3, 4]}})
    table = per_query(ranking_of([[1, 0]], 5), ["q"], ids(5), relevance).set_index("difficulty")
    assert table.loc["Easy", "ap"] == 0.25
    assert table.loc["Easy", ["p1", "p5", "p10"]].tolist() == [1, 0.2, 0.1]
    assert table.loc["Easy", "n_positive"] == 4
    assert trapezoidal_ap(np.array([], dtype=np.int64), 3) == 0


def test_queries_without_judgement_and_without_ranking():
    table = per_query(ranking_of([[0, 1]], 2), ["q0"], ids(2), relevance_of({"q1": {"hard": [1]}}))
    by = table.set_index(["query_id", "difficulty"])["ap"]
    assert by["q0"].isna().all()
    assert by["q1", "Hard"] == by["q1", "Medium"] == 0
    assert np.isnan(by["q1", "Easy"])


def test_without_any_judgement():
    table = per_query(ranking_of([[0]], 1), ["q"], ids(1), relevance_of({}))
    assert table["ap"].isna().all()
    assert len(table) == 3


def test_pair_judged_twice():
    relevance = relevance_of({"q": {"easy": [1], "junk": [1]}})
    with pytest.raises(DataError, match="image 'i1' is judged twice for query 'q'"):
        per_query(ranking_of([[0]], 2), ["q"], ids(2), relevance)


def test_ranking_of_other_images():
    ranking = ranking_of([[0]], 2, ids_fingerprint(["q"], ids(2)))
    with pytest.raises(DataError, match="made for other images"):
        per_query(ranking, ["p"], ids(2), relevance_of({"q": {"easy": [1]}}))


@pytest.mark.parametrize(
    ("difficulty", "easy", "hard"),
    [("Easy", "correct", "ignored"), ("Medium", "correct", "correct"), ("Hard", "ignored", "correct")],
)
def test_images_are_judged_by_grade_and_difficulty(difficulty: str, easy: str, hard: str):
    relevance = relevance_of({"q": {"easy": [0], "hard": [1], "junk": [2]}, "other": {"easy": [0]}})

    judged = judged_images(relevance, ["q", "unjudged"], difficulty)

    assert judged == {"q": {"i0": easy, "i1": hard, "i2": "ignored"}, "unjudged": {}}


def test_queries_with_the_same_positives_share_a_cluster_at_every_difficulty():
    graded = {
        "b": {"easy": [0], "hard": [1], "junk": [9]},
        "a": {"easy": [1], "hard": [0, 2], "junk": [9]},
        "c": {"easy": [3, 4], "hard": [5, 2], "junk": [9]},  # shares one of three
        "d": {"junk": [3, 4, 5]},
    }
    table = per_query(ranking_of([[0]] * 4, 10), list("bacd"), ids(10), relevance_of(graded))
    found = table.groupby("query_id")["cluster"].agg(set)
    assert found.to_dict() == {"a": {"a"}, "b": {"a"}, "c": {"c"}, "d": {"d"}}
