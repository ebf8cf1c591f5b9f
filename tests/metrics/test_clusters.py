import numpy as np
import pytest

from landmark_retrieval.metrics.clusters import query_clusters


def test_queries_of_one_landmark_are_a_cluster_named_by_the_smallest_id():
    found = query_clusters(["q3", "q1", "q2", "q4"], [{"a", "b"}, {"c"}, {"b", "a"}, {"d"}])
    assert found.tolist() == ["q2", "q1", "q2", "q4"]


@pytest.mark.parametrize(
    ("second", "together"),
    [
        ({"a", "b", "c", "d"}, True),
        ({"a", "b", "x", "y"}, True),
        ({"a", "x", "y", "z"}, False),
        ({"a"}, True),
    ],
)
def test_half_of_the_smaller_set_must_be_shared(second, together):
    found = query_clusters(["p", "q"], [{"a", "b", "c", "d"}, second])
    assert (found[0] == found[1]) == together


def test_connected_through_others():
    found = query_clusters(["p", "q", "r"], [{1, 2}, {2, 3}, {3, 4}])
    assert found.tolist() == ["p", "p", "p"]


def test_queries_with_nothing_relevant_stand_alone():
    assert query_clusters(["b", "a", "c"], [[], [], [7]]).tolist() == ["b", "a", "c"]
    assert query_clusters(["b", "a"], [[], []]).tolist() == ["b", "a"]
    assert query_clusters([], []).tolist() == []


def test_order_of_queries_and_images_changes_nothing():
    rng = np.random.default_rng(0)
    ids = [f"q{i:02}" for i in range(40)]
    relevant = [rng.choice(30, size=rng.integers(0, 5), replace=False).tolist() for _ in ids]
    expected = dict(zip(ids, query_clusters(ids, relevant), strict=True))
    order = rng.permutation(40)
    shuffled = [ids[i] for i in order]
    found = query_clusters(shuffled, [relevant[i][::-1] for i in order])
    assert dict(zip(shuffled, found, strict=True)) == expected
    assert 1 < len(set(expected.values())) < 40


def test_agrees_with_a_loop_over_pairs():
    rng = np.random.default_rng(1)
    ids = [f"q{i:02}" for i in range(30)]
    relevant = [set(rng.choice(60, size=rng.integers(1, 6), replace=False).tolist()) for _ in ids]
    name = {query: query for query in ids}
    for _ in ids:
        for first, mine in zip(ids, relevant, strict=True):
            for second, theirs in zip(ids, relevant, strict=True):
                if len(mine & theirs) >= 0.5 * min(len(mine), len(theirs)):
                    name[first] = name[second] = min(name[first], name[second])
    assert query_clusters(ids, relevant).tolist() == list(name.values())
