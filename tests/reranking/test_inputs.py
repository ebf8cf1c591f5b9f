import dataclasses

import numpy as np
import pytest

from landmark_retrieval.embeddings import Embeddings
from landmark_retrieval.errors import DataError
from landmark_retrieval.search.exact import search


def test_ground_truth_is_not_among_the_inputs(make_inputs):
    names = {field.name for field in dataclasses.fields(make_inputs())}

    assert names == {"queries", "index", "query_predictions", "index_predictions", "depth"}


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
    inputs.check(dataclasses.replace(ranking, rows=""))
    with pytest.raises(DataError, match="30 queries and 200 index images, but 20 and 200"):
        other.check(ranking)
    renamed = Embeddings(np.char.add("other-", inputs.queries.image_ids), inputs.queries.vectors)
    with pytest.raises(DataError, match="made for other images"):
        inputs.check(search(renamed, inputs.index, 5))
