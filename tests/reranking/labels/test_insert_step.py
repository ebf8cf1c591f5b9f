import numpy as np
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.prediction import LabelPrediction
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.reranking.labels.insert_step import InsertStep, insert_by_landmark
from landmark_retrieval.reranking.labels.sort_step import SortStep, sort_by_landmark

pytestmark = pytest.mark.costly

A, B, C, Z = 0, 1, 2, 25
INDEX = LabelPrediction(
    np.array([A, B, A, C, A, A, A, B]),
    np.array([0.5, 0.6, 0.4, 0.9, 0.95, 0.25, 0.7, 0.3], dtype=np.float32),
)


def sort_and_insert(landmark, score, depth, threshold, strict=True):
    knn = Ranking(np.array([[1, 0, 3, 2]]), np.array([[0.9, 0.8, 0.7, 0.6]], dtype=np.float32), 8)
    query = LabelPrediction(np.array([landmark]), np.array([score], dtype=np.float32))
    ordered = sort_by_landmark(knn, query.landmark_ids, INDEX.landmark_ids)
    ranking = insert_by_landmark(ordered, query, INDEX, threshold, strict, depth)
    return ranking.positions[0, : ranking.lengths[0]].tolist()


@pytest.mark.parametrize(
    ("landmark", "score", "depth", "threshold", "expected"),
    [
        (A, 0.3, 100, 0.6, [0, 2, 4, 6, 1, 3]),
        (A, 0.05, 100, 0.6, [0, 2, 4, 6, 1, 3]),
        (A, 0.3, 4, 0.6, [0, 2, 4, 6]),
        (A, 0.3, 100, 0.0, [0, 2, 4, 6, 5, 1, 3]),
        (A, 0.5, 100, 1.2, [0, 2, 4, 1, 3]),
        (A, 0.5, 100, 0.75, [0, 2, 4, 6, 1, 3]),
        (B, 0.5, 100, 0.6, [1, 7, 0, 3, 2]),
        (Z, 0.5, 100, 0.6, [1, 0, 3, 2]),
    ],
)
def test_stated_examples(landmark, score, depth, threshold, expected):
    assert sort_and_insert(landmark, score, depth, threshold) == expected


def test_the_paper_inserts_what_reaches_the_threshold():
    assert sort_and_insert(A, 0.5, 100, 0.75, strict=False) == [0, 2, 4, 6, 5, 1, 3]


def naive(positions, query_landmark, query_score, index, threshold, strict, depth):
    listed = [row for row in positions if row >= 0]
    candidates = [
        row
        for row in range(len(index))
        if query_landmark >= 0
        and index.landmark_ids[row] == query_landmark
        and row not in listed
        and (
            query_score + index.scores[row] > threshold
            or (not strict and query_score + index.scores[row] == threshold)
        )
    ]
    candidates.sort(key=lambda row: (-index.scores[row], row))
    lead = 0
    while lead < len(listed) and query_landmark >= 0 and index.landmark_ids[listed[lead]] == query_landmark:
        lead += 1
    return (listed[:lead] + candidates + listed[lead:])[:depth]


@pytest.mark.parametrize("sort", [True, False])
@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("depth", [1, 10, 25, 60, 500])
def test_agrees_with_a_loop(make_inputs, make_ranking, sort, strict, depth):
    inputs, before = make_inputs(depth, n_queries=60), make_ranking(depth, 60, 200, 25)
    before = SortStep().apply(before, inputs) if sort else before

    ranking = InsertStep(threshold=0.5, strict=strict, depth=depth).apply(before, inputs)

    assert ranking.depth == min(depth, 200)
    queries = inputs.query_predictions
    for query in range(60):
        expected = naive(
            before.positions[query],
            queries.landmark_ids[query],
            queries.scores[query],
            inputs.index_predictions,
            0.5,
            strict,
            depth,
        )
        assert ranking.positions[query, : len(expected)].tolist() == expected
        assert (ranking.positions[query, len(expected) :] == -1).all()


def test_inserted_images_carry_their_prediction_score():
    before = Ranking(np.array([[0, 3]]), np.array([[0.5, 0.25]], dtype=np.float32), 8)
    query = LabelPrediction(np.array([A]), np.array([0.5], dtype=np.float32))
    index = LabelPrediction(INDEX.landmark_ids, np.array([0, 0, 0.375, 0, 0.75, -1, -1, 0], dtype=np.float32))

    ranking = insert_by_landmark(before, query, index, 0.0, False, 8)

    assert ranking.positions.tolist() == [[0, 4, 2, 3, -1, -1, -1, -1]]
    np.testing.assert_array_equal(ranking.scores, [[0.75, 0.75, 0.375, 0.25, *[-np.inf] * 4]])


def test_permuting_the_index_permutes_nothing_else(make_inputs, make_ranking):
    inputs, before = make_inputs(), make_ranking(0, 30, 200, 25)
    scores = np.random.default_rng(0).permutation(200).astype(np.float32) / 200  # no ties, as ties go by row
    index = LabelPrediction(inputs.index_predictions.landmark_ids, scores)
    rows = np.random.default_rng(1).permutation(200)
    moved = np.append(np.argsort(rows), -1)
    permuted = Ranking(moved[before.positions], before.scores, 200)
    permuted_index = LabelPrediction(index.landmark_ids[rows], index.scores[rows])

    ranking = insert_by_landmark(before, inputs.query_predictions, index, 0.5, False, 40)
    other = insert_by_landmark(permuted, inputs.query_predictions, permuted_index, 0.5, False, 40)

    np.testing.assert_array_equal(other.positions, moved[ranking.positions])
    np.testing.assert_array_equal(other.scores, ranking.scores)


def test_the_order_of_queries_does_not_matter(make_inputs, make_ranking):
    inputs, before = make_inputs(), make_ranking(0, 30, 200, 25)
    queries, order = inputs.query_predictions, np.random.default_rng(0).permutation(30)
    shuffled = LabelPrediction(queries.landmark_ids[order], queries.scores[order])
    lists = Ranking(before.positions[order], before.scores[order], 200)

    one = insert_by_landmark(before, queries, inputs.index_predictions, 0.5, False, 40)
    other = insert_by_landmark(lists, shuffled, inputs.index_predictions, 0.5, False, 40)

    np.testing.assert_array_equal(other.positions, one.positions[order])
    np.testing.assert_array_equal(other.scores, one.scores[order])


def test_a_query_without_landmark_keeps_its_list(make_ranking):
    before = make_ranking(0, 2, 10, 6)
    query = LabelPrediction(np.array([-1, 99]), np.ones(2, dtype=np.float32))
    index = LabelPrediction(np.full(10, -1), np.ones(10, dtype=np.float32))

    ranking = insert_by_landmark(before, query, index, 0.0, False, 6)

    np.testing.assert_array_equal(ranking.positions, before.positions)
    np.testing.assert_array_equal(ranking.scores, before.scores)


@pytest.mark.parametrize(("n_queries", "n_index"), [(0, 8), (3, 0)])
def test_empty_queries_and_empty_index(n_queries, n_index):
    width = min(5, n_index)
    before = Ranking(
        np.full((n_queries, width), -1), np.full((n_queries, width), -np.inf, np.float32), n_index
    )
    query, index = (
        LabelPrediction(np.zeros(n, np.int64), np.ones(n, np.float32)) for n in (n_queries, n_index)
    )

    assert insert_by_landmark(before, query, index, 0.0, False, 5).positions.shape == (n_queries, width)


def test_an_empty_list_is_filled():
    before = Ranking(np.zeros((1, 0), dtype=np.int64), np.zeros((1, 0), dtype=np.float32), 8)
    query = LabelPrediction(np.array([B]), np.array([0.5], dtype=np.float32))

    assert insert_by_landmark(before, query, INDEX, 0.0, False, 3).positions.tolist() == [[1, 7, -1]]


@pytest.mark.parametrize(
    ("scores", "threshold"),
    [((0.3, 0.3), 0.6), ((0.1, 0.2), 0.3), ((0.7, 0.5), 1.2), ((0.35, 0.25), 0.6), ((0.4, 0.2), 0.6)],
)
def test_decimals_that_add_up_to_the_threshold_reach_it(scores, threshold):
    before = Ranking(np.array([[0]]), np.array([[0.5]], dtype=np.float32), 2)
    query = LabelPrediction(np.array([A]), np.array(scores[:1], dtype=np.float32))
    index = LabelPrediction(np.array([B, A]), np.array([0, scores[1]], dtype=np.float32))

    paper = insert_by_landmark(before, query, index, threshold, False, 2)
    code = insert_by_landmark(before, query, index, threshold, True, 2)

    assert paper.positions.tolist() == [[1, 0]]
    assert code.positions.tolist() == [[0, -1]]


def test_landmarks_of_other_images_are_refused(make_inputs, make_ranking):
    with pytest.raises(DataError, match="landmarks of queries and index images"):
        InsertStep().apply(make_ranking(0, 30, 199, 25), make_inputs())


def test_takes_the_parameters_of_the_paper():
    assert InsertStep() == InsertStep(threshold=0.6, strict=False, depth=None, votes=None)
