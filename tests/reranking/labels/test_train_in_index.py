from dataclasses import replace

import numpy as np
import pytest

from landmark_retrieval.embeddings import Embeddings, normalise
from landmark_retrieval.errors import DataError
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.reranking.chain import apply_chain
from landmark_retrieval.reranking.expansion.query_expansion import AlphaQE
from landmark_retrieval.reranking.knn import KNN
from landmark_retrieval.reranking.labels import train_in_index
from landmark_retrieval.reranking.labels.insert_step import InsertStep
from landmark_retrieval.reranking.labels.sort_step import SortStep
from landmark_retrieval.reranking.labels.train_in_index import (
    AddTrainToIndex,
    DropTrain,
    join_train,
    keep_first_rows,
)
from landmark_retrieval.search.exact_search import search
from landmark_retrieval.voting.soft_voting import soft_vote
from landmark_retrieval.voting.votes import TrainSet, Votes

pytestmark = pytest.mark.costly

N_TRAIN = 90


@pytest.fixture
def inputs(make_inputs):
    """Inputs whose index holds two of the training images."""
    rng = np.random.default_rng(5)
    given = make_inputs(n_index=60)
    vectors = normalise(rng.standard_normal((N_TRAIN, 8)))
    ids = np.array([f"t{i}" for i in range(N_TRAIN)], dtype=given.index.image_ids.dtype)
    ids[[7, 40]] = given.index.image_ids[[3, 50]]
    train = TrainSet(Embeddings(ids, vectors), rng.integers(0, 7, N_TRAIN))
    votes = [Votes(rng.integers(0, 7, (n, 3)), np.full((n, 3), 0.5, np.float32)) for n in (30, 60)]
    return replace(given, depth=20, train=train, query_votes=votes[0], index_votes=votes[1])


def database_rows(inputs):
    """Ids, vectors, landmarks and scores of the database, row by row."""
    true = dict(
        zip(inputs.train.embeddings.image_ids.tolist(), inputs.train.landmark_ids.tolist(), strict=True)
    )
    predicted = inputs.index_predictions
    rows = [
        (i, v, true.get(i, int(c)), 1.0 if i in true else float(s))
        for i, v, c, s in zip(
            inputs.index.image_ids.tolist(),
            inputs.index.vectors,
            predicted.landmark_ids,
            predicted.scores,
            strict=True,
        )
    ]
    known = {i for i, *_ in rows}
    return rows + [
        (i, v, true[i], 1.0)
        for i, v in zip(
            inputs.train.embeddings.image_ids.tolist(), inputs.train.embeddings.vectors, strict=True
        )
        if i not in known
    ]


@pytest.mark.parametrize("block", [7, 65_536])
def test_the_database_is_index_and_train(inputs, monkeypatch, block):
    monkeypatch.setattr(train_in_index, "BLOCK_ROWS", block)
    expected = database_rows(inputs)

    joined = join_train(inputs)

    assert joined.index.image_ids.tolist() == [i for i, *_ in expected]
    np.testing.assert_array_equal(joined.index.vectors, [v for _, v, *_ in expected])
    assert joined.index_predictions.landmark_ids.tolist() == [c for *_, c, _ in expected]
    assert joined.index_predictions.scores.tolist() == [s for *_, s in expected]
    assert len(joined.index) == 60 + N_TRAIN - 2
    assert joined.index.vectors.dtype == np.float32


def test_the_narrow_type_is_kept_where_both_have_it(inputs):
    half = [
        Embeddings(e.image_ids, e.vectors.astype(np.float16)) for e in (inputs.index, inputs.train.embeddings)
    ]
    given = replace(inputs, index=half[0], train=TrainSet(half[1], inputs.train.landmark_ids))

    assert join_train(given).index.vectors.dtype == np.float16


@pytest.mark.parametrize("k", [1, 2, 3])
def test_a_new_vote_keeps_the_true_landmarks(inputs, k):
    joined = join_train(inputs)
    true = joined.index_predictions.scores == 1
    true[:60] &= np.isin(inputs.index.image_ids, inputs.train.embeddings.image_ids)

    voted = soft_vote(joined.index_votes, k)

    np.testing.assert_array_equal(voted.landmark_ids[true], joined.index_predictions.landmark_ids[true])
    assert (voted.scores[true] == 1).all()
    np.testing.assert_array_equal(
        voted.landmark_ids[:60][~true[:60]], soft_vote(inputs.index_votes, k).landmark_ids[~true[:60]]
    )


def test_other_steps_run_on_the_database_unchanged(inputs):
    steps = [SortStep(), InsertStep(), InsertStep(threshold=1.2, votes=2), AlphaQE()]
    joined = join_train(inputs)

    ranking = apply_chain([AddTrainToIndex(k=50), *steps], None, inputs)

    expected = search(inputs.queries, joined.index, 50)
    for step in steps:
        expected = step.apply(expected, joined)
    np.testing.assert_array_equal(ranking.positions, expected.positions)
    np.testing.assert_array_equal(ranking.scores, expected.scores)
    assert ranking.ids_fingerprint == joined.ids_fingerprint


def test_confident_training_images_are_inserted(inputs):
    ranking = apply_chain([AddTrainToIndex(k=5), SortStep(), InsertStep(threshold=0.9)], None, inputs)

    joined = join_train(inputs).index_predictions
    for query in range(30):
        landmark, score = (
            a[query] for a in (inputs.query_predictions.landmark_ids, inputs.query_predictions.scores)
        )
        rows = np.flatnonzero((joined.landmark_ids == landmark) & (joined.scores == 1) & (landmark >= 0))
        if score >= 0 and len(rows) <= 10:
            assert np.isin(rows, ranking.positions[query]).all()


def test_the_index_alone_is_left(inputs):
    database = apply_chain([AddTrainToIndex(k=40), SortStep()], None, inputs)

    ranking = apply_chain([AddTrainToIndex(k=40), SortStep(), DropTrain()], None, inputs)

    inputs.check(ranking)
    assert ranking.depth == 20
    for query in range(30):
        listed = [
            (r, s)
            for r, s in zip(database.positions[query], database.scores[query], strict=True)
            if 0 <= r < 60
        ]
        expected = listed[:20]
        assert ranking.positions[query, : len(expected)].tolist() == [r for r, _ in expected]
        assert ranking.scores[query, : len(expected)].tolist() == [s for _, s in expected]
        assert (ranking.positions[query, len(expected) :] == -1).all()


def test_without_a_step_between_the_search_is_that_of_the_index(inputs):
    ranking = apply_chain([AddTrainToIndex(k=200), DropTrain()], None, inputs)

    expected = KNN().apply(None, inputs)
    np.testing.assert_array_equal(ranking.positions, expected.positions)
    np.testing.assert_array_equal(ranking.scores, expected.scores)


def test_later_steps_see_the_index_alone(inputs):
    chain = [AddTrainToIndex(k=40), AlphaQE(k=40), DropTrain()]

    ranking = apply_chain([*chain, SortStep(), InsertStep()], None, inputs)

    expected = apply_chain([SortStep(), InsertStep()], apply_chain(chain, None, inputs), inputs)
    np.testing.assert_array_equal(ranking.positions, expected.positions)


def test_a_ranking_of_the_database_is_not_read_as_one_of_the_index(inputs):
    with pytest.raises(DataError, match="index images"):
        inputs.check(apply_chain([AddTrainToIndex()], None, inputs))


def test_lists_shorter_than_the_depth_are_padded():
    before = Ranking(np.array([[4, 1], [0, -1]]), np.array([[0.5, 0.25], [1, -np.inf]], dtype=np.float32), 5)

    kept = keep_first_rows(before, 3, 10, "rows")

    assert kept.positions.tolist() == [[1, -1, -1], [0, -1, -1]]
    assert kept.scores.tolist() == [[0.25, -np.inf, -np.inf], [1, -np.inf, -np.inf]]
    assert (kept.n_index, kept.ids_fingerprint) == (3, "rows")


def test_what_is_missing_is_said(inputs):
    ranking = KNN().apply(None, inputs)
    with pytest.raises(DataError, match="add_train_to_index: needs the training images"):
        AddTrainToIndex().apply(ranking, replace(inputs, train=None))
    with pytest.raises(DataError, match="drop_train: expected a step add_train_to_index before it"):
        DropTrain().apply(ranking, inputs)
    flat = TrainSet(Embeddings(np.array(["t"]), np.ones((1, 3), np.float32)), np.array([1]))
    with pytest.raises(DataError, match="the index has 8 columns, train 3"):
        AddTrainToIndex().apply(ranking, replace(inputs, train=flat))


def test_what_the_steps_say_of_themselves():
    assert (AddTrainToIndex.is_search, AddTrainToIndex().needs, AddTrainToIndex().changes_inputs) == (
        True,
        {"train"},
        True,
    )
    assert (DropTrain.is_search, DropTrain().needs, DropTrain().changes_inputs) == (False, frozenset(), True)
