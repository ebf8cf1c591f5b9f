import dataclasses

import numpy as np
import pytest

from landmark_retrieval.embeddings import Embeddings
from landmark_retrieval.errors import DataError
from landmark_retrieval.search.exact_search import search
from landmark_retrieval.voting.votes import Votes


def test_ground_truth_is_not_among_the_inputs(make_inputs):
    names = {field.name for field in dataclasses.fields(make_inputs())}

    assert names == {
        "queries",
        "index",
        "query_predictions",
        "index_predictions",
        "depth",
        "index_neighbours",
        "query_votes",
        "index_votes",
        "calibration",
        "train",
        "geometry",
        "regions",
        "offline_diffusion",
    }


def test_neighbours_are_a_prefix_of_those_given(make_inputs):
    inputs = make_inputs()
    given = dataclasses.replace(inputs, index_neighbours=search(inputs.index, inputs.index, 9))

    for k in (3, 9, 12, 500):
        np.testing.assert_array_equal(given.neighbours(k).positions, inputs.neighbours(k).positions)
    assert given.neighbours(3).depth == 3
    assert given.neighbours(500).depth == 200


def test_neighbours_of_another_index_are_refused(make_inputs):
    inputs, other = make_inputs(), make_inputs(n_index=100)
    given = dataclasses.replace(inputs, index_neighbours=search(other.index, other.index, 9))

    with pytest.raises(DataError, match="100"):
        given.neighbours(3)


def test_whatever_is_given_must_fit_the_images(make_inputs):
    inputs = make_inputs()
    votes = Votes(np.zeros((3, 1), np.int64), np.zeros((3, 1), np.float32))

    with pytest.raises(DataError, match="query votes: expected 30, found 3"):
        dataclasses.replace(inputs, query_votes=votes)


def test_predictions_must_fit_the_embeddings(make_inputs):
    inputs = make_inputs()

    with pytest.raises(DataError, match="index predictions: expected 200, found 30"):
        dataclasses.replace(inputs, index_predictions=inputs.query_predictions)
    narrow = Embeddings(inputs.index.image_ids, inputs.index.vectors[:, :3])
    with pytest.raises(DataError, match="queries have 8 columns, the index 3"):
        dataclasses.replace(inputs, index=narrow)


def test_a_ranking_of_other_images_is_refused(make_inputs):
    inputs, other = make_inputs(), make_inputs(n_queries=20)
    ranking = search(inputs.queries, inputs.index, 5)

    inputs.check(ranking)
    inputs.check(dataclasses.replace(ranking, ids_fingerprint=""))
    with pytest.raises(DataError, match="30 queries and 200 index images, but 20 and 200"):
        other.check(ranking)
    renamed = Embeddings(np.char.add("other-", inputs.queries.image_ids), inputs.queries.vectors)
    with pytest.raises(DataError, match="made for other images"):
        inputs.check(search(renamed, inputs.index, 5))
