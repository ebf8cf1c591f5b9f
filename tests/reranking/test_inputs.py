import dataclasses

import numpy as np
import pandas as pd
import pytest

from landmark_retrieval.embeddings import Embeddings
from landmark_retrieval.errors import DataError
from landmark_retrieval.reranking.chain import apply_chain
from landmark_retrieval.reranking.diffusion.diffusion import Diffusion
from landmark_retrieval.reranking.diffusion.offline_diffusion import OfflineDiffusionStep
from landmark_retrieval.reranking.expansion.query_expansion import AlphaQE
from landmark_retrieval.reranking.inputs import read_inputs
from landmark_retrieval.reranking.knn import KNN
from landmark_retrieval.reranking.labels.insert_step import InsertStep
from landmark_retrieval.reranking.labels.sort_step import SortStep
from landmark_retrieval.reranking.shortlist.spatial_verification import SpatialVerification
from landmark_retrieval.reranking.step import depends_on_labels, needs_of
from landmark_retrieval.search.exact_search import search
from landmark_retrieval.voting.tables import votes_table
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


@pytest.mark.parametrize(
    ("steps", "needs", "labels"),
    [
        ([KNN(), AlphaQE()], (), False),
        ([KNN(), Diffusion()], ("neighbours",), False),
        ([KNN(), OfflineDiffusionStep()], ("offline_diffusion",), False),
        ([KNN(), SpatialVerification()], ("geometry",), False),
        ([KNN(), SortStep(), InsertStep(votes=2)], ("predictions", "votes"), True),
        ([KNN(), AlphaQE(relabel=True)], ("train",), True),
    ],
)
def test_a_chain_depends_on_labels_only_where_a_step_reads_them(steps, needs, labels):
    assert needs_of(steps) == needs
    assert depends_on_labels(steps) == labels


def test_artefacts_become_the_inputs_of_the_steps_that_need_them(make_inputs):
    inputs = make_inputs(n_queries=4, n_index=5)
    sides = {"query": inputs.queries, "index": inputs.index}
    predictions = {
        f"{side}_predictions": pd.DataFrame(
            {"image_id": images.image_ids[::-1], "landmark_id": np.arange(len(images))[::-1], "score": 0.5}
        )
        for side, images in sides.items()
    }
    votes = {
        f"{side}_votes": Votes(
            np.arange(2 * len(images)).reshape(-1, 2), np.ones((len(images), 2), np.float32)
        )
        for side, images in sides.items()
    }
    tables = {f"{s}_votes": votes_table(votes[f"{s}_votes"], images.image_ids) for s, images in sides.items()}

    read = read_inputs(*sides.values(), None, ("predictions", "votes"), predictions | tables)

    assert read.depth == 5
    assert read.query_predictions.landmark_ids.tolist() == [0, 1, 2, 3]
    assert read.index_predictions.landmark_ids.tolist() == [0, 1, 2, 3, 4]
    for name, expected in votes.items():
        np.testing.assert_array_equal(getattr(read, name).landmark_ids, expected.landmark_ids)
    assert read_inputs(*sides.values(), 3, (), {}).query_predictions is None


def test_a_step_without_its_input_says_what_it_lacks(make_inputs):
    inputs = dataclasses.replace(make_inputs(), index_predictions=None)

    with pytest.raises(DataError, match="sort_step: needs predicted landmarks"):
        apply_chain([KNN(), SortStep()], None, inputs)
