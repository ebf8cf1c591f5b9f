import numpy as np
import pandas as pd
from kedro.pipeline import node

from landmark_retrieval.embeddings import Embeddings, normalise
from landmark_retrieval.pipelines.reranking.nodes import reranker
from landmark_retrieval.reranking.ablation import Ablation
from landmark_retrieval.reranking.chain import apply_chain
from landmark_retrieval.reranking.inputs import read_inputs


def test_the_node_applies_its_part_of_an_ablation_to_the_ranking_before():
    rng = np.random.default_rng(0)
    queries, index = (
        Embeddings(np.array([f"{side}{i}" for i in range(n)]), normalise(rng.standard_normal((n, 8))))
        for side, n in (("q", 5), ("x", 40))
    )
    predictions = {
        f"{side}_predictions": pd.DataFrame(
            {"image_id": images.image_ids, "landmark_id": rng.integers(0, 4, len(images)), "score": 0.5}
        )
        for side, images in (("query", queries), ("index", index))
    }
    ablation = Ablation.model_validate({"steps": [{"method": "knn"}, {"method": "sort_step"}]})
    names = {name: name for name in ("queries", "index", "ablation", "previous", *predictions)}
    previous = apply_chain(ablation.steps[:1], None, read_inputs(queries, index, 10, (), {}))
    data = {"queries": queries, "index": index, "ablation": ablation, "previous": previous, **predictions}

    found = node(reranker(1, 2, 10), names, "ranking").run(data)["ranking"]

    inputs = read_inputs(queries, index, 10, ("predictions",), predictions)
    expected = apply_chain(ablation.steps, None, inputs)
    assert found.depth == 10
    np.testing.assert_array_equal(found.positions, expected.positions)
    np.testing.assert_array_equal(found.scores, expected.scores)
